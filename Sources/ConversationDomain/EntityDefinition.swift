/// What a bot owner says of a kind of entity: the values that it can have, with their synonyms, and patterns.
public struct EntityDefinition: Hashable, Sendable {
    /// A value with the words that customers use for it; the value itself is one of them.
    public struct Value: Hashable, Sendable, Codable {
        /// What a slot gets.
        public let value: String
        public let synonyms: [BotLocale: [String]]

        public init(value: String, synonyms: [BotLocale: [String]] = [:]) {
            self.value = value
            self.synonyms = synonyms
        }
    }

    /// May be a built-in kind, which then has these forms too.
    public let name: EntityName
    public let values: [Value]
    /// Regular expressions, see `TextPattern`.
    public let patterns: [String]
    /// What its identifiers look like, see `IdentifierFormat`; a built-in kind then has these forms only.
    public let formats: [String]
    /// What is said, in each locale, when an answer has no such value.
    public let hint: [BotLocale: String]
    public let place: SourcePlace?

    public init(
        name: EntityName, values: [Value] = [], patterns: [String] = [], formats: [String] = [],
        hint: [BotLocale: String] = [:], place: SourcePlace? = nil
    ) {
        self.name = name
        self.values = values
        self.patterns = patterns
        self.formats = formats
        self.hint = hint
        self.place = place
    }

    /// Whether nothing is said of it.
    public var isEmpty: Bool { values.isEmpty && patterns.isEmpty && formats.isEmpty && hint.isEmpty }
}

extension EntityName {
    public static let email = EntityName(trusted: "email")
    public static let phone = EntityName(trusted: "phone")
    public static let orderNumber = EntityName(trusted: "order_number")
    public static let date = EntityName(trusted: "date")
    public static let amount = EntityName(trusted: "amount")
    public static let number = EntityName(trusted: "number")

    /// The kinds that are recognised without anything being written about them.
    public static let builtIn: [EntityName] = [.email, .phone, .orderNumber, .date, .amount, .number]
}
