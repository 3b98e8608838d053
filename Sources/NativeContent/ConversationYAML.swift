import ConversationDomain
public import Foundation
public import Scripts

/// Reads conversations that test a bot:
///
///     conversations:
///       - name: a late parcel
///         locale: en
///         turns:
///           - say: my parcel is late
///             expect:
///               - { action: ask, intent: order.status }
///               - { knowledge: [delivery.late.en, delivery.time.en], not_contains: refund }
///           - press: { intent: order.status, slots: { order_number: A1234567 } }
///             expect: { action: answer, contains: A1234567 }
public enum ConversationReader {
    /// The bounds on what is read.
    static let conversationLimit = 10_000
    static let turnLimit = 100
    static let alternativeLimit = 20

    /// Reads a file, or all `*.yaml` files of a folder and its folders, in the order of their names.
    /// - Throws: ``ContentFileError`` with everything that is wrong in any of the files.
    public static func read(_ path: URL) throws(ContentFileError) -> [ConversationScript] {
        let limits = ContentLimits()
        var log = IssueLog(limit: limits.errors)
        let files = files(at: path, limit: limits.files, log: &log)
        var scripts: [ConversationScript] = []
        for file in files where !log.isFull {
            do {
                let source = try SourceText(contentsOf: file, limit: limits.fileBytes)
                scripts += try ConversationYAML.read(source, limits: limits, log: &log)
            } catch {
                log.error(SourcePlace(path: file.relativePath, line: error.line), error.message)
            }
        }
        if scripts.isEmpty, log.errors.isEmpty {
            log.error(
                SourcePlace(path: path.relativePath, line: 1), "no conversations, expected files *.yaml with some")
        }
        if scripts.count > conversationLimit {
            log.error(scripts[conversationLimit].place, "more than \(conversationLimit) conversations")
        }
        guard log.errors.isEmpty else { throw ContentFileError(issues: log.errors, isIncomplete: log.isFull) }
        return scripts
    }

    private static func files(at path: URL, limit: Int, log: inout IssueLog) -> [URL] {
        let manager = FileManager.default
        var isFolder: ObjCBool = false
        guard manager.fileExists(atPath: path.path, isDirectory: &isFolder) else {
            log.error(SourcePlace(path: path.relativePath, line: 1), "no such file or folder")
            return []
        }
        guard isFolder.boolValue else { return [path] }
        let names = (manager.enumerator(atPath: path.path)?.compactMap { $0 as? String } ?? [])
            .filter { ["yaml", "yml"].contains(SourceText.fileExtension(of: $0)) && !$0.hasPrefix(".") }.sorted()
        guard names.count <= limit else {
            log.error(SourcePlace(path: path.relativePath, line: 1), "has more than \(limit) files")
            return []
        }
        let base = path.relativePath
        return names.map { URL(filePath: base.hasSuffix("/") ? base + $0 : base + "/" + $0) }
    }
}

/// Reads the conversations of one file.
package struct ConversationYAML {
    package static let key = "conversations"
    /// Where a content folder has them; an import leaves it alone.
    package static let folderName = "tests"

    private var reader: YAMLFieldReader

    /// - Throws: ``ReadFault`` for what is no YAML.
    static func read(
        _ source: SourceText, limits: ContentLimits, log: inout IssueLog
    ) throws(ReadFault) -> [ConversationScript] {
        guard let root = try YAMLNode.parse(source.text) else {
            throw ReadFault(line: 1, message: "the file is empty; expected '\(key)'")
        }
        var yaml = ConversationYAML(reader: YAMLFieldReader(path: source.path, limits: limits, log: log))
        let scripts = yaml.conversations(root)
        log = yaml.reader.log
        return scripts
    }

    private mutating func conversations(_ root: YAMLNode) -> [ConversationScript] {
        let fields = reader.fields(root, of: "a file of conversations", expected: [Self.key])
        guard let list = fields[Self.key] else {
            reader.error(root.line, "the key '\(Self.key)' with the list of conversations is missing")
            return []
        }
        var lines: [String: Int] = [:]
        var scripts: [ConversationScript] = []
        for node in reader.list(list.value, "'\(Self.key)'") ?? [] {
            guard let script = conversation(node) else { continue }
            if let line = lines[script.name] {
                reader.error(node.line, "the conversation '\(script.name)' is there already, in line \(line)")
            }
            lines[script.name] = node.line
            scripts.append(script)
        }
        return scripts
    }

    private mutating func conversation(_ node: YAMLNode) -> ConversationScript? {
        let fields = reader.fields(node, of: "a conversation", expected: ["name", "locale", "channel", "turns"])
        guard let nameField = fields["name"], let turnsField = fields["turns"] else {
            if case .map = node.kind {
                let missing = ["name", "turns"].filter { fields[$0] == nil }.joined(separator: "' and '")
                reader.error(node.line, "a conversation needs '\(missing)'")
            }
            return nil
        }
        let name = reader.text(nameField.value, "the name of a conversation", limit: 200)
        var locale: BotLocale?
        if let field = fields["locale"], let text = reader.text(field.value, "'locale'", limit: 35) {
            locale = BotLocale(text)
            if locale == nil {
                reader.error(field.line, "'locale' is '\(text)', expected a language tag such as en or zh-TW")
            }
        }
        let channel: ChannelName? = fields["channel"].flatMap { reader.name($0.value, "'channel'") }
        let nodes = reader.list(turnsField.value, "'turns'") ?? []
        if !(1...ConversationReader.turnLimit).contains(nodes.count) {
            reader.error(
                turnsField.line,
                "a conversation has \(nodes.count) turns, expected 1 to \(ConversationReader.turnLimit)")
        }
        let turns = nodes.prefix(ConversationReader.turnLimit).compactMap { turn($0) }
        guard let name else { return nil }
        return ConversationScript(
            name: name, locale: locale, channel: channel, turns: turns, place: reader.place(node.line))
    }

    private mutating func turn(_ node: YAMLNode) -> ConversationScript.Turn? {
        let fields = reader.fields(node, of: "a turn", expected: ["say", "press", "expect"])
        let expected = fields["expect"].map { alternatives($0.value) } ?? []
        let content: InboundContent?
        switch (fields["say"], fields["press"]) {
        case (let say?, nil): content = reader.text(say.value, "'say'", limit: Limits().messageText).map { .text($0) }
        case (nil, let press?): content = button(press.value)
        default:
            if case .map = node.kind { reader.error(node.line, "a turn needs 'say' or 'press', and not both") }
            content = nil
        }
        return content.map { .init(content: $0, expected: expected, place: reader.place(node.line)) }
    }

    private mutating func button(_ node: YAMLNode) -> InboundContent? {
        let fields = reader.fields(node, of: "'press'", expected: ["intent", "slots", "knowledge"])
        switch (fields["intent"], fields["knowledge"]) {
        case (let intent?, nil):
            let slots = fields["slots"].map { reader.slotValues($0.value, "'slots' of 'press'") } ?? [:]
            return reader.name(intent.value, "the intent of 'press'").map { .button(intent: $0, slots: slots) }
        case (nil, let entry?):
            if let slots = fields["slots"] { reader.error(slots.line, "'slots' goes with 'intent'") }
            return reader.name(entry.value, "the entry of 'press'").map { .knowledge($0) }
        default:
            if case .map = node.kind { reader.error(node.line, "'press' needs 'intent' or 'knowledge', and not both") }
            return nil
        }
    }
}

