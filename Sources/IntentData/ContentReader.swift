internal import ConversationDomain
public import Foundation
public import NativeContent
import Projects
import Tables
import Wire

/// Reads what bot owners write: native YAML and Markdown, tables, JSON lines and CLINC150's JSON.
public enum ContentReader {
    /// Reads files, and folders in the order of their files' names.
    ///
    /// Places name the paths as they were given: relative ones stay relative. Two intent files of one name stay two
    /// intents for ``ContentLint`` to refuse; rows of tables are added to the intent of their name.
    /// - Throws: ``ContentFileError`` with everything that is wrong in any of the files.
    public static func read(
        paths: [URL], format: ContentFormat = .auto, options: ReadOptions = ReadOptions()
    ) throws(ContentFileError) -> ReadResult {
        var run = ReadRun(first: paths.first, format: format, options: options)
        for path in paths {
            if path.isFolder, format == .auto, RasaFiles.isProject(path) {
                run.readRasaProject(path)
            } else if path.isFolder, format == .auto, let tree = ProjectTree(folder: path, limits: options.limits),
                let reader = ProjectKind.reader(of: tree, options: options)
            {
                run.readProject(reader)
            } else if path.isFolder, format == .auto,
                let passages = DocumentImport.read(folder: path, options: options, log: &run.log)
            {
                run.assembly.add(passages)
            } else if path.isFolder {
                run.readFolder(path)
            } else {
                run.readFile(path)
            }
        }
        return try run.result()
    }
}

extension URL {
    fileprivate var isFolder: Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }
}

/// One call of ``ContentReader``.
private struct ReadRun {
    let first: URL?
    let format: ContentFormat
    let options: ReadOptions
    var assembly: ContentAssembly
    var log: IssueLog
    /// The foreign labels of the options that no row had so far.
    var missingLabels: Set<UTF8Text>

    init(first: URL?, format: ContentFormat, options: ReadOptions) {
        self.first = first
        self.format = format
        self.options = options
        assembly = ContentAssembly(limits: options.limits)
        log = IssueLog(limit: options.limits.errors, skipsBadRows: options.skipsBadRows)
        missingLabels = options.foreignLabels
    }

    consuming func result() throws(ContentFileError) -> ReadResult {
        let content = assembly.content(&log)
        if content == BotContent(), log.errors.isEmpty {
            log.error(first.map { place($0) }, "nothing to import, expected intents, examples or knowledge")
        }
        let isSound = log.errors.isEmpty
        for label in missingLabels.sorted() where isSound {
            log.error(
                first.map { place($0) }, "no row has the label '\(label.beginning(80))', which was said to be foreign")
        }
        guard log.errors.isEmpty else {
            throw ContentFileError(issues: log.errors, isIncomplete: log.isFull, notes: log.notes)
        }
        return ReadResult(content: content, places: assembly.places, issues: log.toldWarnings)
    }

    mutating func readFile(_ url: URL) {
        guard !log.isFull else { return }
        if format == .auto, DocumentImport.isPage(url) {
            return assembly.add(DocumentImport.read(url, options: options, log: &log))
        }
        do throws(ReadFault) {
            let source = try SourceText(
                contentsOf: url, limit: options.limits.fileBytes, takesWorkbooks: true, takesTarballs: format == .auto)
            source.tellEncoding(&log)
            if format == .auto, let tree = try ProjectTree(of: source),
                let reader = ProjectKind.reader(of: tree, options: options)
            {
                return readProject(reader)
            }
            guard source.tarball == nil else {
                throw ReadFault(
                    line: 1,
                    message:
                        "an archive of no project that is known, expected what Botpress or Dialogflow exports; unpack it first"
                )
            }
            let kind = try FileKind.detect(source, format: format)
            switch kind {
            case .yaml: try readYAML(source)
            case .markdown:
                assembly.add(KnowledgeMarkdown.read(source, options: options, log: &log, places: &assembly.places))
            case .json:
                let root = try JSONNode.parse(source.text.utf8)
                if let reader = ProjectKind.reader(of: root, path: source.path, options: options) {
                    readProject(reader)
                } else {
                    try readRows(source, as: kind, root: root)
                }
            case .table, .jsonLines, .clinc, .workbook: try readRows(source, as: kind)
            }
        } catch {
            log.error(SourcePlace(path: url.relativePath, line: error.line), error.message)
        }
    }

    private mutating func readRows(_ source: SourceText, as kind: FileKind, root: JSONNode? = nil) throws(ReadFault) {
        var rows = LabelledRows(path: source.path, options: options)
        // The reader logs too, while the rows go into the assembly.
        var log = log
        defer { self.log = log }
        try RowFile.read(source, as: kind, root: root, columns: .ofContent, options: options, log: &log) {
            rows.add($0, to: &assembly, &$1)
        }
        rows.finish(into: &assembly)
        missingLabels.subtract(rows.foreignLabels)
    }

    private mutating func readRasa(_ root: YAMLNode, path: String) {
        var rows = LabelledRows(path: path, options: options)
        for row in RasaNLU.rows(root, path: path, log: &log) {
            guard rows.add(row, to: &assembly, &log) else { break }
        }
        missingLabels.subtract(rows.foreignLabels)
    }

    mutating func readRasaProject(_ url: URL) {
        var project = RasaProject(url, options: options)
        project.read(url, into: &assembly, &log)
        missingLabels.subtract(project.foreignLabels)
    }

    mutating func readProject(_ reader: any ProjectReader) {
        var reader = reader
        missingLabels.subtract(reader.read(into: &assembly, &log))
    }

