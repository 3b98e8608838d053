public import ConversationDomain

/// Reads `order_number` as the first row of at least four digits, and knows no other kind.
public struct DigitReader: SlotReader {
    public init() {}

    public func read(_ entity: EntityName, in text: String, locale: BotLocale?) -> SlotReading {
        guard entity.rawValue == "order_number" else { return .unknownKind }
        let scalars = Array(text.unicodeScalars)
        guard let start = scalars.firstIndex(where: { ("0"..."9").contains($0) }) else { return .absent }
        let digits = scalars[start...].prefix { ("0"..."9").contains($0) }
        guard digits.count >= 4 else { return .absent }
        let value = String(String.UnicodeScalarView(digits))
        return .found(Entity(entity: entity, value: value, text: value, start: start, end: start + digits.count))
    }
}
