internal import ConversationDomain
import NativeContent
import Tables

/// Reads an agent of Dialogflow ES as it is exported: a zip archive, or the folder of it, with `agent.json`, `intents` and
/// `entities`.
struct DialogflowAgent: ProjectReader {
    private var tree: ProjectTree
    private let options: ReadOptions
    private var content: ProjectContent
    /// The agent's own language.
    private var language = "en"
    /// Labels by the names of the intents' files without extension; nil for those that are left out.
    private var labels: [String: String?] = [:]

    static func isAgent(_ tree: ProjectTree) -> Bool {
        let intents = tree.paths(in: "intents")
        if intents.contains(where: { $0.contains(usersays) }) { return true }
        return tree.contains("agent.json") && (!intents.isEmpty || !tree.paths(in: "entities").isEmpty)
    }

    private static let usersays = "_usersays_"
    private static let entries = "_entries_"

    init(_ tree: ProjectTree, options: ReadOptions) {
        self.tree = tree
        self.options = options
        content = ProjectContent(root: tree.root, options: options)
    }

    mutating func read(into assembly: inout ContentAssembly, _ log: inout IssueLog) -> Set<UTF8Text> {
        if tree.contains("agent.json"), let agent = tree.json("agent.json", &log),
            let written = agent["language"]?.string, BotLocale(written) != nil
        {
            language = written
        }
        let intents = tree.paths(in: "intents")
        for path in intents where !path.contains(Self.usersays) && !log.isFull { readIntent(path, &log) }
        for path in intents where path.contains(Self.usersays) && !log.isFull { readPhrases(path, &log) }
        let entities = tree.paths(in: "entities")
        for path in entities where !path.contains(Self.entries) && !log.isFull {
            readEntity(path, among: entities, &log)
        }
        let knowledge = tree.paths.filter { $0.hasPrefix("knowledge") && $0.hasSuffix(".json") }
        for path in knowledge {
            content.leftovers.add(
                path, tree.place(path), "knowledge bases", "import their tables of questions and answers by themselves")
        }
        content.finish("a Dialogflow agent", into: &assembly, &log)
        return content.examples.foreignLabels
    }

    // MARK: Intents

    private mutating func readIntent(_ path: String, _ log: inout IssueLog) {
        guard let node = tree.json(path, &log) else { return }
        let place = tree.place(path, node.line)
        guard let label = node["name"]?.string, !label.isBlank, label.utf8.count <= LabelledRow.wordBytes else {
            return log.error(place, "an intent of Dialogflow without 'name'")
        }
        let stem = String(path.dropLast(".json".count))
        guard node["parentId"]?.string ?? "" == "" else {
            labels.updateValue(nil, forKey: stem)
            return content.leftovers.add(
                label, place, "intents that only follow another one",
                "the bot asks for slots and for a yes by itself ('slots', 'confirm: true'); write the rest as intents of their own"
            )
        }
        labels[stem] = label
        if node["fallbackIntent"]?.flag == true { content.examples.reject(label) }
        if let contexts = node["contexts"]?.list, !contexts.isEmpty {
            log.warning(
                place,
                "the intent '\(label)' depends on a context and is now understood everywhere; name its topic in its examples"
            )
        }
        // As agents were exported before 2018.
        for phrase in node["userSays"]?.list ?? [] { addPhrase(phrase, label: label, locale: language, path, &log) }
        let responses = node["responses"]?.list ?? []
        guard let response = responses.first else { return }
        say(response, to: label, path, &log)
        if node["webhookUsed"]?.flag == true, content.said[label]?.variants.isEmpty ?? true {
            content.leftovers.add(
                label, place, "answers of a webhook", "write what the bot says as 'answers' of the intent")
        }
        if let count = node["conditionalResponses"]?.list?.count, count > 0 {
            content.leftovers.add(label, place, "conditional responses", "write them as answers with 'when'")
        }
    }