// MARK: - What is expected

extension ConversationYAML {
    /// A list of alternatives, or a single one.
    private mutating func alternatives(_ node: YAMLNode) -> [TurnExpectation] {
        if case .map = node.kind { return [expectation(node)] }
        let nodes = reader.list(node, "'expect'") ?? []
        if nodes.count > ConversationReader.alternativeLimit {
            reader.error(node.line, "'expect' has more than \(ConversationReader.alternativeLimit) alternatives")
        }
        if case .list = node.kind, nodes.isEmpty { reader.error(node.line, "'expect' is empty") }
        return nodes.prefix(ConversationReader.alternativeLimit).map { expectation($0) }
    }

    private mutating func expectation(_ node: YAMLNode) -> TurnExpectation {
        let keys = ["action", "intent", "knowledge", "slots", "contains", "not_contains", "offers"]
        let fields = reader.fields(node, of: "what is expected", expected: keys)
        if case .map(let entries) = node.kind, entries.isEmpty {
            reader.error(node.line, "an alternative of 'expect' is empty, expected \(YAMLFieldReader.list(keys))")
        }
        var expectation = TurnExpectation()
        expectation.place = reader.place(node.line)
        expectation.actions = texts(fields["action"]).compactMap { action($0) }
        expectation.intents = texts(fields["intent"]).compactMap { reader.name($0.text, line: $0.line, "'intent'") }
        expectation.knowledge = texts(fields["knowledge"]).compactMap {
            reader.name($0.text, line: $0.line, "'knowledge'")
        }
        expectation.contains = texts(fields["contains"]).map(\.text)
        expectation.excludes = texts(fields["not_contains"]).map(\.text)
        expectation.offers = texts(fields["offers"]).map(\.text)
        for entry in fields["slots"].flatMap({ reader.map($0.value, "'slots'") }) ?? [] {
            let slot: SlotName? = reader.name(entry.key, line: entry.line, "a slot's name in 'slots'")
            guard let slot else { continue }
            if case .null = entry.value.kind {
                expectation.slots[slot.rawValue] = []
            } else {
                expectation.slots[slot.rawValue] = texts(entry).map(\.text)
            }
        }
        return expectation
    }

    /// A text, or a list of texts.
    private mutating func texts(_ field: YAMLEntry?) -> [(text: String, line: Int)] {
        guard let field else { return [] }
        var nodes = [field.value]
        if case .list(let elements) = field.value.kind {
            nodes = elements
            if elements.isEmpty { reader.error(field.line, "'\(field.key)' is empty") }
        }
        return nodes.compactMap { node in
            reader.text(node, "'\(field.key)'", limit: reader.limits.text).map { ($0, node.line) }
        }
    }

    private mutating func action(_ field: (text: String, line: Int)) -> Action? {
        if let action = Action(rawValue: field.text) { return action }
        let known = YAMLFieldReader.list(Action.allCases.map(\.rawValue))
        reader.error(field.line, "'action' is '\(field.text.prefix(32))', expected \(known)")
        return nil
    }
}
