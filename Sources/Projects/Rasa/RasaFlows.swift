internal import ConversationDomain
import NativeContent
import Tables

/// What follows which intent, from the rules and stories of a Rasa project.
struct RasaFlows {
    /// What directly follows an intent.
    struct Answer {
        /// What is said, in this order.
        let responses: [String]
        /// The form that asks for slots then.
        var form: String?
        let place: SourcePlace

        func says(sameAs other: Answer) -> Bool { responses == other.responses && form == other.form }
    }

    private(set) var ofRules: [String: [Answer]] = [:]
    private(set) var ofStories: [String: [Answer]] = [:]
    /// What is said when a form has all its slots, by its name; the first counts.
    private(set) var submitted: [String: Answer] = [:]
    /// In the order in which they occur.
    private(set) var intents: [String] = []
    /// Rules and stories that say more than what follows each intent.
    private(set) var longer: [SourcePlace] = []

    /// Where an intent is answered first.
    func place(of intent: String) -> SourcePlace? { (ofRules[intent] ?? ofStories[intent])?.first?.place }

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
            let place = reader.place(flow.line)
            if let condition = fields.first(where: { $0.key == "condition" || $0.key == "conversation_start" }) {
                addLimited(condition, list, reader, place)
            } else {
                add(turns(of: list, reader) ?? [], isRule: isRule, place: place)
            }
        }
    }

    /// Takes what follows the intents, up to the first turn that depends on more.
    private mutating func add(_ turns: [Turn], isRule: Bool, place: SourcePlace) {
        let simple = turns.prefix(while: \.isWhole)
        for turn in simple {
            let place = turn.place ?? place
            if let form = turn.form, !turn.submitted.isEmpty, submitted[form] == nil {
                submitted[form] = Answer(responses: turn.submitted, place: place)
            }
            let answer = Answer(responses: turn.responses, form: turn.form, place: place)
            for intent in turn.intents {
                if ofRules[intent] == nil, ofStories[intent] == nil { intents.append(intent) }
                if isRule {
                    ofRules[intent, default: []].append(answer)
                } else {
                    ofStories[intent, default: []].append(answer)
                }
            }
        }
        if simple.count < turns.count || turns.isEmpty { longer.append(place) }
    }

    /// Takes the rule that tells what is said when a form has all its slots.
    private mutating func addLimited(
        _ condition: YAMLEntry, _ steps: [YAMLNode], _ reader: YAMLFieldReader, _ place: SourcePlace
    ) {
        guard case .list(let conditions) = condition.value.kind, conditions.count == 1,
            case .map(let fields) = conditions[0].kind, let loop = fields.first(where: { $0.key == "active_loop" }),
            case .text(let form) = loop.value.kind, form.utf8.count <= LabelledRow.wordBytes
        else { return longer.append(place) }
        var turn = Turn(intents: [], form: form)
        for step in steps {
            guard case .map(let fields) = step.kind else { return longer.append(place) }
            turn.follow(fields, reader)
        }
        guard turn.isWhole, !turn.submitted.isEmpty, submitted[form] == nil else { return longer.append(place) }
        submitted[form] = Answer(responses: turn.submitted, place: turn.place ?? place)
    }

    /// The steps by the intents that they follow; nil when something else comes first.
    private func turns(of steps: [YAMLNode], _ reader: YAMLFieldReader) -> [Turn]? {
        var turns: [Turn] = []
        for step in steps {
            guard case .map(let fields) = step.kind else { return nil }
            if let intents = intents(of: fields) {
                turns.append(Turn(intents: intents))
            } else if let last = turns.indices.last {
                turns[last].follow(fields, reader)
            } else {
                return nil
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

/// The steps from one intent to the next.
private struct Turn {
    let intents: [String]
    private(set) var responses: [String] = []
    private(set) var form: String?
    /// What is said after the form.
    private(set) var submitted: [String] = []
    /// Of the first action.
    private(set) var place: SourcePlace?
    /// An action that is a form if the next step says so.
    private var pending: String?
    private var isFilled = false
    private var isSimple = true

    init(intents: [String], form: String? = nil) { (self.intents, self.form) = (intents, form) }

    /// Whether nothing of it is lost.
    var isWhole: Bool { isSimple && pending == nil && (form != nil || !responses.isEmpty) }

    mutating func follow(_ fields: [YAMLEntry], _ reader: YAMLFieldReader) {
        if let action = fields.first(where: { $0.key == "action" }) {
            guard case .text(let name) = action.value.kind, name.utf8.count <= LabelledRow.wordBytes else {
                return isSimple = false
            }
            act(name, reader.place(action.line))
        } else if let loop = fields.first(where: { $0.key == "active_loop" || $0.key == "form" }) {
            if case .text(let name) = loop.value.kind, name != "null" { start(name) } else { isFilled = true }
            if form == nil { isSimple = false }
        } else if !fields.contains(where: { $0.key == "slot_was_set" }) || form == nil {
            isSimple = false
        }
    }

    private mutating func act(_ name: String, _ place: SourcePlace) {
        if name == "action_listen" || name == form { return }
        if pending != nil || (form != nil && !isFilled) { isSimple = false }
        if self.place == nil { self.place = place }
        if !name.hasPrefix("utter_") {
            if form == nil { pending = name } else { isSimple = false }
        } else if form == nil {
            responses.append(name)
        } else {
            submitted.append(name)
        }
    }

    private mutating func start(_ name: String) {
        if name == pending, form == nil {
            (form, pending) = (name, nil)
        } else if name != form {
            isSimple = false
        }
    }
}
