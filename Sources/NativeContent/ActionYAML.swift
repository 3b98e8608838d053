internal import ConversationDomain

/// Reads and writes what an intent asks of a service of the shop:
///
///     action:
///       target: order_status
///       send: [order_number]
///       fields: [found, status]
///       timeout: 3
///       idempotent: true
///       confirm: false
///       failure: { en: "…", zh: "…" }
enum ActionYAML {
    private static let keys = ["target", "send", "fields", "timeout", "idempotent", "confirm", "failure"]

    /// Nil without a usable target; what is wrong goes into the reader's log.
    static func read(
        _ field: YAMLEntry, of intent: IntentName, _ reader: inout YAMLFieldReader, _ places: inout ContentPlaces
    ) -> IntentAction? {
        places.note(.action(intent), at: reader.place(field.line))
        let fields = reader.fields(field.value, of: "'action'", expected: keys)
        guard let target = fields["target"] else {
            if case .map = field.value.kind { reader.error(field.line, "'action' needs 'target', a service's name") }
            return nil
        }
        let name: ActionName? = reader.name(target.value, "'target' of 'action'")
        let action = IntentAction(
            target: name ?? ActionName(trusted: "?"),
            send: fields["send"].map { names($0, "a slot in 'send'", &reader) },
            fields: fields["fields"].map { names($0, "a field of the answer", &reader) } ?? [],
            timeout: fields["timeout"].flatMap { seconds($0, &reader) } ?? IntentAction.usualTimeout,
            isIdempotent: fields["idempotent"].map { reader.flag($0.value, "'idempotent'") } ?? false,
            confirms: fields["confirm"].map { reader.flag($0.value, "'confirm' of 'action'") } ?? false,
            failure: fields["failure"].map { texts($0, &reader) } ?? [:])
        return name == nil ? nil : action
    }

    private static func names(_ field: YAMLEntry, _ what: String, _ reader: inout YAMLFieldReader) -> [SlotName] {
        var names: [SlotName] = []
        for element in reader.list(field.value, "'\(field.key)'") ?? [] {
            guard let name: SlotName = reader.name(element, what) else { continue }
            if names.contains(name) {
                reader.error(element.line, "'\(field.key)' has '\(name)' twice")
            } else {
                names.append(name)
            }
        }
        return names
    }

    private static func seconds(_ field: YAMLEntry, _ reader: inout YAMLFieldReader) -> Double? {
        guard let text = reader.text(field.value, "'timeout'", limit: reader.limits.text) else { return nil }
        if let seconds = Double(text), IntentAction.timeouts.contains(seconds) { return seconds }
        let (least, most) = (IntentAction.timeouts.lowerBound, Int(IntentAction.timeouts.upperBound))
        reader.error(field.line, "'timeout' is '\(text.prefix(32))', expected seconds from \(least) to \(most)")
        return nil
    }

    private static func texts(_ field: YAMLEntry, _ reader: inout YAMLFieldReader) -> [BotLocale: String] {
        reader.localised(field.value, "'failure'", limit: reader.limits.answer).mapValues(\.text)
    }

    // MARK: Writing

    /// The lines under an intent; what is as the program has it is left out.
    static func lines(of action: IntentAction) -> [String] {
        var lines = ["action:", "  target: " + YAMLText.scalar(action.target.rawValue)]
        if let send = action.send { lines.append("  send: " + flow(send)) }
        if !action.fields.isEmpty { lines.append("  fields: " + flow(action.fields)) }
        if action.timeout != IntentAction.usualTimeout {
            lines.append("  timeout: " + (Int(exactly: action.timeout).map(String.init) ?? String(action.timeout)))
        }
        if action.isIdempotent { lines.append("  idempotent: true") }
        if action.confirms { lines.append("  confirm: true") }
        if !action.failure.isEmpty {
            lines.append("  failure:")
            lines += action.failure.sorted { $0.key < $1.key }.map { locale, text in
                "    \(YAMLText.scalar(locale.rawValue)): \(YAMLText.scalar(text))"
            }
        }
        return lines
    }

    private static func flow(_ names: [SlotName]) -> String {
        "[\(names.map { YAMLText.flowScalar($0.rawValue) }.joined(separator: ", "))]"
    }
}