    private mutating func readYAML(_ source: SourceText) throws(ReadFault) {
        guard let root = try YAMLNode.parse(source.text) else {
            throw ReadFault(
                line: 1, message: "the file is empty; expected an intent, knowledge, entities, settings or teams")
        }
        if case .map(let entries) = root.kind, entries.contains(where: { $0.key == RasaNLU.key }) {
            readRasa(root, path: source.path)
        } else if case .map(let entries) = root.kind, entries.contains(where: { $0.key == "entries" }) {
            assembly.add(
                KnowledgeYAML.read(
                    root, path: source.path, options: options, log: &log, places: &assembly.places))
        } else if case .map(let entries) = root.kind, entries.contains(where: { $0.key == LabelSetYAML.nameKey }) {
            throw ReadFault(line: 1, message: "a label set; import it with '--classifier NAME'")
        } else if case .map(let entries) = root.kind,
            entries.contains(where: { ["entities", EntityYAML.oneKey].contains($0.key) })
        {
            assembly.add(EntityYAML.read(root, path: source.path, limits: options.limits, log: &log))
        } else if case .map(let entries) = root.kind, entries.contains(where: { SettingsYAML.keys.contains($0.key) }) {
            let settings = SettingsYAML.read(root, path: source.path, limits: options.limits, log: &log)
            assembly.add(settings, at: SourcePlace(path: source.path, line: root.line), &log)
        } else if case .map(let entries) = root.kind, entries.contains(where: { $0.key == TeamsYAML.mark }) {
            let teams = TeamsYAML.read(root, path: source.path, limits: options.limits, log: &log)
            if let teams { assembly.add(teams, at: SourcePlace(path: source.path, line: root.line), &log) }
        } else if case .map(let entries) = root.kind, entries.contains(where: { PhrasesYAML.marks.contains($0.key) }) {
            let phrases = PhrasesYAML.read(root, path: source.path, limits: options.limits, log: &log)
            if let phrases { assembly.add(phrases, at: SourcePlace(path: source.path, line: root.line), &log) }
        } else if case .map(let entries) = root.kind, entries.contains(where: { $0.key == ConversationYAML.key }) {
            throw ReadFault(
                line: 1, message: "conversations that test a bot; run them with 'frontdesk test-conversations'")
        } else if let intent = IntentYAML.read(
            root, path: source.path, limits: options.limits, log: &log, places: &assembly.places)
        {
            assembly.add(intent)
        }
    }
}

// MARK: - Folders

extension ReadRun {
    mutating func readFolder(_ url: URL) {
        guard format == .auto || format == .yaml else {
            log.error(place(url), "is a folder; expected one \(format.rawValue) file")
            return
        }
        let isKnowledge = url.lastPathComponent == "knowledge"
        let isTop = !isKnowledge && url.lastPathComponent != PhrasesYAML.folderName
        guard let files = files(in: url) else { return }
        for file in files where !file.isFolder {
            if isRead(file, inKnowledge: isKnowledge) {
                readFile(file)
            } else if file.lastPathComponent != "README.md" {
                let expected =
                    isKnowledge
                    ? "*.md, *.html, *.yaml, \(Self.rowFiles)"
                    : "*.yaml, \(Self.rowFiles) and the folders 'knowledge' and '\(PhrasesYAML.folderName)'"
                log.warning(place(file), "not read, expected \(expected) here")
            }
        }
        for folder in files where folder.isFolder {
            if ["knowledge", PhrasesYAML.folderName].contains(folder.lastPathComponent), isTop {
                readFolder(folder)
            } else if ![LabelSetReader.folderName, ConversationYAML.folderName].contains(folder.lastPathComponent) {
                log.warning(
                    place(folder),
                    "the folder is not read, expected only 'knowledge', '\(PhrasesYAML.folderName)', '\(LabelSetReader.folderName)' and '\(ConversationYAML.folderName)' here"
                )
            }
        }
    }

    private func place(_ url: URL) -> SourcePlace { SourcePlace(path: url.relativePath, line: 1) }

    private static let rowFiles = "*.csv, *.tsv, *.xlsx, *.json, *.jsonl"

    /// Of pages those of the folder `knowledge` alone are read: others may be notes of the owner's.
    private func isRead(_ file: URL, inKnowledge: Bool) -> Bool {
        switch SourceText.fileExtension(of: file.relativePath) {
        case "yaml", "yml": true
        case "csv", "tsv", "tab", "xlsx", "json", "jsonl", "ndjson": format == .auto
        case "md", "markdown", "html", "htm": inKnowledge && file.lastPathComponent != "README.md"
        default: false
        }
    }

    /// The folder's visible entries in the order of their names without extension.
    private mutating func files(in folder: URL) -> [URL]? {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
            log.error(place(folder), "the folder may not be read")
            return nil
        }
        guard names.count <= options.limits.files else {
            log.error(place(folder), "has more than \(options.limits.files) files")
            return nil
        }
        let base = folder.relativePath
        return names.filter { !$0.hasPrefix(".") }
            .map { (stem: Substring($0).prefix(upToLast: "."), name: $0) }
            .sorted { ($0.stem, $0.name) < ($1.stem, $1.name) }
            .map { URL(filePath: base.hasSuffix("/") ? base + $0.name : base + "/" + $0.name) }
    }
}

extension Substring {
    fileprivate func prefix(upToLast character: Character) -> String {
        String(lastIndex(of: character).map { self[..<$0] } ?? self)
    }
}
