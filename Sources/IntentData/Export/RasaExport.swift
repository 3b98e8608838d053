internal import ConversationDomain
import NativeContent

/// Writes a Rasa 3 project for each language of the content: Rasa's have one.
struct RasaExport {
    private let locale: BotLocale
    private let content: BotContent
    private let names: [IntentName: String]
    private var responses: [String] = []
    private var rules: [String] = []
    private var forms: [String] = []
    /// Entities by slot: Rasa's slots belong to the whole bot.
    private var slots: [String: EntityName] = [:]
    private var retrieval: Set<String> = []
    private var differing = 0

    static func files(of content: BotContent) -> ForeignFiles {
        var found = ForeignFiles()
        let spoken = Set(content.intents.flatMap(\.examples).map(\.locale) + content.knowledge.map(\.locale))
        for locale in spoken.sorted() {
            var project = RasaExport(content, locale)
            let files = project.files()
            found.files += files.map { ContentFile(path: "\(locale)/\($0.path)", text: $0.text) }
            found.leave("slots of \(locale) whose name another intent has for another entity", project.differing)
        }
        found.leave("settings", content.writtenSettings == nil ? 0 : 1)
        found.leave("teams", content.teams?.teams.count ?? 0)
        found.leave("languages' phrases", content.phrases.count)
        found.leave(
            "intents that are asked about before they are acted on ('confirm')",
            content.intents.count(where: \.confirms))
        found.leave(
            "intents that ask a service of the shop ('action')", content.intents.count { $0.action != nil })
        return found
    }

    private init(_ content: BotContent, _ locale: BotLocale) {
        (self.content, self.locale) = (content, locale)
        var taken: Set<String> = []
        var names: [IntentName: String] = [:]
        for intent in content.intents.sorted(by: { $0.name < $1.name })
        where intent.examples.contains(where: { $0.locale == locale }) {
            var name = Self.name(of: intent)
            while !taken.insert(name).inserted { name += "_" }
            names[intent.name] = name
        }
        self.names = names
    }

    /// Rasa's own: a slash stands between a retrieval intent and its part only.
    private static func name(of intent: Intent) -> String {
        let parts = intent.name.rawValue.split(separator: "/", omittingEmptySubsequences: false)
        let isRetrieval = parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && intent.slots.isEmpty
        return isRetrieval ? intent.name.rawValue : intent.name.rawValue.replacing("/", with: "_")
    }

    private mutating func files() -> [ContentFile] {
        var nlu = ["version: \"3.1\"", "nlu:"]
        var intents: [String] = []
        for intent in content.intents.sorted(by: { $0.name < $1.name }) {
            let examples = intent.examples.filter { $0.locale == locale }
            guard !examples.isEmpty, let name = names[intent.name] else { continue }
            intents.append(String(name.prefix { $0 != "/" }))
            nlu += part("intent", name, examples.map { MarkedText(text: $0.text, spans: $0.spans).rasa })
            write(intent, name)
        }
        for entry in content.knowledge.sorted(by: { $0.id < $1.id }) where entry.locale == locale {
            let name = "knowledge/" + entry.id.rawValue.replacing("/", with: "_")
            intents.append("knowledge")
            nlu += part("intent", name, entry.questions)
            let link = entry.link.map { "\n" + $0 } ?? ""
            responses += [
                "  \(YAMLText.scalar("utter_" + name)):", "  - text: \(YAMLText.quoted(entry.answer + link))",
            ]
            retrieval.insert("knowledge")
        }
        nlu += entities()
        for name in retrieval.sorted() { rules += rule(name, ["action: \(YAMLText.scalar("utter_" + name))"]) }
        return [
            ContentFile(
                path: "config.yml",
                text: "recipe: default.v1\nlanguage: \(locale.language)\npipeline:\npolicies:\n"),
            ContentFile(path: "domain.yml", text: domain(Set(intents).sorted())),
            ContentFile(path: "data/nlu.yml", text: nlu.joined(separator: "\n") + "\n"),
            ContentFile(
                path: "data/rules.yml", text: (["version: \"3.1\"", "rules:"] + rules).joined(separator: "\n") + "\n"),
        ]
    }

    /// A part of an nlu file; its lines have no line ends.
    private func part(_ kind: String, _ name: String, _ lines: [String]) -> [String] {
        guard !lines.isEmpty else { return [] }
        return ["- \(kind): \(YAMLText.scalar(name))", "  examples: |"]
            + lines.map { "    - " + $0.split(whereSeparator: \.isNewline).joined(separator: " ") }
    }

    private func rule(_ intent: String, _ steps: [String]) -> [String] {
        ["- rule: \(YAMLText.scalar("answer " + intent))", "  steps:", "  - intent: \(YAMLText.scalar(intent))"]
            + steps.map { "  - " + $0 }
    }

    // MARK: Answers

