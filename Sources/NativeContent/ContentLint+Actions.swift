package import ConversationDomain

extension LintRun {
    /// Intents that are not answered by what was asked of a service.
    private static let withoutAction: Set<IntentName> = [.outOfScope, .agentRequest]

    mutating func checkAction(of intent: Intent) {
        guard let action = intent.action else { return }
        let place = places[.action(intent.name)] ?? intent.place
        if Self.withoutAction.contains(intent.name) || intent.act != nil {
            log.error(place, "'\(intent.name)' cannot have an action, expected one of an intent that customers ask for")
        }
        if intent.answers.isEmpty {
            log.error(place, "the action of '\(intent.name)' has no answer to fill, expected 'answers'")
        }
        let slots = Set(intent.slots.map(\.name))
        for name in action.send ?? [] where !slots.contains(name) {
            log.error(place, "'send' names '\(name)', which is no slot of '\(intent.name)'")
        }
        for name in action.fields where slots.contains(name) {
            log.error(
                place,
                "'fields' names '\(name)', which is a slot of '\(intent.name)': a name can stand for one value only"
            )
        }
        if action.fields.count > IntentAction.fieldLimit {
            log.error(
                place, "'fields' has \(action.fields.count) names, expected at most \(IntentAction.fieldLimit)")
        }
        checkFailure(of: action, in: intent, place)
        if !intent.answers.isEmpty, intent.answers.allSatisfy({ $0.needsFields(of: action) }) {
            log.warning(
                place,
                "every answer of '\(intent.name)' needs a field, expected one that can be given without, for a bot whose "
                    + "target is not set and for outcomes that no other answer is for")
        }
    }

    private mutating func checkFailure(of action: IntentAction, in intent: Intent, _ place: SourcePlace?) {
        for locale in missing(in: action.failure, for: intent) {
            log.error(
                place,
                "the action of '\(intent.name)' has no 'failure' for \(locale), but the intent has examples in \(locale)"
            )
        }
        for (_, text) in action.failure.sorted(by: { $0.key < $1.key }) {
            checkLength(of: text, "'failure' of '\(intent.name)'", place)
            if text.contains("{{") {
                log.error(place, "'failure' of '\(intent.name)' is plain text, '{{' cannot be used in it")
            }
        }
    }
}

extension AnswerTemplate {
    /// Whether it cannot be said without the fields of a service's answer.
    package func needsFields(of action: IntentAction) -> Bool {
        let names = Set(action.fields.map(\.rawValue))
        return !condition.fields.isEmpty
            || text.values.allSatisfy { text in
                ((try? TemplateSyntax.variables(in: text)) ?? []).contains { names.contains($0) }
            }
    }
}
