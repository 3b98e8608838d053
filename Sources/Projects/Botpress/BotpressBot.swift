internal import ConversationDomain
import NativeContent
import Tables

/// Reads a bot of Botpress 12: the folder of it, or a zip archive, with `bot.config.json`, `intents`, `entities`, `qna`, `flows` and
/// `content-elements`; also the files that its studio exports, with all intents or all questions.
struct BotpressBot: ProjectReader {
    private var tree: ProjectTree?
    /// A file of intents or questions that is read by itself.
    private var export: JSONNode?
    private let options: ReadOptions
    private var content: ProjectContent
    private var language = "en"
    /// The slots' entities by intent.
    private var slots: [String: [String: EntityName]] = [:]
    private var entryIDs: Set<String> = []

    static func isBot(_ tree: ProjectTree) -> Bool {
        tree.contains("bot.config.json")
            || (!tree.paths(in: "qna").isEmpty && !tree.paths(in: "intents").isEmpty)
    }

    /// Whether a file holds the intents or the questions of a bot.
    static func isExport(_ root: JSONNode) -> Bool {
        if root["qnas"]?.list != nil { return true }
        guard let first = root.list?.first else { return false }
        return first["data"]?["questions"] != nil || (first["utterances"]?.map != nil && first["name"]?.string != nil)
    }

    init(_ tree: ProjectTree, options: ReadOptions) {
        self.init(root: tree.root, options: options)
        self.tree = tree
    }

    init(_ export: JSONNode, path: String, options: ReadOptions) {
        self.init(root: SourcePlace(path: path, line: 1), options: options)
        self.export = export
    }

    private init(root: SourcePlace, options: ReadOptions) {
        self.options = options
        content = ProjectContent(root: root, options: options)
    }

    mutating func read(into assembly: inout ContentAssembly, _ log: inout IssueLog) -> Set<UTF8Text> {
        if var tree {
            readTree(&tree, &log)
            content.finish("a Botpress 12 bot", into: &assembly, &log)
        } else {
            let file = content.examples.root.path
            for node in export?["qnas"]?.list ?? export?.list ?? [] where !log.isFull {
                if node["utterances"] != nil {
                    addIntent(node, file, &log)
                } else {
                    addQuestion(node, file, &log)
                }
            }
            content.finish("an export of Botpress", into: &assembly, &log)
        }
        return content.examples.foreignLabels
    }

    private mutating func readTree(_ tree: inout ProjectTree, _ log: inout IssueLog) {
        if tree.contains("bot.config.json"), let config = tree.json("bot.config.json", &log),
            let tag = config["defaultLanguage"]?.string
        {
            language = tag
        }
        for (path, node) in nodes(in: "intents", &tree, &log) { addIntent(node, tree.file(path), &log) }
        for (path, node) in nodes(in: "entities", &tree, &log) { addEntity(node, tree.file(path), &log) }
        for (path, node) in nodes(in: "qna", &tree, &log) { addQuestion(node, tree.file(path), &log) }
        var texts = BotpressTexts(language: language, limits: options.limits)
        for (path, node) in nodes(in: "content-elements", &tree, &log) {
            for element in node.list ?? [] { texts.add(element, tree.place(path, element.line)) }
        }
        var flows = BotpressFlows()
        for (path, node) in nodes(in: "flows", &tree, &log) {
            if path.hasPrefix("flows/skills/") {
                content.leftovers.add(path, tree.place(path), "skills", "write the values that they ask for as 'slots'")
            } else {
                flows.add(node, String(path.dropFirst("flows/".count)), tree.file(path))
            }
        }
        for turn in flows.turns(&content.leftovers) {
            guard let slots = slots[turn.intent] else { continue }
            let variants = texts.variants(
                turn.contents, slots: Set(slots.keys), turn.place, &content.leftovers, &log)
            if !variants.isEmpty {
                content.say(ProjectContent.Said(variants: variants, place: turn.place), to: turn.intent)
            }
        }
        for intent in slots.keys.sorted() where content.said[intent] == nil {
            content.leftovers.add(
                intent, tree.root, "intents that no text of a flow is found for",
                "write what the bot says as 'answers' of the intent")
        }
    }

    /// The files of a folder.
    private func nodes(
        in folder: String, _ tree: inout ProjectTree, _ log: inout IssueLog
    ) -> [(path: String, node: JSONNode)] {
        var nodes: [(path: String, node: JSONNode)] = []
        for path in tree.paths(in: folder) where !log.isFull {
            if let node = tree.json(path, &log) { nodes.append((path, node)) }
        }
        return nodes
    }

    // MARK: Intents and entities

