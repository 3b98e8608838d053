/// What the bot remembers of a conversation between two turns. Stored as JSON beside the conversation.
public struct DialogueState: Hashable, Sendable, Codable {
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
