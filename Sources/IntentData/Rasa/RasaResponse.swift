internal import ConversationDomain

/// What a Rasa bot says under one name, such as `utter_greet`.
struct RasaResponse {
    let name: String
    /// Those that can be taken.
    let variants: [RasaVariant]
    let place: SourcePlace
}

/// One text of a response.
struct RasaVariant {
    let template: RasaTemplate
    let buttons: [RasaButton]
    let place: SourcePlace

    /// What belongs to a text and needs no word.
    private static let silent = ["text", "buttons", "id"]

    /// Nil when it cannot be taken, which is told.
    static func read(_ node: YAMLNode, of response: String, _ reader: inout YAMLFieldReader) -> RasaVariant? {
        let place = reader.place(node.line)
        let what = "the response '\(response)'"
        if case .text = node.kind { return variant(node, [], what, place, &reader) }
        guard let fields = reader.map(node, "a variant of \(what)") else { return nil }
        for limit in ["channel", "condition"] where fields.contains(where: { $0.key == limit }) {
            reader.log.warning(
                place, "a variant of \(what) with '\(limit)' is left out; write it as an answer with 'when'")
            return nil
        }
        let others = fields.map(\.key).filter { !silent.contains($0) }
        guard let text = fields.first(where: { $0.key == "text" }) else {
            let found = others.isEmpty ? "no text" : "no text but '\(others.joined(separator: "', '"))'"
            reader.log.warning(place, "a variant of \(what) has \(found) and is left out; answers are plain text")
            return nil
        }
        if !others.isEmpty {
            reader.log.warning(
                place,
                "'\(others.joined(separator: "', '"))' of \(what) is left out; answers are plain text, write an address into it"
            )
        }
        var buttons: [RasaButton] = []
        if let field = fields.first(where: { $0.key == "buttons" }) {
            for element in reader.list(field.value, "'buttons' of \(what)") ?? [] {
                if let button = RasaButton.read(element, of: what, &reader) { buttons.append(button) }
            }
        }
        return variant(text.value, buttons, what, reader.place(text.line), &reader)
    }

    private static func variant(
        _ node: YAMLNode, _ buttons: [RasaButton], _ what: String, _ place: SourcePlace,
        _ reader: inout YAMLFieldReader
    ) -> RasaVariant? {
        guard let text = reader.text(node, "the text of \(what)", limit: reader.limits.answer) else { return nil }
        do {
            return RasaVariant(template: try RasaTemplate(text), buttons: buttons, place: place)
        } catch {
            reader.log.warning(place, "a variant of \(what) is left out: \(error.message)")
            return nil
        }
    }
}

/// A button of a response that stands for an intent.
struct RasaButton {
    let title: String
    /// As Rasa names it.
    let intent: String
    let slots: [String: String]
    let place: SourcePlace

    /// Nil when it stands for no intent, which is told.
    static func read(_ node: YAMLNode, of what: String, _ reader: inout YAMLFieldReader) -> RasaButton? {
        guard let fields = reader.map(node, "a button of \(what)") else { return nil }
        guard let title = fields.first(where: { $0.key == "title" }) else {
            reader.error(node.line, "a button of \(what) needs 'title' and 'payload'")
            return nil
        }
        guard let name = reader.text(title.value, "'title' of a button of \(what)", limit: reader.limits.text) else {
            return nil
        }
        let place = reader.place(node.line)
        guard let payload = fields.first(where: { $0.key == "payload" }), case .text(let written) = payload.value.kind,
            let (intent, slots) = target(of: written)
        else {
            reader.log.warning(
                place,
                "the button '\(name.prefix(80))' of \(what) is left out, expected a payload such as /intent{\"slot\": \"value\"}"
            )
            return nil
        }
        return RasaButton(title: name, intent: intent, slots: slots, place: place)
    }

    /// The parts of `/intent{"slot": "value"}`.
    private static func target(of payload: String) -> (intent: String, slots: [String: String])? {
        guard payload.hasPrefix("/"), payload.utf8.count <= TextRule.byteLimit else { return nil }
        let rest = payload.dropFirst()
        let name = LabelledRows.trimmed(String(rest.prefix { $0 != "{" }))
        // `/SetSlots(a=b)` gives values without an intent.
        guard !name.isEmpty, name.utf8.count <= LabelledRow.wordBytes, !name.contains("(") else { return nil }
        let values = rest.drop { $0 != "{" }
        if values.isEmpty { return (name, [:]) }
        guard let members = (try? JSONNode.parse(values.utf8))?.map else { return nil }
        var slots: [String: String] = [:]
        for (key, value) in members {
            guard SlotName(key) != nil, slots[key] == nil, let text = text(of: value) else { return nil }
            slots[key] = text
        }
        return (name, slots)
    }

    private static func text(of value: JSONNode) -> String? {
        switch value.kind {
        case .string(let text): return try? TextRule.checked(text, limit: ContentLimits().text)
        case .number(let text): return text
        case .bool(let flag): return flag ? "true" : "false"
        case .null, .list, .map: return nil
        }
    }
}