    private mutating func addIntent(_ node: JSONNode, _ file: String, _ log: inout IssueLog) {
        let place = SourcePlace(path: file, line: node.line)
        guard let name = node["name"]?.string, !name.isBlank, name.utf8.count <= LabelledRow.wordBytes else {
            return log.error(place, "an intent of Botpress without 'name'")
        }
        // The bot makes these of its questions.
        guard !name.hasPrefix("__qna__") else { return }
        if name == "none" { content.examples.reject(name) }
        var entities: [String: EntityName] = [:]
        for slot in node["slots"]?.list ?? [] {
            guard let slotName = slot["name"]?.string, slotName.utf8.count <= LabelledRow.wordBytes else { continue }
            let types = (slot["entities"]?.list ?? [slot["entity"]].compactMap(\.self)).compactMap(\.string)
            entities[slotName] = types.lazy.compactMap(Self.entity).first
        }
        slots[name] = entities
        // Before version 12, the utterances of the only language.
        let utterances = node["utterances"]
        let lists = utterances?.map ?? utterances.map { [(language, $0)] } ?? []
        for (tag, list) in lists {
            for utterance in list.list ?? [] {
                guard let written = utterance.string else {
                    log.rowError(SourcePlace(path: file, line: utterance.line), "an utterance of Botpress must be text")
                    if log.isFull { return }
                    continue
                }
                let (text, marks) = RasaMarkup.plain(written)
                let known = marks.compactMap { mark in
                    (entities[mark.name] ?? (entities.isEmpty ? EntityName(mark.name) : nil)).map {
                        RowSlot(name: $0.rawValue, start: mark.start, end: mark.end)
                    }
                }
                var row = LabelledRow(
                    text: text, label: name, locale: BotLocale(otherProducts: tag)?.rawValue, slots: known,
                    line: utterance.line)
                row.file = file
                content.examples.add(row)
            }
        }
    }

    private static func entity(_ type: String) -> EntityName? {
        if type == "any" || type == "system.any" { return nil }
        if type.hasPrefix("system.") { return EntityName.builtIn(String(type.dropFirst(7))) }
        for prefix in ["custom.list.", "custom.pattern."] where type.hasPrefix(prefix) {
            return EntityName(String(type.dropFirst(prefix.count)))
        }
        return EntityName(type)
    }

    private mutating func addEntity(_ node: JSONNode, _ file: String, _ log: inout IssueLog) {
        let place = SourcePlace(path: file, line: node.line)
        // Those of the system are recognised by themselves.
        guard node["type"]?.string != "system" else { return }
        guard let name = node["name"]?.string, let entity = EntityName(name) else {
            return log.error(
                place, "an entity of Botpress without a 'name' of 1 to 128 letters, digits and . _ - / :")
        }
        content.entities.note(entity, place)
        if let pattern = node["pattern"]?.string, !pattern.isBlank {
            content.entities.add(pattern: pattern, to: entity, place, &log)
        }
        for occurrence in node["occurrences"]?.list ?? [] {
            let place = SourcePlace(path: file, line: occurrence.line)
            guard let written = occurrence["name"]?.string,
                let value = content.entities.phrase(written, place, &log)
            else { continue }
            let words = (occurrence["synonyms"]?.list ?? []).compactMap(\.string)
                .compactMap { content.entities.phrase($0, place, &log) }
            content.entities.add(words, for: value, of: entity, place)
        }
    }

    // MARK: Questions

    private mutating func addQuestion(_ node: JSONNode, _ file: String, _ log: inout IssueLog) {
        let place = SourcePlace(path: file, line: node.line)
        guard let data = node["data"] ?? (node["questions"] == nil ? nil : node), let questions = data["questions"]
        else {
            return log.error(place, "a question of Botpress without 'data' with 'questions' and 'answers'")
        }
        let id = node["id"]?.string ?? ""
        let shown = Self.texts(questions, language).first ?? id
        guard data["enabled"]?.flag != false else {
            return content.leftovers.add(
                shown, place, "questions that are switched off", "switch them on and export again")
        }
        let tags = questions.map?.map(\.key) ?? [language]
        for tag in tags {
            let texts = Self.texts(questions, tag)
            let answers = data["answers"].map { Self.texts($0, tag) } ?? []
            guard let question = texts.first else { continue }
            guard let answer = answers.first else {
                content.leftovers.add(
                    question, place, "questions that lead to a flow", "write them with an answer, or as an intent")
                continue
            }
            guard !answer.contains("{{") else {
                content.leftovers.add(
                    question, place, "questions whose answer has values that only Botpress knows",
                    "write the answer without {{…}}")
                continue
            }
            if answers.count > 1 {
                content.leftovers.add(question, place, "further answers to a question", "the first one is taken")
            }
            let own = entryIDs.contains(id) ? "\(id).\(tag)" : id
            entryIDs.insert(own)
            let entry = RowEntry(alternatives: Array(texts.dropFirst()), answer: answer, id: own.isEmpty ? nil : own)
            var row = LabelledRow(
                text: question, label: "", locale: BotLocale(otherProducts: tag)?.rawValue, entry: entry,
                line: node.line)
            row.file = file
            content.examples.add(row)
        }
    }

    /// The texts of a language; before version 12 there is one only.
    private static func texts(_ node: JSONNode, _ tag: String) -> [String] {
        ((node[tag] ?? node).list ?? []).compactMap(\.string).filter { !$0.isBlank }
    }
}
