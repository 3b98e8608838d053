public import Foundation

/// What a visitor sent: words, or a pressed button.
public enum InboundContent: Hashable, Sendable, Codable {
    case text(String)
    case button(intent: IntentName, slots: [String: String])
    /// A pressed button that stands for a knowledge entry.
    case knowledge(KnowledgeID)

    /// A message that is sent twice is compared with what was stored.
    public static func == (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.text(let first), .text(let second)): UTF8Text(first) == UTF8Text(second)
        case (.button(let first, let some), .button(let second, let others)): first == second && some == others
        case (.knowledge(let first), .knowledge(let second)): first == second
        case (.text, _), (.button, _), (.knowledge, _): false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .text(let text): hasher.combine(UTF8Text(text))
        case .button(let intent, let slots):
            hasher.combine(intent)
            hasher.combine(slots)
        case .knowledge(let id): hasher.combine(id)
        }
    }
}

/// A visitor's message as a transport hands it over.
public struct InboundMessage: Hashable, Sendable {
    public let conversation: ConversationID
    public let content: InboundContent
    /// The caller's own name for the message: the same one again is answered with the stored turn.
    public let clientMessageID: String?
    /// The feed subscription that it came through, so that its socket knows its own turn.
    public let origin: UUID?

    public init(
        conversation: ConversationID, content: InboundContent, clientMessageID: String? = nil, origin: UUID? = nil
    ) {
        self.conversation = conversation
        self.content = content
        self.clientMessageID = clientMessageID
        self.origin = origin
    }
}

/// What the bot chose to do.
public enum Action: String, Hashable, Sendable, Codable, CaseIterable {
    case answer, ask, search, clarify, handoff, fallback
}

/// An intent with its calibrated probability, 0 to 1.
public struct IntentScore: Hashable, Sendable, Codable {
    public let intent: IntentName
    public let confidence: Double

    public init(intent: IntentName, confidence: Double) {
        self.intent = intent
        self.confidence = confidence
    }
}

/// The trace of a reply: what was understood, what was chosen, by which rule, with which template and model.
public struct Decision: Hashable, Sendable {
    public let action: Action
    public let intent: IntentName?
    public let confidence: Double?
    /// The confidence that `intent` had to reach.
    public let threshold: Double?
    /// The best five.
    public let ranking: [IntentScore]
    /// The best five of what the bot could have replied with.
    public let candidates: [Candidate]
    /// The rule of the policy that decided, such as `intent.accepted` or `slot.reask`.
    public let rule: String
    /// Template with its version: `order.status#2@v3`.
    public let template: String?
    public let knowledge: KnowledgeID?
    public let model: ModelVersionID?
    /// The label from the review queue that was followed instead of the model.
    public let labelled: LabelledMatch?
    /// What the classifiers beside the intents say of the message.
    public let labels: [ClassifierName: LabelScore]
    public let elapsedMilliseconds: Double

    public init(
        action: Action, intent: IntentName?, confidence: Double?, threshold: Double?, ranking: [IntentScore],
        rule: String,
        template: String?, knowledge: KnowledgeID?, model: ModelVersionID?, labelled: LabelledMatch? = nil,
        labels: [ClassifierName: LabelScore] = [:], candidates: [Candidate] = [], elapsedMilliseconds: Double
    ) {
        self.action = action
        self.intent = intent
        self.confidence = confidence
        self.threshold = threshold
        self.ranking = ranking
        self.candidates = candidates
        self.rule = rule
        self.template = template
        self.knowledge = knowledge
        self.model = model
        self.labelled = labelled
        self.labels = labels
        self.elapsedMilliseconds = elapsedMilliseconds
    }
}

/// A finished turn as every transport shows it.
public struct Turn: Hashable, Sendable {
    public let id: TurnID
    public let conversation: ConversationID
    /// The visitor's message.
    public let message: Message
    public let replies: [Message]
    /// Nil when the bot is silent (an agent has taken over).
    public let decision: Decision?
    public let status: ConversationStatus
    public let clientMessageID: String?

    public init(
        id: TurnID, conversation: ConversationID, message: Message, replies: [Message], decision: Decision?,
        status: ConversationStatus, clientMessageID: String?
    ) {
        self.id = id
        self.conversation = conversation
        self.message = message
        self.replies = replies
        self.decision = decision
        self.status = status
        self.clientMessageID = clientMessageID
    }
}

/// A turn with the exact bytes of its response, new or found again.
public struct TurnResult: Hashable, Sendable {
    public let turn: Turn
    /// The JSON body `{message, replies, decision, status}` as it was committed.
    public let body: Data
    /// The turn was stored before: this call repeated its `client_message_id`.
    public let isReplay: Bool

    public init(turn: Turn, body: Data, isReplay: Bool) {
        self.turn = turn
        self.body = body
        self.isReplay = isReplay
    }
}

/// A turn as the store keeps it: with the content it was made from, to tell a repeat from a conflict.
public struct StoredTurn: Hashable, Sendable {
    public let turn: Turn
    public let content: InboundContent
    public let body: Data

    public init(turn: Turn, content: InboundContent, body: Data) {
        self.turn = turn
        self.content = content
        self.body = body
    }
}

/// Everything that a turn changes, committed as one.
public struct TurnCommit: Sendable {
    public let stored: StoredTurn
    /// The conversation after the turn: status, locale, `lastSeq`, handoff reason.
    public let conversation: Conversation
    /// The `lastSeq` that the turn started from; a store that holds another one refuses with `conflict`.
    public let previousSeq: Int
    public let state: DialogueState
    /// Why the message goes into the review queue; nil when it need not.
    public let reviewReason: ReviewReason?
    /// The conversation is not stored yet and is created in the same transaction.
    public let createsConversation: Bool
    /// What the turn's bytes are added to.
    public let account: StorageAccount?
    /// What the turn changed of who answers; nothing in most turns.
    public let events: [ConversationEvent]

    public init(
        stored: StoredTurn, conversation: Conversation, previousSeq: Int, state: DialogueState,
        reviewReason: ReviewReason? = nil, createsConversation: Bool = false, account: StorageAccount? = nil,
        events: [ConversationEvent] = []
    ) {
        self.stored = stored
        self.conversation = conversation
        self.previousSeq = previousSeq
        self.state = state
        self.reviewReason = reviewReason
        self.createsConversation = createsConversation
        self.account = account
        self.events = events
    }
}
