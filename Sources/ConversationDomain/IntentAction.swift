/// What the content calls a service of the shop; where it is, and its secret, belong to the installation.
public struct ActionName: ChosenName {
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
}

/// What is asked of a service of the shop before an intent is answered.
public struct IntentAction: Hashable, Sendable, Codable {
    public let target: ActionName
    /// The slots that are sent; nil for all of the intent.
    public let send: [SlotName]?
    /// The fields of the service's answer that the intent's answers can name.
    public let fields: [SlotName]
    /// Seconds for everything, from looking up the service's name to the end of its answer.
    public let timeout: Double
    /// Whether it may be called twice for one message.
    public let isIdempotent: Bool
    /// Whether the visitor is asked before it is called.
    public let confirms: Bool
    /// What is said when the service gives no answer, by locale.
    public let failure: [BotLocale: String]

    public static let usualTimeout = 3.0
    public static let timeouts = 0.1...10.0
    public static let fieldLimit = 32

    public init(
        target: ActionName, send: [SlotName]? = nil, fields: [SlotName] = [], timeout: Double = usualTimeout,
        isIdempotent: Bool = false, confirms: Bool = false, failure: [BotLocale: String] = [:]
    ) {
        self.target = target
        self.send = send
        self.fields = fields
        self.timeout = min(max(timeout, Self.timeouts.lowerBound), Self.timeouts.upperBound)
        self.isIdempotent = isIdempotent
        self.confirms = confirms
        self.failure = failure
    }
}
