package import ConversationDomain

/// One file of a content folder.
package struct ContentFile: Hashable {
    /// Inside the folder.
    package let path: String
    package let text: String

    package init(path: String, text: String) {
        self.path = path
        self.text = text
    }
}

/// The text of the native files.
package enum ContentFiles {
    package static func files(of content: BotContent) -> [ContentFile] {
        var files: [ContentFile] = []
        for (index, intent) in content.intents.sorted(by: { $0.name < $1.name }).enumerated() {
            files.append(ContentFile(path: fileName(of: intent.name, index: index), text: text(of: intent)))
        }
        let locales = Dictionary(grouping: content.knowledge, by: \.locale)
        for (locale, entries) in locales.sorted(by: { $0.key < $1.key }) {
            files.append(ContentFile(path: "knowledge/\(locale).yaml", text: text(of: entries, locale: locale)))
        }
        if !content.entities.isEmpty {
            files.append(ContentFile(path: entitiesPath, text: text(of: content.entities)))
        }
        if let settings = content.writtenSettings {
            files.append(ContentFile(path: settingsPath, text: SettingsYAML.text(of: settings)))
        }
        if let teams = content.teams {
            files.append(ContentFile(path: teamsPath, text: TeamsYAML.text(of: teams)))
        }
        for phrases in content.phrases.sorted(by: { $0.locale < $1.locale }) {
            files.append(
                ContentFile(
                    path: "\(PhrasesYAML.folderName)/\(phrases.locale).yaml", text: PhrasesYAML.text(of: phrases)))
        }
        return files
    }

    private static let entitiesPath = "entities.yaml"
    private static let settingsPath = "settings.yaml"
    private static let teamsPath = "teams.yaml"

    /// The intent's name; with what file names cannot have written as `%2F`, and shortened if it is very long.
    private static func fileName(of intent: IntentName, index: Int) -> String {
        var name = intent.rawValue.replacing("/", with: "%2F").replacing(":", with: "%3A")
        if name.hasPrefix(".") { name = "%2E" + name.dropFirst() }
        if name.utf8.count > 200 {
            var short = ""
            for character in name where short.utf8.count + character.utf8.count <= 180 { short.append(character) }
            // A tilde is in no name, so this one is free.
            name = "\(short)~\(index + 1)"
        }
        let isTaken = [entitiesPath, settingsPath, teamsPath].contains(name + ".yaml")
        return isTaken ? name + "~.yaml" : name + ".yaml"
    }

    private static func text(of intent: Intent) -> String {
        var lines = ["intent: " + YAMLText.scalar(intent.name.rawValue)]
        if !intent.description.isEmpty { lines.append("description: " + YAMLText.scalar(intent.description)) }
        if !intent.title.isEmpty { lines.append("title: " + flow(intent.title)) }
        if let act = intent.act { lines.append("act: " + act.rawValue) }
        if intent.confirms { lines.append("confirm: true") }
        lines += examples("examples", intent.examples.filter { $0.origin == .written })
        lines += examples("reviewed", intent.examples.filter { $0.origin == .review })
        lines += slots(intent.slots)
        if let action = intent.action { lines += ActionYAML.lines(of: action) }
        if !intent.answers.isEmpty {
            lines.append("answers:")
            for answer in intent.answers.sorted(by: { $0.ordinal < $1.ordinal }) { lines += self.lines(of: answer) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func examples(_ key: String, _ examples: [Example]) -> [String] {
        guard !examples.isEmpty else { return [] }
        var lines = ["\(key):"]
        let locales = Dictionary(grouping: examples, by: \.locale)
        for (locale, examples) in locales.sorted(by: { $0.key < $1.key }) {
            lines.append("  \(YAMLText.scalar(locale.rawValue)):")
            for example in examples {
                let marked = MarkedText(text: example.text, spans: example.spans).marked
                lines.append("    - " + YAMLText.scalar(marked))
            }
        }
        return lines
    }

    private static func slots(_ slots: [SlotDefinition]) -> [String] {
        guard !slots.isEmpty else { return [] }
        var lines = ["slots:"]
        for slot in slots {
            lines.append("  \(YAMLText.scalar(slot.name.rawValue)):")
            lines.append("    entity: " + YAMLText.scalar(slot.entity.rawValue))
            lines.append("    ask: " + flow(slot.ask))
        }
        return lines
    }

    private static func text(of entries: [KnowledgeEntry], locale: BotLocale) -> String {
        var lines = ["locale: " + YAMLText.scalar(locale.rawValue), "entries:"]
        for entry in entries.sorted(by: { $0.id < $1.id }) {
            lines.append("  - id: " + YAMLText.scalar(entry.id.rawValue))
            if let title = entry.title { lines.append("    title: " + YAMLText.scalar(title)) }
            lines.append("    questions:")
            lines += entry.questions.filter { !entry.reviewed.contains($0) }
                .map { "      - " + YAMLText.scalar($0) }
            if !entry.reviewed.isEmpty { lines.append("    reviewed:") }
            lines += entry.reviewed.map { "      - " + YAMLText.scalar($0) }
            lines.append("    answer: " + YAMLText.scalar(entry.answer))
            if let link = entry.link { lines.append("    link: " + YAMLText.scalar(link)) }
            if let collection = entry.collection {
                lines.append("    collection: " + YAMLText.scalar(collection.rawValue))
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

// MARK: - Answers

extension ContentFiles {
    private static func lines(of answer: AnswerTemplate) -> [String] {
        var lines: [String] = []
        if !answer.condition.isEmpty { lines.append("when: " + flow(answer.condition)) }
        for (locale, text) in answer.text.sorted(by: { $0.key < $1.key }) {
            lines.append("\(YAMLText.scalar(locale.rawValue)): " + YAMLText.scalar(text))
        }
        if !answer.buttons.isEmpty {
            lines.append("buttons:")
            lines += answer.buttons.map { "  - " + flow($0) }
        }
        if lines.isEmpty { return ["  - {}"] }
        return lines.enumerated().map { ($0.offset == 0 ? "  - " : "    ") + $0.element }
    }

    private static func flow(_ condition: AnswerCondition) -> String {
        var parts: [String] = []
        if let channel = condition.channel { parts.append("channel: " + YAMLText.flowScalar(channel.rawValue)) }
        if let locale = condition.locale { parts.append("locale: " + YAMLText.flowScalar(locale.rawValue)) }
        if !condition.slots.isEmpty { parts.append("slots: " + flow(condition.slots)) }
        if !condition.fields.isEmpty { parts.append("fields: " + flow(condition.fields)) }
        return "{ \(parts.joined(separator: ", ")) }"
    }

    private static func flow(_ button: ButtonTemplate) -> String {
        var parts = ["title: " + flow(button.title), "intent: " + YAMLText.flowScalar(button.intent.rawValue)]
        if let slots = button.slots { parts.append("slots: " + flow(slots)) }
        return "{ \(parts.joined(separator: ", ")) }"
    }

    private static func flow(_ texts: [BotLocale: String]) -> String {
        let parts = texts.sorted { $0.key < $1.key }
            .map { "\(YAMLText.flowScalar($0.key.rawValue)): \(YAMLText.quoted($0.value))" }
        return parts.isEmpty ? "{}" : "{ \(parts.joined(separator: ", ")) }"
    }

    private static func flow(_ values: [String: String]) -> String {
        let parts = values.sorted { $0.key < $1.key }
            .map { "\(YAMLText.flowScalar($0.key)): \(YAMLText.quoted($0.value))" }
        return parts.isEmpty ? "{}" : "{ \(parts.joined(separator: ", ")) }"
    }
}

// MARK: - Entities

extension ContentFiles {
    private static func text(of entities: [EntityDefinition]) -> String {
        var lines = ["entities:"]
        for entity in entities.sorted(by: { $0.name < $1.name }) {
            lines.append("  \(YAMLText.scalar(entity.name.rawValue)):")
            if entity.isEmpty { lines[lines.count - 1] += " {}" }
            if !entity.values.isEmpty { lines.append("    values:") }
            for value in entity.values {
                let synonyms = value.synonyms.isEmpty ? "" : " " + flow(value.synonyms)
                lines.append("      \(YAMLText.scalar(value.value)):\(synonyms)")
            }
            if !entity.patterns.isEmpty { lines.append("    patterns:") }
            lines += entity.patterns.map { "      - " + YAMLText.scalar($0) }
            if !entity.formats.isEmpty { lines.append("    formats:") }
            lines += entity.formats.map { "      - " + YAMLText.scalar($0) }
            if !entity.hint.isEmpty { lines.append("    hint:") }
            lines += entity.hint.sorted { $0.key < $1.key }.map { locale, text in
                "      \(YAMLText.scalar(locale.rawValue)): \(YAMLText.scalar(text))"
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func flow(_ synonyms: [BotLocale: [String]]) -> String {
        let parts = synonyms.sorted { $0.key < $1.key }.map { locale, words in
            "\(YAMLText.flowScalar(locale.rawValue)): [\(words.map(YAMLText.flowScalar).joined(separator: ", "))]"
        }
        return "{ \(parts.joined(separator: ", ")) }"
    }
}
