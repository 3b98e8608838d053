internal import ConversationDomain

/// Which response follows which intent, from the rules and stories of a Rasa project.
struct RasaFlows {
    /// A response that directly follows an intent.
    struct Answer {
        let response: String
        let place: SourcePlace
    }

    private(set) var ofRules: [String: [Answer]] = [:]
    private(set) var ofStories: [String: [Answer]] = [:]
    /// In the order in which they occur.
    private(set) var intents: [String] = []
    /// Rules and stories that say more than one answer to each intent.
    private(set) var longer: [SourcePlace] = []

    /// Where an intent is answered first.
    func place(of intent: String) -> SourcePlace? { (ofRules[intent] ?? ofStories[intent])?.first?.place }

    private struct Turn {
        var intents: [String]
        var responses: [Answer] = []
        var isSimple = true
    }

    /// Reads `rules` or `stories`.
    mutating func read(_ entry: YAMLEntry, _ reader: inout YAMLFieldReader) {
        if case .null = entry.value.kind { return }
        let isRule = entry.key == "rules"
        for flow in reader.list(entry.value, "Rasa's '\(entry.key)'") ?? [] {
            let what = isRule ? "a rule" : "a story"
            guard let fields = reader.map(flow, what) else { continue }
            guard let steps = fields.first(where: { $0.key == "steps" }) else {
                reader.error(flow.line, "\(what) has no 'steps'")
                continue
            }
            guard let list = reader.list(steps.value, "'steps' of \(what)") else { continue }
            let isLimited = fields.contains { $0.key == "condition" || $0.key == "conversation_start" }
            let turns = isLimited ? nil : turns(of: list, reader)
            add(turns ?? [], isRule: isRule, place: reader.place(flow.line))
        }
    }

    /// Takes the answers up to the first turn that depends on more than its intent.
    private mutating func add(_ turns: [Turn], isRule: Bool, place: SourcePlace) {
        let simple = turns.prefix { $0.isSimple && $0.responses.count == 1 }
        for turn in simple {
            for intent in turn.intents {
                if ofRules[intent] == nil, ofStories[intent] == nil { intents.append(intent) }
                if isRule {
                    ofRules[intent, default: []] += turn.responses
                } else {
                    ofStories[intent, default: []] += turn.responses
                }
            }
        }
        if simple.count < turns.count || turns.isEmpty { longer.append(place) }
    }

    /// The steps by the intents that they follow; nil when something else comes first.
    private func turns(of steps: [YAMLNode], _ reader: YAMLFieldReader) -> [Turn]? {
        var turns: [Turn] = []
        for step in steps {
            guard case .map(let fields) = step.kind else { return nil }
            if let intents = intents(of: fields) {
                turns.append(Turn(intents: intents))
                continue
            }
            guard let last = turns.indices.last else { return nil }
            guard let action = fields.first(where: { $0.key == "action" }), case .text(let name) = action.value.kind,
                name.utf8.count <= LabelledRow.wordBytes
            else {
                turns[last].isSimple = false
                continue
            }
            if name == "action_listen" { continue }
            if name.hasPrefix("utter_") {
                turns[last].responses.append(Answer(response: name, place: reader.place(action.line)))
            } else {
                turns[last].isSimple = false
            }
        }
        return turns
    }

    /// The intent of a step, or those between which it leaves the choice.
    private func intents(of fields: [YAMLEntry]) -> [String]? {
        if let choice = fields.first(where: { $0.key == "or" }), case .list(let list) = choice.value.kind {
            let names = list.compactMap { element -> String? in
                guard case .map(let fields) = element.kind else { return nil }
                return intent(of: fields)
            }
            return names.count == list.count && !names.isEmpty ? names : nil
        }
        return intent(of: fields).map { [$0] }
    }

    private func intent(of fields: [YAMLEntry]) -> String? {
        guard let intent = fields.first(where: { $0.key == "intent" }), case .text(let name) = intent.value.kind,
            name.utf8.count <= LabelledRow.wordBytes
        else { return nil }
        return name
    }
}
