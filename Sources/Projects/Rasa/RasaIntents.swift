internal import ConversationDomain
import NativeContent

/// Finds what a Rasa project says to its intents, and which slots they need.
struct RasaIntents {
    let domain: RasaDomain
    let flows: RasaFlows
    let roles: RasaRoles
    let options: ReadOptions
    /// The names of the project's intents, by how Rasa names them.
    let names: [String: IntentName]
    /// The languages of an intent's examples.
    let locales: [IntentName: Set<BotLocale>]
    /// The responses that became answers or questions, and the forms that became slots.
    private(set) var used: Set<String> = []
    private(set) var usedForms: Set<String> = []
    private let parents: Set<String>

    init(
        _ domain: RasaDomain, _ flows: RasaFlows, _ roles: RasaRoles, names: [String: IntentName],
        locales: [IntentName: Set<BotLocale>], options: ReadOptions
    ) {
        self.roles = roles
        (self.domain, self.flows, self.names, self.locales, self.options) = (domain, flows, names, locales, options)
        parents = Self.parents(of: names)
    }

    /// The intents that have answers.
    mutating func intents(_ labels: [String], _ log: inout IssueLog) -> [ProjectIntent] {
        labels.compactMap { intent($0, &log) }
    }

    private mutating func intent(_ label: String, _ log: inout IssueLog) -> ProjectIntent? {
        guard let name = names[label], let answer = answer(to: label, &log) else { return nil }
        guard let said = said(answer, to: name, &log) else { return nil }
        let responses = said.compactMap { domain.responses[$0] }
        if let missing = said.first(where: { domain.responses[$0] == nil }), !isAnsweredByParts(label, missing) {
            log.warning(answer.place, "there is no response '\(missing)'; write an answer of '\(name)'")
        }
        guard let first = responses.first else { return nil }
        used.formUnion(responses.map(\.name))
        if name == .outOfScope || label == "nlu_fallback" {
            log.warning(
                answer.place,
                "the answer '\(first.name)' to '\(label)' is left out; what the bot says there is 'says' in phrases/<locale>.yaml"
            )
            return nil
        }
        var slots = formSlots(answer.form, of: name, &log)
        let variants = joined(responses, &log).filter { variant in
            take(variant, of: first.name, name, &slots, &log)
        }
        for slot in slots { noteQuestions(for: slot.name.rawValue, &log) }
        guard !variants.isEmpty else { return nil }
        return ProjectIntent(name: name, slots: slots, variants: variants, place: first.place)
    }

    /// The responses to an intent; nil where the form that follows it ends in none.
    private mutating func said(
        _ answer: RasaFlows.Answer, to name: IntentName, _ log: inout IssueLog
    ) -> [String]? {
        guard let form = answer.form else { return answer.responses }
        guard let submitted = flows.submitted[form] else {
            log.warning(
                answer.place,
                "the form '\(form.prefix(80))' that follows '\(name)' is left out, since no rule tells which response comes after it; write 'slots' and 'answers' of the intent"
            )
            return nil
        }
        return submitted.responses
    }

    /// A retrieval intent is answered by the responses of its parts.
    private func isAnsweredByParts(_ label: String, _ response: String) -> Bool {
        response == "utter_" + label && parents.contains(label)
    }

    /// The retrieval intents: what stands before the first slash of names.
    static func parents(of names: [String: IntentName]) -> Set<String> {
        Set(names.keys.compactMap { name in name.firstIndex(of: "/").map { String(name[..<$0]) } })
    }

    /// Whether all slots that a text needs are there; those that it names are added.
    private func take(
        _ variant: ProjectVariant, of response: String, _ name: IntentName, _ slots: inout [SlotDefinition],
        _ log: inout IssueLog
    ) -> Bool {
        var more: [SlotDefinition] = []
        for slot in variant.template.slots where !slots.contains(where: { $0.name.rawValue == slot }) {
            guard let definition = slotDefinition(slot, for: name) else {
                log.warning(
                    variant.place,
                    "a text of '\(response)' is left out of '\(name)': {\(slot)} has no slot that an entity fills and 'utter_ask_\(slot)' asks for in each language; write it under 'slots' of the intent"
                )
                return false
            }
            more.append(definition)
        }
        let known = (slots + more).map(\.name.rawValue)
        if let value = variant.values.keys.sorted().first(where: { !known.contains($0) }) {
            log.warning(
                variant.place,
                "a text of '\(response)' is left out of '\(name)': its condition is on '\(value)', which the intent does not ask for; write it under 'slots' of the intent, and the answer with 'when'"
            )
            return false
        }
        slots += more
        return true
    }

