package import ConversationDomain

/// Reads one intent from its YAML document.
package struct IntentYAML {
    private var reader: YAMLFieldReader
    private var places = ContentPlaces()

    package static let keys = [
        "intent", "description", "title", "act", "confirm", "examples", "reviewed", "slots", "action", "answers",
    ]

    private init(_ reader: YAMLFieldReader) { self.reader = reader }

    /// The intent, nil when it has no usable name; what is wrong goes into `log`.
    package static func read(
        _ root: YAMLNode, path: String, limits: ContentLimits, log: inout IssueLog, places: inout ContentPlaces
    ) -> Intent? {
        var yaml = IntentYAML(YAMLFieldReader(path: path, limits: limits, log: log))
        let intent = yaml.intent(root)
        log = yaml.reader.log
        places.merge(yaml.places)
        return intent
    }

    private mutating func intent(_ root: YAMLNode) -> Intent? {
        let fields = reader.fields(root, of: "an intent", expected: Self.keys)
        guard let nameEntry = fields["intent"] else {
            reader.error(root.line, "the key 'intent' with the intent's name is missing")
            return nil
        }
        guard let name: IntentName = reader.name(nameEntry.value, "the intent's name") else { return nil }
        var description = ""
        if let entry = fields["description"] {
            description = reader.text(entry.value, "the description", limit: reader.limits.text) ?? ""
        }
        return Intent(
            name: name, description: description, title: fields["title"].map { titles($0, of: name) } ?? [:],
            act: fields["act"].flatMap { act($0) },
            confirms: fields["confirm"].map { reader.flag($0.value, "'confirm'") } ?? false,
            examples: examples(fields["examples"], .written) + examples(fields["reviewed"], .review),
            slots: fields["slots"].map { slots($0.value, of: name) } ?? [],
            action: fields["action"].flatMap { ActionYAML.read($0, of: name, &reader, &places) },
            answers: fields["answers"].map { answers($0.value, of: name) } ?? [],
            place: reader.place(nameEntry.line))
    }

    private mutating func act(_ field: YAMLEntry) -> SpeechAct? {
        guard let name = reader.text(field.value, "'act'", limit: reader.limits.text) else { return nil }
        if let act = SpeechAct(rawValue: name) { return act }
        reader.error(
            field.line,
            "'act' is '\(name.prefix(40))', expected \(YAMLFieldReader.list(SpeechAct.allCases.map(\.rawValue)))")
        return nil
    }

    private mutating func titles(_ field: YAMLEntry, of intent: IntentName) -> [BotLocale: String] {
        places.note(.title(intent), at: reader.place(field.line))
        return reader.localised(field.value, "'title'", limit: reader.limits.text).mapValues(\.text)
    }

    private mutating func examples(_ field: YAMLEntry?, _ origin: ExampleOrigin) -> [Example] {
        guard let field else { return [] }
        var examples: [Example] = []
        for entry in reader.map(field.value, "'\(field.key)'") ?? [] {
            guard let locale = reader.locale(entry, "'\(field.key)'") else { continue }
            for element in reader.list(entry.value, "the examples of '\(entry.key)'") ?? [] {
                guard let written = reader.text(element, "an example", limit: reader.limits.text) else { continue }
                do {
                    let marked = try MarkedText(parsing: written)
                    let place = reader.place(element.line)
                    examples.append(
                        Example(text: marked.text, locale: locale, spans: marked.spans, origin: origin, place: place))
                } catch {
                    reader.error(element.line, error.message)
                }
            }
        }
        return examples
    }

    private mutating func slots(_ node: YAMLNode, of intent: IntentName) -> [SlotDefinition] {
        var slots: [SlotDefinition] = []
        for entry in reader.map(node, "'slots'") ?? [] {
            guard let name: SlotName = reader.name(entry.key, line: entry.line, "a slot's name") else { continue }
            places.note(.slot(intent, name), at: reader.place(entry.line))
            let what = "slot '\(entry.key)'"
            let fields = reader.fields(entry.value, of: what, expected: ["entity", "ask"])
            guard let entityEntry = fields["entity"], let askEntry = fields["ask"] else {
                if case .map = entry.value.kind {
                    let missing = ["entity", "ask"].filter { fields[$0] == nil }.joined(separator: "' and '")
                    reader.error(entry.line, "\(what) needs '\(missing)'")
                }
                continue
            }
            guard let entity: EntityName = reader.name(entityEntry.value, "the entity of \(what)") else { continue }
            let asks = reader.localised(askEntry.value, "'ask' of \(what)", limit: reader.limits.answer)
            for (locale, ask) in asks { places.note(.ask(intent, name, locale), at: reader.place(ask.line)) }
            slots.append(SlotDefinition(name: name, entity: entity, ask: asks.mapValues(\.text)))
        }
        return slots
    }
}

