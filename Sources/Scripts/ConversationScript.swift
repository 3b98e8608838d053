public import ConversationDomain

/// A conversation that a bot must get right, as somebody wrote it down.
public struct ConversationScript: Hashable, Sendable {
    /// What the visitor does, and what the bot may do then.
    public struct Turn: Hashable, Sendable {
        public let content: InboundContent
        /// At least one must hold; none for a turn that only leads to the next one.
        public let expected: [TurnExpectation]
        public let place: SourcePlace

        public init(content: InboundContent, expected: [TurnExpectation], place: SourcePlace) {
            self.content = content
            self.expected = expected
            self.place = place
        }
    }

    public let name: String
    /// What the conversation is begun in; nil leaves it to the bot.
    public let locale: BotLocale?
    public let channel: ChannelName?
    public let turns: [Turn]
    public let place: SourcePlace

    public init(
        name: String, locale: BotLocale? = nil, channel: ChannelName? = nil, turns: [Turn], place: SourcePlace
    ) {
        self.name = name
        self.locale = locale
        self.channel = channel
        self.turns = turns
        self.place = place
    }
}

/// What a turn must be; everything that is named must hold. An empty list asks for nothing.
public struct TurnExpectation: Hashable, Sendable {
    /// One of these is done.
    public var actions: [Action] = []
    /// One of these is what the bot acts on: answers, asks for its slots, hands over for it, or admits to have no answer to.
    public var intents: [IntentName] = []
    /// One of these entries is shown.
    public var knowledge: [KnowledgeID] = []
    /// The values of slots after the turn, any of those given; none for a slot that must be empty.
    public var slots: [String: [String]] = [:]
    /// All of these stand in the replies, whatever their case.
    public var contains: [String] = []
    /// None of these stands in the replies.
    public var excludes: [String] = []
    /// A button for one of these intents or entries is there.
    public var offers: [String] = []
    public var place: SourcePlace?

    public init() {}
}

extension TurnExpectation: CustomStringConvertible {
    /// `{action: ask, intent: order.status or order.change}`
    public var description: String {
        var parts: [String] = []
        func add(_ key: String, _ values: [String], _ word: String = " or ") {
            if !values.isEmpty { parts.append("\(key): " + values.joined(separator: word)) }
        }
        add("action", actions.map(\.rawValue))
        add("intent", intents.map(\.rawValue))
        add("knowledge", knowledge.map(\.rawValue))
        for (slot, values) in slots.sorted(by: { $0.key < $1.key }) { add(slot, values.isEmpty ? ["empty"] : values) }
        add("contains", contains.map { "'\($0)'" }, " and ")
        add("not_contains", excludes.map { "'\($0)'" }, " and ")
        add("offers", offers)
        return "{\(parts.joined(separator: ", "))}"
    }
}
