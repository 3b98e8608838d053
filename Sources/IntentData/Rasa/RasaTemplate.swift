internal import ConversationDomain

/// A response's text with `{slot}` written as `{{slot}}`.
struct RasaTemplate {
    let text: String
    /// The slots that it names, each once.
    let slots: [String]

    /// - Throws: when its braces would mean something else in an answer.
    init(_ written: String) throws(TemplateSyntaxError) {
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
        text += rest
        self.text = text
        var slots: [String] = []
        for name in try TemplateSyntax.variables(in: text) where !slots.contains(name) { slots.append(name) }
        self.slots = slots
    }
}
