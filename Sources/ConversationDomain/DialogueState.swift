/// What the bot remembers of a conversation between two turns. Stored as JSON beside the conversation.
public struct DialogueState: Hashable, Sendable {
    /// What was talked about last.
    public struct Topic: Hashable, Sendable {
        public let subject: Candidate.Subject
        /// How the visitor said it, at most ``textLimit`` Unicode scalars.
        public let text: String
        /// The turn in which it was talked about.
        public let turn: Int

        public static let textLimit = 200

        public init(subject: Candidate.Subject, text: String, turn: Int) {
            self.subject = subject
            self.text = String(String.UnicodeScalarView(text.unicodeScalars.prefix(Self.textLimit)))
            self.turn = turn
        }
    }

    /// A value that the visitor gave, by its entity, whether or not it was asked for.
    public struct HeardValue: Hashable, Sendable {
        public let value: String
        public let turn: Int

        public init(value: String, turn: Int) {
            self.value = value
            self.turn = turn
        }
    }

    /// An e-mail address was asked for, since nobody took the conversation.
    public struct TicketOffer: Hashable, Sendable {
        /// When the visitor was told that nobody came, in milliseconds since 1970: which offer it is.
        public var miss: Int
        /// The turn after which, or in which, the address was asked for last.
        public var askedTurn: Int
        /// How often it was asked for again.
        public var repeats: Int
        /// The address was given, or the offer turned down.
        public var isSettled: Bool

        public init(miss: Int, askedTurn: Int, repeats: Int = 0, isSettled: Bool = false) {
            self.miss = miss
            self.askedTurn = askedTurn
            self.repeats = repeats
            self.isSettled = isSettled
        }
    }

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
    /// What the last reply offered to choose from.
    public var options: [Candidate.Subject]
    /// Whether the visitor was asked to choose among `options`; else they stood beside an answer.
    public var asksToChoose: Bool
    /// The intent that the visitor was asked to confirm.
    public var confirming: IntentName?
    /// An intent that is to be answered after the pending one: two things were asked at once.
    public var queued: IntentName?
    public var topic: Topic?
    /// The values that were given, by entity.
    public var heard: [String: HeardValue]
    /// Turns so far.
    public var turn: Int
    /// When the last turn was, in seconds since 1970.
    public var spokenAt: Int
    public var ticket: TicketOffer?
    /// The turn in which the offer of a person was turned down.
    public var personDeclinedTurn: Int?
    /// Intents that the last message may have asked for where it was not clear, in percent: a value that follows may settle it.
    public var unsettled: [String: Int]

    public init(
        pendingIntent: IntentName? = nil, awaitedSlot: SlotName? = nil, askCount: Int = 0,
        slots: [String: String] = [:], misses: Int = 0, handoffOffered: Bool = false, lastVariants: [String: Int] = [:],
        options: [Candidate.Subject] = [], asksToChoose: Bool = false, confirming: IntentName? = nil,
        queued: IntentName? = nil,
        topic: Topic? = nil, heard: [String: HeardValue] = [:], turn: Int = 0, spokenAt: Int = 0,
        ticket: TicketOffer? = nil, personDeclinedTurn: Int? = nil, unsettled: [String: Int] = [:]
    ) {
        self.ticket = ticket
        self.personDeclinedTurn = personDeclinedTurn
        self.unsettled = unsettled
        self.pendingIntent = pendingIntent
        self.awaitedSlot = awaitedSlot
        self.askCount = askCount
        self.slots = slots
        self.misses = misses
        self.handoffOffered = handoffOffered
        self.lastVariants = lastVariants
        self.options = options
        self.asksToChoose = asksToChoose
        self.confirming = confirming
        self.queued = queued
        self.topic = topic
        self.heard = heard
        self.turn = turn
        self.spokenAt = spokenAt
    }
}
