internal import ConversationDomain

/// Makes intents with answers of what a Rasa project says.
struct RasaIntents {
    let domain: RasaDomain
    let flows: RasaFlows
    let options: ReadOptions
    /// The names of the project's intents, by how Rasa names them.
    let names: [String: IntentName]
    /// The languages of an intent's examples.
    let locales: [IntentName: Set<BotLocale>]
    var places = ContentPlaces()
    /// The responses that became answers or questions.
    private(set) var used: Set<String> = []
    private var drafts: [Draft] = []

    private struct Draft {
        let name: IntentName
        let slots: [SlotDefinition]
        let variants: [RasaVariant]
        let place: SourcePlace
    }

    init(
        _ domain: RasaDomain, _ flows: RasaFlows, names: [String: IntentName],
        locales: [IntentName: Set<BotLocale>], options: ReadOptions
    ) {
        (self.domain, self.flows, self.names, self.locales, self.options) = (domain, flows, names, locales, options)
    }

    /// The intents that have answers, without their examples.
    mutating func intents(_ labels: [String], _ log: inout IssueLog) -> [Intent] {
        for label in labels { addDraft(of: label, &log) }
        let known = Set(drafts.map(\.name)).union(locales.keys)
        return drafts.map { intent($0, known, &log) }
    }

    private mutating func addDraft(of label: String, _ log: inout IssueLog) {
        guard let name = names[label], let answer = answer(to: label, &log) else { return }
        guard let response = domain.responses[answer.response] else {
            // A retrieval intent is answered by the responses of its parts.
            let isRetrieval = answer.response == "utter_" + label && names.keys.contains { $0.hasPrefix(label + "/") }
            if !isRetrieval {
                log.warning(answer.place, "there is no response '\(answer.response)'; write an answer of '\(name)'")
            }
            return
        }
        if name == .outOfScope || label == "nlu_fallback" {
            log.warning(
                answer.place,
                "the answer '\(response.name)' to '\(label)' is left out; what the bot says there is 'says' in phrases/<locale>.yaml"
            )
            used.insert(response.name)
            return
        }
        used.insert(response.name)
        var slots: [SlotDefinition] = []
        let variants = response.variants.filter { variant in
            let wanted = variant.template.slots.filter { wanted in !slots.contains { $0.name.rawValue == wanted } }
            var more: [SlotDefinition] = []
            for slot in wanted {
                guard let definition = slotDefinition(slot, for: name) else {
                    log.warning(
                        variant.place,
                        "a text of '\(response.name)' is left out of '\(name)': {\(slot)} has no slot that an entity fills and 'utter_ask_\(slot)' asks for in each language; write it under 'slots' of the intent"
                    )
                    return false
                }
                more.append(definition)
            }
            slots += more
            return true
        }
        for slot in slots { used.formUnion(questions(for: slot.name.rawValue).map(\.name)) }
        guard !variants.isEmpty else { return }
        drafts.append(Draft(name: name, slots: slots, variants: variants, place: response.place))
    }

    /// The response to an intent: of a rule, else of its own if it is a retrieval intent, else of the stories.
    private func answer(to label: String, _ log: inout IssueLog) -> RasaFlows.Answer? {
        for answers in [flows.ofRules[label], own(label).map { [$0] }, flows.ofStories[label]] {
            guard let answers, let first = answers.first else { continue }
            let responses = Set(answers.map(\.response))
            if responses.count == 1 { return first }
            log.warning(
                first.place,
                "the intent '\(label)' is answered by \(responses.sorted().prefix(5).joined(separator: ", ")), none is taken; write its answers with 'when'"
            )
            return nil
        }
        return nil
    }

    private func own(_ label: String) -> RasaFlows.Answer? {
        guard label.contains("/"), let response = domain.responses["utter_" + label] else { return nil }
        return RasaFlows.Answer(response: response.name, place: response.place)
    }
}

// MARK: - Slots

extension RasaIntents {
    /// A slot that an entity fills, with the questions of Rasa's forms; nil where one of them is missing.
    private func slotDefinition(_ name: String, for intent: IntentName) -> SlotDefinition? {
        guard let slot = domain.slots[name], let written = slot.entity, domain.entities.contains(written),
            let entity = EntityName(written), let slotName = SlotName(name)
        else { return nil }
        var asks: [BotLocale: String] = [:]
        for variant in questions(for: name).flatMap(\.variants) where variant.template.slots.isEmpty {
            let locale = options.locale(of: variant.template.text)
            if asks[locale] == nil { asks[locale] = variant.template.text }
        }
        let available = asks.keys.sorted()
        let isComplete = (locales[intent] ?? []).allSatisfy { $0.nearest(in: available) != nil }
        return asks.isEmpty || !isComplete ? nil : SlotDefinition(name: slotName, entity: entity, ask: asks)
    }

    private func questions(for slot: String) -> [RasaResponse] {
        let forms = domain.forms.filter { $0.slots.contains(slot) }.map { "utter_ask_\($0.name)_\(slot)" }
        return (["utter_ask_\(slot)"] + forms).compactMap { domain.responses[$0] }
    }
}

// MARK: - Answers

extension RasaIntents {
    private mutating func intent(_ draft: Draft, _ known: Set<IntentName>, _ log: inout IssueLog) -> Intent {
        let spoken = locales[draft.name] ?? []
        var answers: [AnswerTemplate] = []
        for variant in draft.variants {
            let ordinal = answers.count + 1
            let locale = options.locale(of: variant.template.text)
            let isForAll = spoken.allSatisfy { $0.nearest(in: [locale]) != nil }
            places.note(.answer(draft.name, ordinal: ordinal), at: variant.place)
            places.note(.answerText(draft.name, ordinal: ordinal, locale), at: variant.place)
            var buttons: [ButtonTemplate] = []
            for button in variant.buttons {
                guard let target = names[button.intent], known.contains(target) else {
                    log.warning(
                        button.place,
                        "the button '\(button.title.prefix(80))' is left out: nothing is said of its intent '\(button.intent)'; write that intent and then the button"
                    )
                    continue
                }
                buttons.append(
                    ButtonTemplate(
                        title: [locale: button.title], intent: target, slots: button.slots.isEmpty ? nil : button.slots)
                )
                places.note(.button(draft.name, ordinal: ordinal, button: buttons.count), at: button.place)
            }
            answers.append(
                AnswerTemplate(
                    intent: draft.name, ordinal: ordinal,
                    condition: isForAll ? AnswerCondition() : AnswerCondition(locale: locale),
                    text: [locale: variant.template.text], buttons: buttons))
        }
        return Intent(
            name: draft.name, examples: [], slots: draft.slots, answers: answers, place: draft.place)
    }
}