    /// What is said to an intent: by a rule, else by its own response if it is a retrieval intent, else by the stories.
    private func answer(to label: String, _ log: inout IssueLog) -> RasaFlows.Answer? {
        for answers in [flows.ofRules[label], own(label).map { [$0] }, flows.ofStories[label]] {
            guard let answers, let first = answers.first else { continue }
            guard let other = answers.first(where: { !$0.says(sameAs: first) }) else { return first }
            let told = [first, other].map { ($0.form.map { [$0] } ?? $0.responses).joined(separator: " and ") }
            log.warning(
                first.place,
                "the intent '\(label)' is answered by \(told[0]) or \(told[1]), none is taken; write its answers with 'when'"
            )
            return nil
        }
        return nil
    }

    private func own(_ label: String) -> RasaFlows.Answer? {
        guard label.contains("/"), let response = domain.responses["utter_" + label] else { return nil }
        return RasaFlows.Answer(responses: [response.name], place: response.place)
    }

    /// The texts of the first response, each followed by one of each other.
    private func joined(_ responses: [RasaResponse], _ log: inout IssueLog) -> [ProjectVariant] {
        guard let first = responses.first else { return [] }
        return first.variants.map { variant in
            let locale = options.locale(of: variant.template.text)
            return responses.dropFirst().reduce(variant) { said, response in
                let own = response.variants.filter(\.isForAll)
                guard let next = own.first(where: { options.locale(of: $0.template.text) == locale }) ?? own.first,
                    said.template.text.unicodeScalars.count + next.template.text.unicodeScalars.count
                        < options.limits.answer
                else { return said }
                return said.followed(by: next)
            }
        }
    }
}

// MARK: - Slots

extension RasaIntents {
    /// The slots that a form asks for.
    private mutating func formSlots(
        _ form: String?, of intent: IntentName, _ log: inout IssueLog
    ) -> [SlotDefinition] {
        guard let form, let known = domain.forms.first(where: { $0.name == form }) else { return [] }
        usedForms.insert(form)
        var slots: [SlotDefinition] = []
        for name in known.slots where !slots.contains(where: { $0.name.rawValue == name }) {
            if let definition = slotDefinition(name, for: intent) {
                slots.append(definition)
            } else {
                log.warning(
                    known.place,
                    "the slot '\(name.prefix(80))' of the form '\(form)' is left out of '\(intent)': no entity fills it, or 'utter_ask_\(name.prefix(80))' does not ask for it in each language; write it under 'slots' of the intent"
                )
            }
        }
        return slots
    }

    /// A slot that an entity fills, with the questions of Rasa's forms; nil where one of them is missing.
    private func slotDefinition(_ name: String, for intent: IntentName) -> SlotDefinition? {
        guard let filler = domain.filler(of: name), domain.entities.contains(filler.entity),
            let entity = EntityName(roles.entity(filler.entity, role: filler.role)), let slotName = SlotName(name)
        else { return nil }
        var asks: [BotLocale: String] = [:]
        for variant in questions(for: name).flatMap(\.variants)
        where variant.template.slots.isEmpty && variant.isForAll {
            let locale = options.locale(of: variant.template.text)
            if asks[locale] == nil { asks[locale] = variant.template.text }
        }
        let available = asks.keys.sorted()
        let isComplete = (locales[intent] ?? []).allSatisfy { $0.nearest(in: available) != nil }
        return asks.isEmpty || !isComplete ? nil : SlotDefinition(name: slotName, entity: entity, ask: asks)
    }

    private func questions(for slot: String) -> [RasaResponse] {
        let forms = domain.forms.filter { $0.slots.contains(slot) }.map { "utter_ask_\($0.name)_\(slot)" }
        return (forms + ["utter_ask_\(slot)"]).compactMap { domain.responses[$0] }
    }

    private mutating func noteQuestions(for slot: String, _ log: inout IssueLog) {
        for question in questions(for: slot) where used.insert(question.name).inserted {
            let buttons = question.variants.flatMap(\.buttons)
            if let first = buttons.first {
                log.warning(
                    first.place,
                    "buttons of the question '\(question.name)' (\(buttons.count)) are left out; a question for a slot has none"
                )
            }
        }
    }
}
