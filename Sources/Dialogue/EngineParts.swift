public import Actions
public import ConversationDomain
public import Foundation
public import People
public import Wording

/// What watches turns, for metrics.
public protocol TurnObserver: Sendable {
    /// - Parameter action: nil when the bot was silent.
    func turnFinished(action: Action?, seconds: Double)
}

/// What an engine works with; everything that varies is injected.
public struct EngineParts: Sendable {
    public var store: any ConversationStore
    /// Keeps what happens between people; nil where nobody but the bot answers.
    public var people: (any PeopleStore)?
    /// Keeps visitors and agents; nil where nobody asks about them.
    public var visitors: (any VisitorStore)?
    /// Finds what belongs to visitors; nil where no page goes on with what it did not begin.
    public var customers: (any CustomerStore)?
    /// Keeps what agents and visitors mark; nil where nobody does.
    public var marks: (any MarkStore)?
    /// Finds what helped before; nil where nothing does.
    public var nearness: (any SentenceNearness)?
    /// Calls services of the shop; nil where none is called.
    public var actions: (any ActionCaller)?
    public var classifier: any IntentClassifier
    public var knowledge: any KnowledgeBase
    public var content: any LiveContent
    /// Reads the answers to the bot's own questions and the slots of buttons. Nil takes buttons as they are, and from answers
    /// only what the classifier found in them.
    public var slotReader: (any SlotReader)?
    public var observer: (any TurnObserver)?
    /// Hears of what was understood, after each turn.
    public var follower: (any TurnFollower)?
    /// The locale of conversations that name none, and of answers that lack the wanted one; nil, or one that the bot does not
    /// have, for the content's commonest.
    public var defaultLocale: BotLocale?
    /// Bounds what publishable keys store; nil for no bound.
    public var meter: (any StorageMeter)?
    /// The bounds on conversations of publishable keys that wait for their first turn.
    public var pendingLimits = PendingConversationLimits()
    /// Until when pages may go on with conversations from before there were tokens.
    public var graceEnd = Date.distantPast
    /// Messages that may wait in one conversation while another is answered; more are refused as `overloaded`.
    public var waitingMessages = 32
    public var ids = IdentifierGenerator()
    public var now: @Sendable () -> Date = { Date() }
    /// Seconds after its end in which a visitor's message opens a closed conversation again; 0 for never.
    public var reopenSeconds = 0.0
    /// Whose clock the hours of teams are of that name no other.
    public var timeZone = TimeZone.gmt
    /// Picks among answer variants.
    public var random: @Sendable () -> Int = { Int.random(in: 0..<1_000_000) }

    public init(
        store: any ConversationStore, classifier: any IntentClassifier, knowledge: any KnowledgeBase,
        content: any LiveContent
    ) {
        self.store = store
        self.classifier = classifier
        self.knowledge = knowledge
        self.content = content
    }
}
