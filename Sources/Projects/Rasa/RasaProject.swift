package import ConversationDomain
package import Foundation
package import NativeContent
import Tables

/// Reads the folder of a Rasa 2 or 3 project: its examples, and the responses that its rules and stories give to them.
package struct RasaProject {
    private let folder: SourcePlace
    private var options: ReadOptions
    private var domain = RasaDomain()
    private var flows = RasaFlows()
    private var rows: [LabelledRow] = []
    private var words: [RasaWords] = []
    /// The foreign labels of the options that an example had.
    package private(set) var foreignLabels: Set<UTF8Text> = []

    package init(_ folder: URL, options: ReadOptions) {
        self.folder = SourcePlace(path: folder.relativePath, line: 1)
        self.options = options
    }

    /// Adds what the project holds to the assembly; what is changed or left out is told.
    package mutating func read(_ url: URL, into assembly: inout ContentAssembly, _ log: inout IssueLog) {
        let files = RasaFiles(url, limits: options.limits, log: &log)
        if let config = files.config { readLanguage(config, &log) }
        for file in files.content where !log.isFull { readFile(file, &log) }
        guard log.errors.isEmpty else { return }
        finish(into: &assembly, &log)
    }

    // MARK: Files

    private func root(of url: URL, _ log: inout IssueLog) -> [YAMLEntry] {
        do throws(ReadFault) {
            let source = try SourceText(contentsOf: url, limit: options.limits.fileBytes)
            guard let root = try YAMLNode.parse(source.text) else { return [] }
            if case .map(let entries) = root.kind { return entries }
            throw ReadFault(
                line: root.line, message: "not a file of Rasa, expected keys such as nlu, responses or rules")
        } catch {
            log.error(SourcePlace(path: url.relativePath, line: error.line), error.message)
            return []
        }
    }

    /// Takes over the language of the project, unless the script of its texts tells it.
    private mutating func readLanguage(_ url: URL, _ log: inout IssueLog) {
        guard options.defaultLocale == nil, let entry = root(of: url, &log).first(where: { $0.key == "language" }),
            case .text(let tag) = entry.value.kind, let locale = BotLocale(tag)
        else { return }
        guard ![BotLocale.english, .chinese].contains(BotLocale(trusted: locale.language)) else {
            options.wordlessLocale = locale
            return
        }
        options.defaultLocale = locale
        log.note(SourcePlace(path: url.relativePath, line: entry.line), "all texts are taken for '\(locale)'")
    }

    private mutating func readFile(_ url: URL, _ log: inout IssueLog) {
        let path = url.relativePath
        for entry in root(of: url, &log) {
            if entry.key == RasaNLU.key {
                guard let found = RasaNLU.found(entry, path: path, log: &log) else { continue }
                rows += found.rows.map { row in
                    var row = row
                    row.file = path
                    return row
                }
                words += found.words
                for (kind, count) in found.others.sorted(by: { $0.key < $1.key }) {
                    log.warning(
                        SourcePlace(path: path, line: entry.line),
                        "'\(kind)' (\(count)) is left out, expected intent, synonym, lookup or regex")
                }
                continue
            }
            var reader = YAMLFieldReader(path: path, limits: options.limits, log: log)
            switch entry.key {
            case "rules", "stories": flows.read(entry, &reader)
            case let key where RasaDomain.keys.contains(key): domain.read(entry, &reader)
            case "version", "session_config": break
            default:
                let known = [RasaNLU.key, "rules", "stories"] + RasaDomain.keys
                reader.log.warning(
                    reader.place(entry.line),
                    "'\(entry.key.prefix(80))' is left out, expected \(YAMLFieldReader.list(known)) in Rasa's files")
            }
            log = reader.log
        }
    }

    // MARK: Content

    private mutating func finish(into assembly: inout ContentAssembly, _ log: inout IssueLog) {
        var examples = ProjectExamples(root: folder, options: options)
        var entities = RasaEntities(domain, options: options)
        let roles = RasaRoles(rows, words, domain, folder: folder)
        roles.tell(folder, &log)
        for row in rows {
            let row = roles.renamed(row)
            entities.note(row)
            examples.add(row)
        }
        examples.nameLabels(flows.intents.map { ($0, flows.place(of: $0) ?? folder) }, &log)
        let isRead = examples.finish(into: &assembly, &log)
        foreignLabels = examples.foreignLabels
        guard isRead else { return }
        let spoken = examples.locales(in: assembly)
        var maker = RasaIntents(domain, flows, roles, names: examples.names, locales: spoken, options: options)
        var answers = ProjectAnswers(options: options, names: examples.names, locales: spoken)
        let intents = answers.intents(maker.intents(examples.labels, &log), &log)
        for intent in intents { assembly.add(intent) }
        assembly.places.merge(answers.places)
        let definitions = entities.definitions(words, &log)
        assembly.add(definitions)
        let taken = Set(spoken.keys).union(intents.map(\.name))
        RasaLeftovers(domain: domain, flows: flows, words: entities.left, folder: folder).tell(
            used: maker.used, usedForms: maker.usedForms, taken: taken, names: examples.names, &log)
        let said = intents.reduce(0) { $0 + $1.answers.count }
        log.note(
            folder,
            "read as a Rasa project: \(taken.count) intents, \(examples.count) examples, \(said) answers and \(definitions.count) entities are taken"
        )
    }
}
