internal import ConversationDomain
import NativeContent
import Tables

/// Tells what of a Rasa project has no place in an intent, and what to do about it.
struct RasaLeftovers {
    let domain: RasaDomain
    let flows: RasaFlows
    let words: [RasaWords]
    let folder: SourcePlace

    func tell(
        used: Set<String>, usedForms: Set<String>, taken: Set<IntentName>, names: [String: IntentName],
        _ log: inout IssueLog
    ) {
        tellFlows(&log)
        for form in domain.forms where !usedForms.contains(form.name) {
            let names = form.slots.prefix(20).map { String($0.prefix(80)) }.joined(separator: ", ")
            let slots = names.isEmpty ? "" : " (\(names))"
            log.warning(
                form.place,
                "the form '\(form.name)' is left out; write the values that it asks for\(slots) under 'slots' of the intent, each with 'entity' and 'ask'"
            )
        }
        tell(
            domain.actions.filter { !$0.name.hasPrefix("utter_") }, "custom actions",
            "they are not run; write answers that say where the customer sees it, or hand over with 'agent.request'",
            &log
        )
        // The questions of forms are told with the forms.
        let asked = Set(
            domain.forms.flatMap { form in
                form.slots.flatMap { ["utter_ask_\($0)", "utter_ask_\(form.name)_\($0)"] }
            })
        let unused = domain.responseOrder.filter { !used.contains($0) && !asked.contains($0) }
        tell(
            unused.map { ($0, domain.responses[$0]?.place ?? folder) }, "responses that no intent uses",
            "write them as 'answers' of an intent, or under 'says' in phrases/<locale>.yaml", &log)
        let parents = RasaIntents.parents(of: names)
        tell(
            domain.intents.filter { intent in
                names[intent.name].map(taken.contains) != true && !parents.contains(intent.name)
                    && intent.name != "nlu_fallback"
            },
            "intents without examples and answers", "give them examples", &log)
        for (kind, name) in [(RasaWords.Kind.synonym, "synonyms"), (.lookup, "lookups"), (.regex, "patterns")] {
            tell(
                words.filter { $0.kind == kind }.map { ($0.name, $0.place) }, "\(name) of no entity that is known",
                "write them under 'entities' in entities.yaml", &log)
        }
    }

    private func tellFlows(_ log: inout IssueLog) {
        guard let first = flows.longer.first else { return }
        log.warning(
            first,
            "rules and stories that depend on more than the last intent (\(flows.longer.count), this is the first): what follows is left out; write it as 'slots' and as answers with 'when'"
        )
    }

    private func tell(
        _ names: [(name: String, place: SourcePlace)], _ what: String, _ advice: String, _ log: inout IssueLog
    ) {
        var left = ProjectLeftovers()
        for (name, place) in names { left.add(name, place, what, advice) }
        left.tell(&log)
    }
}
