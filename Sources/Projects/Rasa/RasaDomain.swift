internal import ConversationDomain
import NativeContent
import Tables

/// What the domain files of a Rasa project declare.
struct RasaDomain {
    /// An entity that fills a slot, perhaps in one role only.
    struct Filler: Hashable {
        let entity: String
        var role: String?
    }

    /// A slot, with what fills it.
    struct Slot {
        let filler: Filler?
        let place: SourcePlace
    }

    private(set) var responses: [String: RasaResponse] = [:]
    private(set) var responseOrder: [String] = []
    private(set) var slots: [String: Slot] = [:]
    private(set) var entities: Set<String> = []
    private(set) var intents: [(name: String, place: SourcePlace)] = []
    private(set) var actions: [(name: String, place: SourcePlace)] = []
    /// Forms with the slots that they ask for.
    private(set) var forms: [(name: String, slots: [String], place: SourcePlace)] = []
    /// The entities that fill slots of forms, as Rasa 2 had them.
    private var formEntities: [String: Filler] = [:]

    private static let slotLimit = 100
    static let keys = ["responses", "intents", "entities", "slots", "forms", "actions"]

    /// What fills a slot.
    func filler(of slot: String) -> Filler? { formEntities[slot] ?? slots[slot]?.filler }

    /// The roles that slots are mapped to, by entity.
    var roles: [String: Set<String>] {
        (slots.values.compactMap(\.filler) + formEntities.values).reduce(into: [:]) { roles, filler in
            if let role = filler.role { roles[filler.entity, default: []].insert(role) }
        }
    }

    /// Reads one section of a domain file; what has another shape than Rasa's is an error.
    mutating func read(_ entry: YAMLEntry, _ reader: inout YAMLFieldReader) {
        if case .null = entry.value.kind { return }
        switch entry.key {
        case "responses": readResponses(entry, &reader)
        case "slots": readSlots(entry, &reader)
        case "forms": readForms(entry, &reader)
        case "entities": entities.formUnion(names(entry, &reader).map(\.name))
        case "intents": intents += names(entry, &reader)
        default: actions += names(entry, &reader)
        }
    }

    /// A list of names, of which some have settings of their own.
    private func names(_ entry: YAMLEntry, _ reader: inout YAMLFieldReader) -> [(name: String, place: SourcePlace)] {
        var names: [(name: String, place: SourcePlace)] = []
        for element in reader.list(entry.value, "Rasa's '\(entry.key)'") ?? [] {
            switch element.kind {
            case .text(let name) where name.utf8.count <= LabelledRow.wordBytes:
                names.append((name, reader.place(element.line)))
            case .map(let fields): names += fields.map { ($0.key, reader.place($0.line)) }
            case .text, .null, .list:
                reader.error(
                    element.line,
                    "an element of Rasa's '\(entry.key)' must be a name of at most \(LabelledRow.wordBytes) bytes")
            }
        }
        return names
    }

    private mutating func readResponses(_ entry: YAMLEntry, _ reader: inout YAMLFieldReader) {
        for field in reader.map(entry.value, "Rasa's 'responses'") ?? [] {
            guard field.key.utf8.count <= LabelledRow.wordBytes else {
                reader.error(field.line, "the name of the response is longer than \(LabelledRow.wordBytes) bytes")
                continue
            }
            let place = reader.place(field.line)
            guard let elements = reader.list(field.value, "the response '\(field.key)'") else { continue }
            if let first = responses[field.key] {
                reader.log.warning(
                    place, "the response '\(field.key)' is given twice, first (\(first.place)); the first is taken")
                continue
            }
            let variants = elements.compactMap { RasaVariant.read($0, of: field.key, &reader) }
            responses[field.key] = RasaResponse(name: field.key, variants: variants, place: place)
            responseOrder.append(field.key)
        }
    }

    private mutating func readSlots(_ entry: YAMLEntry, _ reader: inout YAMLFieldReader) {
        for field in reader.map(entry.value, "Rasa's 'slots'") ?? [] {
            var filler: Filler? = Filler(entity: field.key)
            if case .map(let settings) = field.value.kind,
                let mappings = settings.first(where: { $0.key == "mappings" }),
                let list = reader.list(mappings.value, "'mappings' of the slot '\(field.key)'")
            {
                filler = list.lazy.compactMap(Self.filler(ofMapping:)).first
            }
            slots[field.key] = slots[field.key] ?? Slot(filler: filler, place: reader.place(field.line))
        }
    }

    private static func filler(ofMapping node: YAMLNode) -> Filler? {
        guard case .map(let fields) = node.kind, let type = fields.first(where: { $0.key == "type" }),
            case .text("from_entity") = type.value.kind,
            let entity = fields.first(where: { $0.key == "entity" }), case .text(let name) = entity.value.kind
        else { return nil }
        var filler = Filler(entity: name)
        if let role = fields.first(where: { $0.key == "role" }), case .text(let word) = role.value.kind,
            word.utf8.count <= LabelledRow.wordBytes
        {
            filler.role = word
        }
        return filler
    }

    private mutating func readForms(_ entry: YAMLEntry, _ reader: inout YAMLFieldReader) {
        for field in reader.map(entry.value, "Rasa's 'forms'") ?? [] {
            var slots: [String] = []
            if case .map(let settings) = field.value.kind {
                let required = settings.first { $0.key == "required_slots" }
                switch required?.value.kind {
                case .list(let list):
                    slots = list.compactMap { if case .text(let name) = $0.kind { name } else { nil } }
                // As Rasa 2 had them: the slots with their mappings.
                case .map(let fields):
                    slots = fields.map(\.key)
                    for field in fields {
                        guard case .list(let mappings) = field.value.kind else { continue }
                        formEntities[field.key] = mappings.lazy.compactMap(Self.filler(ofMapping:)).first
                    }
                case .text, .null, nil: break
                }
            }
            guard slots.count <= Self.slotLimit else {
                reader.error(
                    field.line, "the form '\(field.key.prefix(80))' asks for more than \(Self.slotLimit) slots")
                continue
            }
            forms.append((field.key, slots, reader.place(field.line)))
        }
    }
}