    private mutating func say(_ response: JSONNode, to label: String, _ path: String, _ log: inout IssueLog) {
        let place = tree.place(path, response.line)
        let slots = (response["parameters"]?.list ?? []).compactMap { slot($0, path) }
        let names = (response["parameters"]?.list ?? []).compactMap { $0["name"]?.string }
        var messages = DialogflowMessages(parameters: Set(names), limits: options.limits)
        for message in response["messages"]?.list ?? [] {
            let locale = BotLocale(otherProducts: message["lang"]?.string ?? language)
            let written = message["platform"]?.string ?? ""
            let channel = ChannelName(written.lowercased())
            let texts = Self.strings(message["speech"]) + Self.strings(message["textToSpeech"])
            let replies =
                Self.strings(message["replies"])
                + (message["suggestions"]?.list ?? []).compactMap { $0["title"]?.string }
            let place = tree.place(path, message.line)
            if !texts.isEmpty {
                messages.add(texts, locale: locale, channel: channel, at: place, &content.leftovers, &log)
            }
            if !replies.isEmpty {
                let title = Self.strings(message["title"])
                if !title.isEmpty {
                    messages.add(title, locale: locale, channel: channel, at: place, &content.leftovers, &log)
                }
                messages.add(replies: replies, locale: locale, channel: channel)
            }
            if texts.isEmpty, replies.isEmpty, message["speech"] == nil {
                content.leftovers.add(
                    label, place, "cards, pictures and payloads", "answers are plain text; write an address into it")
            }
        }
        content.say(ProjectContent.Said(slots: slots, variants: messages.variants, place: place), to: label)
    }

    private func slot(_ parameter: JSONNode, _ path: String) -> ProjectContent.Slot? {
        guard let written = parameter["name"]?.string, let name = DialogflowText.slotName(written),
            let entity = parameter["dataType"]?.string.flatMap(DialogflowText.entity)
        else { return nil }
        var asks: [BotLocale: String] = [:]
        for prompt in parameter["prompts"]?.list ?? [] {
            guard let locale = BotLocale(otherProducts: prompt["lang"]?.string ?? language), asks[locale] == nil,
                let text = prompt["value"]?.string ?? prompt.string,
                let ask = try? TextRule.checked(text, limit: options.limits.answer), !ask.contains("{{")
            else { continue }
            asks[locale] = ask
        }
        return ProjectContent.Slot(
            name: name, entity: entity, isRequired: parameter["required"]?.flag == true, asks: asks,
            place: tree.place(path, parameter.line))
    }

    /// The string, or those of a list.
    private static func strings(_ node: JSONNode?) -> [String] {
        guard let node else { return [] }
        return (node.list ?? [node]).compactMap(\.string).filter { !$0.isBlank }
    }

    // MARK: Training phrases

    private mutating func readPhrases(_ path: String, _ log: inout IssueLog) {
        guard let mark = path.ranges(of: Self.usersays).last else { return }
        let stem = String(path[..<mark.lowerBound])
        let locale = String(path[mark.upperBound...].dropLast(".json".count))
        guard let label = labels[stem] ?? stem.split(separator: "/").last.map(String.init) else { return }
        guard let node = tree.json(path, &log) else { return }
        guard let phrases = node.list else {
            return log.error(tree.place(path, node.line), "training phrases of Dialogflow that are no list")
        }
        for phrase in phrases { addPhrase(phrase, label: label, locale: locale, path, &log) }
    }

    private mutating func addPhrase(
        _ phrase: JSONNode, label: String, locale: String, _ path: String, _ log: inout IssueLog
    ) {
        let place = tree.place(path, phrase.line)
        if phrase["isTemplate"]?.flag == true {
            return content.leftovers.add(
                label, place, "training phrases that are templates", "write them as sentences that customers say")
        }
        let row = (phrase["data"]?.list).flatMap { parts in
            DialogflowText.row(
                parts, label: label, locale: BotLocale(otherProducts: phrase["lang"]?.string ?? locale)?.rawValue,
                file: tree.file(path), line: phrase.line
            ) { $0["meta"]?.string.flatMap(DialogflowText.entity) }
        }
        guard let row else {
            return log.rowError(place, "a training phrase of Dialogflow without 'data', a list of parts with 'text'")
        }
        content.examples.add(row)
    }

    // MARK: Entities

    private mutating func readEntity(_ path: String, among paths: [String], _ log: inout IssueLog) {
        guard let node = tree.json(path, &log) else { return }
        let place = tree.place(path, node.line)
        guard let name = node["name"]?.string, let entity = EntityName(name) else {
            return log.error(
                place, "an entity of Dialogflow without a 'name' of 1 to 128 letters, digits and . _ - / :")
        }
        content.entities.note(entity, place)
        let isPattern = node["isRegexp"]?.flag == true
        content.addEntries(
            node["entries"]?.list ?? [], to: entity, isPattern: isPattern, locale: language, tree.file(path), &log)
        let start = path.dropLast(".json".count) + Self.entries
        for file in paths where file.hasPrefix(start) && !log.isFull {
            guard let entries = tree.json(file, &log) else { continue }
            let locale = String(file.dropFirst(start.count).dropLast(".json".count))
            content.addEntries(
                entries.list ?? [], to: entity, isPattern: isPattern, locale: locale, tree.file(file), &log)
        }
    }
}