    private mutating func write(_ intent: Intent, _ name: String) {
        // What only a service's answer can fill has nobody to fill it there.
        let answers = intent.answers.filter { answer in intent.action.map { !answer.needsFields(of: $0) } ?? true }
        let said = answers.sorted { $0.ordinal < $1.ordinal }.flatMap(variant)
        let response = "utter_" + name
        if !said.isEmpty { responses += ["  \(YAMLText.scalar(response)):"] + said }
        guard !said.isEmpty else { return }
        if name.contains("/") {
            retrieval.insert(String(name.prefix { $0 != "/" }))
            return
        }
        let asked = intent.slots.filter { slot in
            let isFree = slots[slot.name.rawValue].map { $0 == slot.entity } ?? true
            if isFree { slots[slot.name.rawValue] = slot.entity } else { differing += 1 }
            return isFree
        }
        guard !asked.isEmpty else {
            rules += rule(name, ["action: \(YAMLText.scalar(response))"])
            return
        }
        let form = name + "_form"
        forms +=
            ["  \(YAMLText.scalar(form)):", "    required_slots:"]
            + asked.map { "    - \(YAMLText.scalar($0.name.rawValue))" }
        for slot in asked {
            guard let nearest = locale.nearest(in: slot.ask.keys.sorted()), let ask = slot.ask[nearest] else {
                continue
            }
            responses += [
                "  \(YAMLText.scalar("utter_ask_\(form)_\(slot.name)")):", "  - text: \(YAMLText.quoted(ask))",
            ]
        }
        let quoted = YAMLText.scalar(form)
        rules += rule(name, ["action: \(quoted)", "active_loop: \(quoted)"])
        rules += [
            "- rule: \(YAMLText.scalar("submit " + form))", "  condition:", "  - active_loop: \(quoted)", "  steps:",
            "  - action: \(quoted)", "  - active_loop: null", "  - slot_was_set:", "    - requested_slot: null",
            "  - action: \(YAMLText.scalar(response))",
        ]
    }

    private func variant(_ answer: AnswerTemplate) -> [String] {
        guard answer.condition.locale.map({ $0.language == locale.language }) ?? true,
            let nearest = locale.nearest(in: answer.text.keys.sorted()), let text = answer.text[nearest]
        else { return [] }
        let written = text.replacing("{{", with: "{").replacing("}}", with: "}")
        var lines = ["  - text: \(YAMLText.quoted(written))"]
        if let channel = answer.condition.channel { lines.append("    channel: \(YAMLText.scalar(channel.rawValue))") }
        if !answer.condition.slots.isEmpty { lines.append("    condition:") }
        for (slot, value) in answer.condition.slots.sorted(by: { $0.key < $1.key }) {
            lines += [
                "    - type: slot", "      name: \(YAMLText.scalar(slot))", "      value: \(YAMLText.quoted(value))",
            ]
        }
        if !answer.buttons.isEmpty { lines.append("    buttons:") }
        for button in answer.buttons {
            guard let nearest = locale.nearest(in: button.title.keys.sorted()), let title = button.title[nearest],
                let target = names[button.intent]
            else { continue }
            let values = (button.slots ?? [:]).sorted { $0.key < $1.key }
                .map { "\(YAMLText.quoted($0.key)): \(YAMLText.quoted($0.value))" }
            let payload = "/\(target)" + (values.isEmpty ? "" : "{\(values.joined(separator: ", "))}")
            lines += ["    - title: \(YAMLText.quoted(title))", "      payload: \(YAMLText.quoted(payload))"]
        }
        return lines.last == "    buttons:" ? lines.dropLast() : lines
    }

    // MARK: Entities and domain

    private func entities() -> [String] {
        var lines: [String] = []
        for entity in content.entities.sorted(by: { $0.name < $1.name }) {
            let words = entity.values.flatMap { value in
                [value.value] + (value.synonyms.first { $0.key.language == locale.language }?.value ?? [])
            }
            lines += part("lookup", entity.name.rawValue, words)
            lines += part("regex", entity.name.rawValue, entity.patterns)
            for value in entity.values {
                let synonyms = value.synonyms.first { $0.key.language == locale.language }?.value ?? []
                lines += part("synonym", value.value, synonyms)
            }
        }
        return lines
    }

    private func domain(_ intents: [String]) -> String {
        let marked = content.intents.flatMap(\.examples).filter { $0.locale == locale }.flatMap(\.spans).map(\.entity)
        let entities = Set(marked + slots.values + content.entities.map(\.name)).sorted()
        var lines = ["version: \"3.1\"", "intents:"] + intents.map { "- \(YAMLText.scalar($0))" }
        if !entities.isEmpty { lines += ["entities:"] + entities.map { "- \(YAMLText.scalar($0.rawValue))" } }
        if !slots.isEmpty { lines.append("slots:") }
        for (slot, entity) in slots.sorted(by: { $0.key < $1.key }) {
            lines += [
                "  \(YAMLText.scalar(slot)):", "    type: text", "    mappings:", "    - type: from_entity",
                "      entity: \(YAMLText.scalar(entity.rawValue))",
            ]
        }
        if !forms.isEmpty { lines += ["forms:"] + forms }
        if !responses.isEmpty { lines += ["responses:"] + responses }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension MarkedText {
    /// As Rasa marks entities. Brackets of the text itself stay: it has no sign for plain ones.
    fileprivate var rasa: String {
        let scalars = Array(text.unicodeScalars)
        var written = ""
        var position = 0
        for span in spans.sorted(by: { $0.start < $1.start })
        where span.start >= position && span.end > span.start && span.end <= scalars.count {
            written += String(String.UnicodeScalarView(scalars[position..<span.start]))
            let inner = String(String.UnicodeScalarView(scalars[span.start..<span.end]))
            written += "[\(inner)](\(span.entity.rawValue))"
            position = span.end
        }
        return written + String(String.UnicodeScalarView(scalars[position...]))
    }
}
