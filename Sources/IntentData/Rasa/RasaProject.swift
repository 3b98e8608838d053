internal import ConversationDomain
internal import Foundation

/// Reads the folder of a Rasa 2 or 3 project: its examples, and the responses that its rules and stories give to them.
struct RasaProject {
    private let folder: SourcePlace
    private var options: ReadOptions
    private var domain = RasaDomain()
    private var flows = RasaFlows()
    private var rows: [(path: String, rows: [LabelledRow])] = []
    private var words: [RasaWords] = []
    /// The foreign labels of the options that an example had.
    private(set) var foreignLabels: Set<UTF8Text> = []

    init(_ folder: URL, options: ReadOptions) {
        self.folder = SourcePlace(path: folder.relativePath, line: 1)
        self.options = options
    }

    /// Adds what the project holds to the assembly; what is changed or left out is told.
    mutating func read(_ url: URL, into assembly: inout ContentAssembly, _ log: inout IssueLog) {
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
            case .text(let tag) = entry.value.kind, let locale = BotLocale(tag),
            ![BotLocale.english, .chinese].contains(BotLocale(trusted: locale.language))
        else { return }
        options.defaultLocale = locale
        log.note(SourcePlace(path: url.relativePath, line: entry.line), "all texts are taken for '\(locale)'")
    }

    private mutating func readFile(_ url: URL, _ log: inout IssueLog) {
        let path = url.relativePath
        for entry in root(of: url, &log) {
            if entry.key == RasaNLU.key {
                guard let found = RasaNLU.found(entry, path: path, log: &log) else { continue }
                rows.append((path, found.rows))
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
        let (names, labels) = intentNames(&log)
        var entities = RasaEntities(domain, options: options)
        var examples = 0
        for (path, rows) in rows {
            var labelled = LabelledRows(path: path, options: options)
            for row in rows {
                if options.isForeign(row.label) { foreignLabels.insert(UTF8Text(row.label)) }
                entities.note(row)
                guard row.fault == nil, let name = names[LabelledRows.trimmed(row.label)] else { continue }
                var named = row
                named.label = name.rawValue
                guard labelled.add(named, to: &assembly, &log) else { return }
                examples += 1
            }
        }
        let spoken = Dictionary(
            names.values.map { ($0, assembly.locales(ofRowsOf: $0)) }, uniquingKeysWith: { first, _ in first }
        ).filter { !$0.value.isEmpty }
        var maker = RasaIntents(domain, flows, names: names, locales: spoken, options: options)
        let intents = maker.intents(labels, &log)
        for intent in intents { assembly.add(intent) }
        let definitions = entities.definitions(words, &log)
        assembly.add(definitions)
        assembly.places.merge(maker.places)
        RasaLeftovers(domain: domain, flows: flows, words: entities.left, folder: folder).tell(
            used: maker.used, taken: Set(spoken.keys).union(intents.map(\.name)), names: names, &log)
        let answers = intents.reduce(0) { $0 + $1.answers.count }
        log.note(
            folder,
            "read as a Rasa project: \(Set(spoken.keys).union(intents.map(\.name)).count) intents, \(examples) examples, \(answers) answers and \(definitions.count) entities are taken"
        )
    }

    /// The intents' names by their labels, and the labels in the order in which they occur.
    private func intentNames(_ log: inout IssueLog) -> (names: [String: IntentName], labels: [String]) {
        var makers = LabelNames<IntentName>.ofIntents(options)
        var names: [String: IntentName] = [:]
        var labels: [String] = []
        var seen: Set<String> = []
        func note(_ written: String, _ place: SourcePlace, _ log: inout IssueLog) {
            let label = LabelledRows.trimmed(written)
            guard seen.insert(label).inserted else { return }
            labels.append(label)
            names[label] = makers.name(label, place, &log)
        }
        for (path, rows) in rows {
            for row in rows {
                if let fault = row.fault {
                    log.rowError(row.place(path), fault)
                } else {
                    note(row.label, row.place(path), &log)
                }
            }
        }
        for label in flows.intents { note(label, flows.place(of: label) ?? folder, &log) }
        return (names, labels)
    }
}
