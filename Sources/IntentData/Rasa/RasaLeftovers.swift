internal import ConversationDomain

/// Tells what of a Rasa project has no place in an intent, and what to do about it.
struct RasaLeftovers {
    let domain: RasaDomain
    let flows: RasaFlows
    let words: [RasaWords]
    let folder: SourcePlace

    func tell(
        used: Set<String>, taken: Set<IntentName>, names: [String: IntentName], _ log: inout IssueLog
    ) {
        tellFlows(&log)
        for form in domain.forms {
            let slots = form.slots.isEmpty ? "" : " (\(Self.some(form.slots)))"
            log.warning(
                form.place,
                "the form '\(form.name)' is left out; write the values that it asks for\(slots) under 'slots' of the intent, each with 'entity' and 'ask'"
            )
        }
        tell(
            domain.actions.filter { !$0.name.hasPrefix("utter_") }, "custom action",
            "they are not run; write answers that say where the customer sees it, or hand over with 'agent.request'",
            &log
        )
        // The questions of forms are told with the forms.
        let unused = domain.responseOrder.filter { !used.contains($0) && !isAsked($0) }
        tell(
            unused.map { ($0, domain.responses[$0]?.place ?? folder) }, "response that no intent uses",
            "write them as 'answers' of an intent, or under 'says' in phrases/<locale>.yaml", &log)
        tell(
            domain.intents.filter { intent in
                !(names[intent.name].map(taken.contains) ?? names.contains { $0.key.hasPrefix(intent.name + "/") })
            }, "intent without examples and answers", "give them examples", &log)
        for (kind, name) in [(RasaWords.Kind.synonym, "synonym"), (.lookup, "lookup"), (.regex, "regex")] {
            tell(
                words.filter { $0.kind == kind }.map { ($0.name, $0.place) }, "\(name) of no entity that is known",
                "write them under 'entities' in entities.yaml", &log)
        }
    }

    private func tellFlows(_ log: inout IssueLog) {
        guard let first = flows.longer.first else { return }
        log.warning(
            first,
            "rules and stories that are more than one answer to each intent (\(flows.longer.count), this is the first): what follows is left out; write it as 'slots' and as answers with 'when'"
        )
    }

    private func isAsked(_ response: String) -> Bool {
        domain.forms.contains { form in
            form.slots.contains { response == "utter_ask_\($0)" || response == "utter_ask_\(form.name)_\($0)" }
        }
    }

    private func tell(
        _ names: [(name: String, place: SourcePlace)], _ what: String, _ advice: String, _ log: inout IssueLog
    ) {
        guard let first = names.first else { return }
        log.warning(first.place, "left out, \(what) (\(names.count)): \(Self.some(names.map(\.name))); \(advice)")
    }

    /// The first of many names.
    private static func some(_ names: [String]) -> String {
        let shown = names.prefix(20).map { String($0.prefix(80)) }.joined(separator: ", ")
        return names.count > 20 ? shown + ", …" : shown
    }
}
