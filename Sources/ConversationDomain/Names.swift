/// A name that a bot owner chose, bounded in length and alphabet.
public protocol ChosenName: ComparedByBytes, Sendable, Codable, CustomStringConvertible {
    /// Takes a value that is known to be well formed (a literal, or from the store).
    init(trusted rawValue: String)
    /// Whether a value from outside may be such a name.
    static func isValid(_ text: String) -> Bool
}

extension ChosenName {
    /// Takes a value from outside; nil when it is empty, too long or has characters that a name cannot have.
    public init?(_ text: String) {
        guard Self.isValid(text) else { return nil }
        self.init(trusted: text)
    }

    /// 1 to 128 characters of letters (any script), digits and `. _ - / :`.
    public static func isValid(_ text: String) -> Bool {
        (1...128).contains(text.unicodeScalars.count)
            && text.unicodeScalars.allSatisfy { scalar in
                scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                    || "._-/:".unicodeScalars.contains(scalar)
            }
    }

    public var description: String { rawValue }

    public init(from decoder: any Decoder) throws {
        self.init(trusted: try decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

/// The name of an intent, such as `order.status`.
public struct IntentName: ChosenName {
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
    /// Reserved: the examples of what the bot must reject.
    public static let outOfScope = IntentName(trusted: "out_of_scope")
    /// Reserved: a visitor who asks for a person.
    public static let agentRequest = IntentName(trusted: "agent.request")
}

/// The name of a slot of an intent, such as `order_number`; also the variable in its templates.
public struct SlotName: ChosenName {
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
    /// A letter or underscore, then letters, digits and underscores: what a template variable can be.
    public static func isValid(_ text: String) -> Bool {
        guard (1...64).contains(text.utf8.count), let first = text.utf8.first else { return false }
        let isLetter = { (byte: UInt8) in (65...90).contains(byte) || (97...122).contains(byte) || byte == 95 }
        return isLetter(first) && text.utf8.allSatisfy { isLetter($0) || (48...57).contains($0) }
    }
}

/// The name of a kind of entity, such as `order_number`, `email` or `date`.
public struct EntityName: ChosenName {
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
}

/// The app that a key, and so a conversation, belongs to.
public struct AppName: ChosenName {
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
}

/// Where a conversation takes place: `web`, `api`, `email`, ….
public struct ChannelName: ChosenName {
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
    public static let web = ChannelName(trusted: "web")
    public static let api = ChannelName(trusted: "api")
}

/// The identifier of a knowledge entry, chosen by the bot owner.
public struct KnowledgeID: ChosenName {
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
}
