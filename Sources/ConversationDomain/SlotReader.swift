/// Reads the value of a slot out of what a visitor gave for it: a pressed button's text, or the answer to the bot's question.
///
/// More forms may count here than in a message at large, because it is known which kind of value is meant.
public protocol SlotReader: Sendable {
    /// - Parameter locale: how an ambiguous date is read.
    func read(_ entity: EntityName, in text: String, locale: BotLocale?) -> SlotReading
}

/// What was found for a slot.
public enum SlotReading: Hashable, Sendable {
    /// The value, normalised, with its place in the text.
    case found(Entity)
    /// The text has no value of this kind.
    case absent
    /// The reader does not know this kind; any text may be a value.
    case unknownKind
}
