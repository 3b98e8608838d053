internal import ConversationDomain

extension LintRun {
    private static let answerLimit = ContentLimits().answer

    mutating func checkSlots(of intent: Intent) {
        for slot in intent.slots {
            let place = places[.slot(intent.name, slot.name)] ?? intent.place
            let what = "the slot '\(slot.name)' of '\(intent.name)'"
            for locale in missing(in: slot.ask, for: intent) {
                log.error(place, "\(what) has no question for \(locale), but the intent has examples in \(locale)")
            }
            if slot.ask.isEmpty, intent.examples.isEmpty { log.error(place, "\(what) has no question") }
            for (locale, ask) in slot.ask.sorted(by: { $0.key < $1.key }) {
                let place = places[.ask(intent.name, slot.name, locale)] ?? place
                checkLength(of: ask, "the question of the slot '\(slot.name)'", place)
                if ask.contains("{{") {
                    log.error(place, "the question of the slot '\(slot.name)' is plain text, '{{' cannot be used in it")
                }
            }
        }
    }

    mutating func checkAnswers(of intent: Intent) {
        if intent.name == .outOfScope {
            guard intent.slots.isEmpty, intent.answers.isEmpty else {
                log.warning(
                    intent.place, "'\(intent.name)' is what the bot rejects: its slots and answers are never used")
                return
            }
            return
        }
        let answers = intent.answers + (stored(under: intent)?.answers ?? [])
        if answers.isEmpty { log.warning(intent.place, "the intent '\(intent.name)' has no answer") }
        if !answers.isEmpty, answers.allSatisfy({ !$0.condition.isEmpty }) {
            log.warning(
                intent.place, "every answer of '\(intent.name)' has a condition, expected one without 'when'")
        }
        for answer in intent.answers {
            checkCondition(of: answer, in: intent)
            checkTexts(of: answer, in: intent)
            for (index, button) in answer.buttons.enumerated() {
                let part = ContentPlaces.Part.button(intent.name, ordinal: answer.ordinal, button: index + 1)
                check(button, in: intent, at: places[part] ?? place(of: answer, in: intent))
            }
        }
    }

    private func place(of answer: AnswerTemplate, in intent: Intent) -> SourcePlace? {
        places[.answer(intent.name, ordinal: answer.ordinal)] ?? intent.place
    }

    /// The locales of the intent's examples that no text serves.
    func missing(in texts: [BotLocale: String], for intent: Intent) -> [BotLocale] {
        let available = texts.keys.sorted()
        return Set(intent.examples.map(\.locale)).sorted().filter { $0.nearest(in: available) == nil }
    }

    mutating func checkLength(of text: String, _ what: String, _ place: SourcePlace?) {
        if text.unicodeScalars.allSatisfy(\.properties.isWhitespace) { log.error(place, "\(what) is empty") }
        if text.unicodeScalars.count > Self.answerLimit {
            log.error(place, "\(what) is longer than \(Self.answerLimit) characters")
        }
    }
}

// MARK: - One answer

extension LintRun {
    private mutating func checkCondition(of answer: AnswerTemplate, in intent: Intent) {
        let place = places[.condition(intent.name, ordinal: answer.ordinal)] ?? place(of: answer, in: intent)
        let slots = Set(intent.slots.map(\.name.rawValue))
        for slot in answer.condition.slots.keys.sorted() where !slots.contains(slot) {
            log.error(
                place,
                "the condition names '\(slot)', which is no slot of '\(intent.name)'\(Self.named(intent.slots.map(\.name)))"
            )
        }
        let fields = intent.action?.fields.map(\.rawValue) ?? []
        for field in answer.condition.fields.keys.sorted() where !fields.contains(field) {
            let expected =
                fields.isEmpty ? "which has no action with 'fields'" : "expected " + YAMLFieldReader.list(fields)
            log.error(
                place,
                "the condition names '\(field)', which is no field of the action of '\(intent.name)', \(expected)")
        }
    }

    private mutating func checkTexts(of answer: AnswerTemplate, in intent: Intent) {
        let place = place(of: answer, in: intent)
        let what = "answer \(answer.ordinal) of '\(intent.name)'"
        if answer.text.isEmpty {
            log.error(place, "\(what) has no text, expected one for each language of the examples")
            return
        }
        if let locale = answer.condition.locale {
            if locale.nearest(in: answer.text.keys.sorted()) == nil {
                log.error(place, "\(what) is for \(locale), but has no text for \(locale)")
            }
        } else {
            for locale in missing(in: answer.text, for: intent) {
                log.error(place, "\(what) has no text for \(locale), but the intent has examples in \(locale)")
            }
        }
        let spoken = Set(intent.examples.map(\.locale)).sorted()
        for (locale, text) in answer.text.sorted(by: { $0.key < $1.key }) {
            let part = ContentPlaces.Part.answerText(intent.name, ordinal: answer.ordinal, locale)
            let place = places[part] ?? place
            if !spoken.isEmpty, locale.nearest(in: spoken) == nil {
                log.warning(place, "\(what) has a text for \(locale), but the intent has no examples in \(locale)")
            }
            checkLength(of: text, "\(what) (\(locale))", place)
            checkVariables(of: text, in: intent, place)
        }
    }

    private mutating func checkVariables(of text: String, in intent: Intent, _ place: SourcePlace?) {
        do {
            let names = intent.slots.map(\.name) + (intent.action?.fields ?? [])
            let values = Set(names.map(\.rawValue))
            let what = intent.action == nil ? "no slot" : "no slot and no field of the action"
            var told: Set<String> = []
            for name in try TemplateSyntax.variables(in: text)
            where !values.contains(name) && told.insert(name).inserted {
                log.error(place, "{{\(name)}} is \(what) of '\(intent.name)'\(Self.named(names))")
            }
        } catch {
            log.error(place, error.message)
        }
    }

    /// `, expected a or b`.
    private static func named(_ names: [SlotName]) -> String {
        names.isEmpty ? ", which has no slots" : ", expected " + YAMLFieldReader.list(names.map(\.rawValue))
    }

    private mutating func check(_ button: ButtonTemplate, in intent: Intent, at place: SourcePlace?) {
        guard let target = known[button.intent] else {
            log.error(place, "the button leads to '\(button.intent)', but there is no such intent")
            return
        }
        if button.title.isEmpty { log.error(place, "the button has no title") }
        for locale in missing(in: button.title, for: intent) where !button.title.isEmpty {
            log.warning(place, "the button has no title for \(locale), but the intent has examples in \(locale)")
        }
        let slots = Set((stored(under: target) ?? target).slots.map(\.name.rawValue))
        for slot in (button.slots ?? [:]).keys.sorted() where !slots.contains(slot) {
            log.warning(place, "the button gives '\(slot)', which is no slot of '\(target.name)'")
        }
    }
}
