internal import ConversationDomain
import NativeContent
import Tables

/// What a Rasa bot says under one name, such as `utter_greet`.
struct RasaResponse {
    let name: String
    /// Those that can be taken.
    let variants: [ProjectVariant]
    let place: SourcePlace
}

/// Reads one text of a response.
struct RasaVariant {
    private let what: String
    private let place: SourcePlace

    /// What belongs to a text and needs no word.
    private static let silent = ["text", "buttons", "id", "channel", "condition"]

    /// Nil when it cannot be taken, which is told.
    static func read(_ node: YAMLNode, of response: String, _ reader: inout YAMLFieldReader) -> ProjectVariant? {
        let variant = RasaVariant(what: "the response '\(response)'", place: reader.place(node.line))
        if case .text = node.kind { return variant.variant(node, &reader) }
        guard let fields = reader.map(node, "a variant of \(variant.what)") else { return nil }
        return variant.read(fields, &reader)
    }

    private func read(_ fields: [YAMLEntry], _ reader: inout YAMLFieldReader) -> ProjectVariant? {
        let others = fields.map(\.key).filter { !Self.silent.contains($0) }
        guard let text = fields.first(where: { $0.key == "text" }) else {
            let found = others.isEmpty ? "no text" : "no text but '\(others.joined(separator: "', '"))'"
            leftOut("has \(found)", "answers are plain text", &reader)
            return nil
        }
        guard var variant = variant(text.value, &reader) else { return nil }
        if let channel = fields.first(where: { $0.key == "channel" }) {
            guard case .text(let written) = channel.value.kind, let name = ChannelName(written) else {
                leftOut("has a channel of another kind", "write it as an answer with 'when: { channel: … }'", &reader)
                return nil
            }
            variant.channel = name
        }
        if let condition = fields.first(where: { $0.key == "condition" }) {
            guard let values = values(condition.value) else {
                leftOut(
                    "has a condition that is not on the values of slots", "write it as an answer with 'when'", &reader)
                return nil
            }
            variant.values = values
        }
        if !others.isEmpty {
            reader.log.warning(
                place,
                "'\(others.joined(separator: "', '"))' of \(what) is left out; answers are plain text, write an address into it"
            )
        }
        if let field = fields.first(where: { $0.key == "buttons" }) {
            for element in reader.list(field.value, "'buttons' of \(what)") ?? [] {
                if let button = RasaButton.read(element, of: what, &reader) { variant.buttons.append(button) }
            }
        }
        return variant
    }

    private func leftOut(_ why: String, _ advice: String, _ reader: inout YAMLFieldReader) {
        reader.log.warning(place, "a variant of \(what) \(why) and is left out; \(advice)")
    }

    private func variant(_ node: YAMLNode, _ reader: inout YAMLFieldReader) -> ProjectVariant? {
        guard let text = reader.text(node, "the text of \(what)", limit: reader.limits.answer) else { return nil }
        do {
            return ProjectVariant(
                template: try AnswerText(RasaTemplate.ours(text)), place: reader.place(node.line))
        } catch {
            reader.log.warning(place, "a variant of \(what) is left out: \(error.message)")
            return nil
        }
    }

    /// The values of slots that a condition asks for, all of which must hold; nil when it asks for something else.
    private func values(_ node: YAMLNode) -> [String: String]? {
        guard case .list(let elements) = node.kind, !elements.isEmpty else { return nil }
        var values: [String: String] = [:]
        for element in elements {
            guard case .map(let fields) = element.kind,
                fields.contains(where: { $0.key == "type" && $0.isText("slot") }),
                let name = fields.first(where: { $0.key == "name" }), case .text(let slot) = name.value.kind,
                let field = fields.first(where: { $0.key == "value" }), case .text(let written) = field.value.kind,
                SlotName(slot) != nil, values[slot] == nil,
                let value = try? TextRule.checked(written, limit: ContentLimits().text)
            else { return nil }
            values[slot] = value
        }
        return values
    }
}

extension YAMLEntry {
    func isText(_ text: String) -> Bool {
        if case .text(text) = value.kind { true } else { false }
    }
}

/// Reads a button of a response.
enum RasaButton {
    /// Nil when it stands for no intent, which is told.
    static func read(_ node: YAMLNode, of what: String, _ reader: inout YAMLFieldReader) -> ProjectButton? {
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
        return ProjectButton(title: name, intent: intent, slots: slots, place: place)
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
        case .string(let text): try? TextRule.checked(text, limit: ContentLimits().text)
        case .number(let text): text
        case .bool(let flag): flag ? "true" : "false"
        case .null, .list, .map: nil
        }
    }
}

/// Rasa's templates, whose variables have single braces.
enum RasaTemplate {
    /// The text with `{slot}` written as `{{slot}}`.
    static func ours(_ written: String) -> String {
        var text = ""
        var rest = written[...]
        while let open = rest.firstIndex(of: "{") {
            text += rest[..<open]
            let inner = rest[rest.index(after: open)...]
            if let close = inner.prefix(65).firstIndex(of: "}"), SlotName.isValid(String(inner[..<close])),
                text.last != "{"
            {
                text += "{{\(inner[..<close])}}"
                rest = inner[inner.index(after: close)...]
            } else {
                text.append("{")
                rest = inner
            }
        }
        return text + rest
    }
}
