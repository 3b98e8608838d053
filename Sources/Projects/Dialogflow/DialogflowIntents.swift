internal import ConversationDomain
import NativeContent
import Tables

/// Reads intents and entity types in the shapes of Dialogflow's interface: training phrases of parts, fulfilments of messages.
struct DialogflowIntents: ProjectReader {
    var content: ProjectContent
    var language = "en"
    private let options: ReadOptions
    /// Labels by what routes call intents: their path, their folder.
    private var labels: [String: String] = [:]
    /// The entity of each parameter, by label.
    private var types: [String: [String: EntityName]] = [:]
    private var patterns: Set<String> = []

    /// A file of intents and entity types that is read as a whole.
    private var export: JSONNode?

    init(root: SourcePlace, options: ReadOptions) {
        self.options = options
        content = ProjectContent(root: root, options: options)
    }

    /// Nil when the file holds no intents as Dialogflow's interface gives them.
    init?(export root: JSONNode, path: String, options: ReadOptions) {
        guard let phrases = (root["intents"]?.list ?? []).first(where: { $0["trainingPhrases"] != nil }),
            phrases["trainingPhrases"]?.list?.first?["parts"] != nil
        else { return nil }
        self.init(root: SourcePlace(path: path, line: 1), options: options)
        export = root
    }

    mutating func read(into assembly: inout ContentAssembly, _ log: inout IssueLog) -> Set<UTF8Text> {
        let file = content.examples.root.path
        for node in export?["entityTypes"]?.list ?? [] where !log.isFull { addEntityType(node, file, &log) }
        for node in export?["intents"]?.list ?? [] where !log.isFull { addIntent(node, file, &log) }
        finish("Dialogflow's intents", into: &assembly, &log)
        return content.examples.foreignLabels
    }

    mutating func finish(_ what: String, into assembly: inout ContentAssembly, _ log: inout IssueLog) {
        content.finish(what, into: &assembly, &log)
    }

    func label(of intent: String) -> String { labels[intent] ?? intent }

    // MARK: Intents

    /// - Parameter folder: what the intent is called in the paths of its other files.
    mutating func addIntent(_ node: JSONNode, folder: String? = nil, _ file: String, _ log: inout IssueLog) {
        let place = SourcePlace(path: file, line: node.line)
        guard let label = node["displayName"]?.string, !label.isBlank, label.utf8.count <= LabelledRow.wordBytes else {
            return log.error(place, "an intent of Dialogflow without 'displayName'")
        }
        for name in [node["name"]?.string, folder].compactMap(\.self) { labels[name] = label }
        if node["isFallback"]?.flag == true { content.examples.reject(label) }
        for parameter in node["parameters"]?.list ?? [] {
            guard let name = (parameter["id"] ?? parameter["displayName"])?.string,
                let type = (parameter["entityType"] ?? parameter["entityTypeDisplayName"])?.string
            else { continue }
            types[label, default: [:]][name] = DialogflowText.entity(type)
        }
        addPhrases(node["trainingPhrases"]?.list ?? [], to: label, locale: language, file, &log)
        // Of ES, whose intents answer by themselves.
        guard node["messages"]?.list?.isEmpty == false else { return }
        let slots = (node["parameters"]?.list ?? []).compactMap { slot(ofIntent: $0, file) }
        var messages = messages(to: label)
        add(node, to: &messages, label, file, &log)
        content.say(ProjectContent.Said(slots: slots, variants: messages.variants, place: place), to: label)
    }

    /// - Parameter intent: its name, or its folder.
    mutating func addPhrases(
        _ phrases: [JSONNode], to intent: String, locale: String, _ file: String, _ log: inout IssueLog
    ) {
        let label = label(of: intent)
        for phrase in phrases {
            let row = (phrase["parts"]?.list).flatMap { parts in
                DialogflowText.row(
                    parts, label: label,
                    locale: BotLocale(otherProducts: phrase["languageCode"]?.string ?? locale)?.rawValue, file: file,
                    line: phrase.line
                ) { part in
                    part["entityType"]?.string.flatMap(DialogflowText.entity)
                        ?? part["parameterId"]?.string.flatMap { types[label]?[$0] }
                }
            }
            guard let row else {
                log.rowError(
                    SourcePlace(path: file, line: phrase.line),
                    "a training phrase of Dialogflow without 'parts', a list of objects with 'text'")
                if log.isFull { return }
                continue
            }
            content.examples.add(row)
        }
    }

    // MARK: Slots