// MARK: - Answers

extension IntentYAML {
    private mutating func answers(_ node: YAMLNode, of intent: IntentName) -> [AnswerTemplate] {
        var answers: [AnswerTemplate] = []
        for element in reader.list(node, "'answers'") ?? [] {
            let ordinal = answers.count + 1
            places.note(.answer(intent, ordinal: ordinal), at: reader.place(element.line))
            answers.append(answer(element, of: intent, ordinal: ordinal))
        }
        return answers
    }

    private mutating func answer(_ node: YAMLNode, of intent: IntentName, ordinal: Int) -> AnswerTemplate {
        var condition = AnswerCondition()
        var buttons: [ButtonTemplate] = []
        var texts: [BotLocale: String] = [:]
        for entry in reader.map(node, "an answer") ?? [] {
            if entry.key == "when" {
                condition = self.condition(entry.value)
                places.note(.condition(intent, ordinal: ordinal), at: reader.place(entry.line))
            } else if entry.key == "buttons" {
                buttons = self.buttons(entry.value, of: intent, ordinal: ordinal)
            } else if let locale = BotLocale(entry.key) {
                guard let text = reader.text(entry.value, "the answer (\(locale))", limit: reader.limits.answer) else {
                    continue
                }
                texts[locale] = text
                places.note(.answerText(intent, ordinal: ordinal, locale), at: reader.place(entry.line))
            } else {
                reader.error(
                    entry.line,
                    "unknown key '\(entry.key)' in an answer, expected when, buttons or language tags such as en or zh")
            }
        }
        return AnswerTemplate(intent: intent, ordinal: ordinal, condition: condition, text: texts, buttons: buttons)
    }

    private mutating func condition(_ node: YAMLNode) -> AnswerCondition {
        let fields = reader.fields(node, of: "'when'", expected: ["channel", "locale", "slots", "fields"])
        var locale: BotLocale?
        if let entry = fields["locale"], let text = reader.text(entry.value, "'locale' in 'when'", limit: 35) {
            locale = BotLocale(text)
            if locale == nil {
                reader.error(entry.value.line, "'locale' in 'when' is '\(text)', expected a language tag such as en")
            }
        }
        return AnswerCondition(
            channel: fields["channel"].flatMap { reader.name($0.value, "'channel' in 'when'") }, locale: locale,
            slots: fields["slots"].map { reader.slotValues($0.value, "'slots' in 'when'") } ?? [:],
            fields: fields["fields"].map { reader.slotValues($0.value, "'fields' in 'when'") } ?? [:])
    }

    private mutating func buttons(_ node: YAMLNode, of intent: IntentName, ordinal: Int) -> [ButtonTemplate] {
        var buttons: [ButtonTemplate] = []
        for element in reader.list(node, "'buttons'") ?? [] {
            let fields = reader.fields(element, of: "a button", expected: ["title", "intent", "slots"])
            guard let title = fields["title"], let target = fields["intent"] else {
                if case .map = element.kind { reader.error(element.line, "a button needs 'title' and 'intent'") }
                continue
            }
            let titles = reader.localised(title.value, "'title' of a button", limit: reader.limits.text)
            guard let name: IntentName = reader.name(target.value, "the intent of a button") else { continue }
            buttons.append(
                ButtonTemplate(
                    title: titles.mapValues(\.text), intent: name,
                    slots: fields["slots"].map { reader.slotValues($0.value, "'slots' of a button") }))
            places.note(.button(intent, ordinal: ordinal, button: buttons.count), at: reader.place(element.line))
        }
        return buttons
    }
}
