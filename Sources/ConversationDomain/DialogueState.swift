/// What the bot remembers of a conversation between two turns. Stored as JSON beside the conversation.
public struct DialogueState: Hashable, Sendable {
    /// The intent that slots are being collected for.
    public var pendingIntent: IntentName?
    /// The slot that was asked for last.
    public var awaitedSlot: SlotName?
    /// How often in a row `awaitedSlot` was asked for.
    public var askCount: Int
    /// Slot values heard so far, by slot name.
    public var slots: [String: String]
    /// Messages in a row that the bot had no answer to.
    public var misses: Int
    /// A person was offered in the last reply.
    public var handoffOffered: Bool
    /// The template variant that was last used, by intent: `intent → ordinal`.
    public var lastVariants: [String: Int]

    public init(
        pendingIntent: IntentName? = nil, awaitedSlot: SlotName? = nil, askCount: Int = 0,
        slots: [String: String] = [:],
        misses: Int = 0, handoffOffered: Bool = false, lastVariants: [String: Int] = [:]
    ) {
        self.pendingIntent = pendingIntent
        self.awaitedSlot = awaitedSlot
        self.askCount = askCount
        self.slots = slots
        self.misses = misses
        self.handoffOffered = handoffOffered
        self.lastVariants = lastVariants
    }
}

// MARK: As it is stored

extension DialogueState: JSONWritable {
    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("askCount", askCount)
            json.memberIfPresent("awaitedSlot", awaitedSlot?.rawValue)
            json.member("handoffOffered", handoffOffered)
            json.member("lastVariants", lastVariants)
            json.member("misses", misses)
            json.memberIfPresent("pendingIntent", pendingIntent?.rawValue)
            json.member("slots", slots)
        }
    }

    /// Reads back what was stored.
    /// - Throws: `ChatError(.invalidRequest)` for anything else.
    public init(json: JSONValue) throws {
        var fields = try JSONFields(json)
        self.init(
            pendingIntent: try fields.string("pendingIntent").map(IntentName.init(trusted:)),
            awaitedSlot: try fields.string("awaitedSlot").map(SlotName.init(trusted:)),
            askCount: try fields.integer("askCount", in: 0...Int.max) ?? 0,
            slots: try fields.stringMap("slots", limit: .max) ?? [:],
            misses: try fields.integer("misses", in: 0...Int.max) ?? 0,
            handoffOffered: try fields.bool("handoffOffered") ?? false,
            lastVariants: try fields.integerMap("lastVariants") ?? [:])
    }
}