    private func slot(ofIntent parameter: JSONNode, _ file: String) -> ProjectContent.Slot? {
        guard let name = parameter["displayName"]?.string,
            let type = parameter["entityTypeDisplayName"]?.string
        else { return nil }
        let texts = (parameter["prompts"]?.list ?? []).compactMap(\.string)
        return slot(
            name, type, isRequired: parameter["mandatory"]?.flag == true,
            texts.map { ($0, BotLocale(otherProducts: language)) },
            SourcePlace(path: file, line: parameter.line))
    }

    /// A parameter of a page's form.
    func slot(ofForm parameter: JSONNode, _ file: String) -> ProjectContent.Slot? {
        guard let name = parameter["displayName"]?.string, let type = parameter["entityType"]?.string else {
            return nil
        }
        let messages = parameter["fillBehavior"]?["initialPromptFulfillment"]?["messages"]?.list ?? []
        let texts = messages.flatMap { message in
            (message["text"]?["text"]?.list ?? []).compactMap(\.string).prefix(1).map { text in
                (text, BotLocale(otherProducts: message["languageCode"]?.string ?? language))
            }
        }
        return slot(
            name, type, isRequired: parameter["required"]?.flag == true, texts,
            SourcePlace(path: file, line: parameter.line))
    }

    private func slot(
        _ written: String, _ type: String, isRequired: Bool, _ prompts: [(text: String, locale: BotLocale?)],
        _ place: SourcePlace
    ) -> ProjectContent.Slot? {
        guard let name = DialogflowText.slotName(written), let entity = DialogflowText.entity(type) else { return nil }
        var asks: [BotLocale: String] = [:]
        for (text, locale) in prompts {
            guard let locale, asks[locale] == nil, !text.contains("{{"),
                let ask = try? TextRule.checked(text, limit: options.limits.answer)
            else { continue }
            asks[locale] = ask
        }
        return ProjectContent.Slot(name: name, entity: entity, isRequired: isRequired, asks: asks, place: place)
    }

    // MARK: Messages

    /// Nothing yet, said to an intent.
    /// - Parameter more: parameters beside the intent's own.
    func messages(to label: String, more: [String] = []) -> DialogflowMessages {
        DialogflowMessages(
            parameters: Set(types[label].map { Array($0.keys) } ?? []).union(more), limits: options.limits)
    }

    /// Adds the messages of a fulfilment.
    mutating func add(
        _ fulfilment: JSONNode?, to messages: inout DialogflowMessages, _ label: String, _ file: String,
        _ log: inout IssueLog
    ) {
        guard let fulfilment else { return }
        for message in fulfilment["messages"]?.list ?? [] {
            let place = SourcePlace(path: file, line: message.line)
            let locale = BotLocale(otherProducts: message["languageCode"]?.string ?? language)
            let channel = (message["channel"] ?? message["platform"])?.string.flatMap { ChannelName($0.lowercased()) }
            let texts = (message["text"]?["text"]?.list ?? []).compactMap(\.string)
            let replies = (message["quickReplies"]?["quickReplies"]?.list ?? []).compactMap(\.string)
            if !texts.isEmpty {
                messages.add(texts, locale: locale, channel: channel, at: place, &content.leftovers, &log)
            } else if !replies.isEmpty {
                messages.add(replies: replies, locale: locale, channel: channel)
            } else if message["text"] == nil {
                content.leftovers.add(
                    label, place, "cards, pictures and payloads", "answers are plain text; write an address into it")
            }
        }
        for key in ["webhook", "conditionalCases", "setParameterActions"]
        where fulfilment[key]?.string?.isEmpty == false || fulfilment[key]?.list?.isEmpty == false {
            content.leftovers.add(
                label, SourcePlace(path: file, line: fulfilment.line), "fulfilments with '\(key)'",
                "write what the bot says as 'answers', with 'when' where it depends on a slot")
        }
    }

    // MARK: Entities

    mutating func addEntityType(_ node: JSONNode, _ file: String, _ log: inout IssueLog) {
        let place = SourcePlace(path: file, line: node.line)
        guard let name = node["displayName"]?.string, let entity = EntityName(name) else {
            return log.error(
                place, "an entity type of Dialogflow without a 'displayName' of 1 to 128 letters, digits and . _ - / :")
        }
        content.entities.note(entity, place)
        if node["kind"]?.string == "KIND_REGEXP" { patterns.insert(name) }
        addEntities(node["entities"]?.list ?? [], to: name, locale: language, file, &log)
    }

    mutating func addEntities(
        _ list: [JSONNode], to name: String, locale: String, _ file: String, _ log: inout IssueLog
    ) {
        guard let entity = EntityName(name) else { return }
        content.addEntries(list, to: entity, isPattern: patterns.contains(name), locale: locale, file, &log)
    }
}
