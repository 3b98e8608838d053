public import ConversationDomain
public import Foundation

/// Whether somebody has decided on a text.
public enum ReviewStatus: String, Hashable, Sendable, Codable, CaseIterable {
    case open, labelled, dismissed
}

/// What a person says that a text means.
public enum ReviewLabel: Hashable, Sendable {
    case intent(IntentName)
    /// An intent that the bot does not have yet.
    case newIntent(IntentName, description: String)
    /// The text asks what this entry answers.
    case knowledge(KnowledgeID)
    case outOfScope

    /// The intent that the text becomes an example of; nil for knowledge.
    public var intent: IntentName? {
        switch self {
        case .intent(let name), .newIntent(let name, _): name
        case .outOfScope: .outOfScope
        case .knowledge: nil
        }
    }
}

/// A text to be put into the queue.
public struct ReviewFiling: Hashable, Sendable {
    public let reason: ReviewReason
    public let text: String
    public let locale: BotLocale
    public var message: MessageID?
    public var conversation: ConversationID?
    /// What the active model took it for, and with which confidence.
    public var intent: IntentName?
    public var confidence: Double?
    public var model: ModelVersionID?
    /// What somebody else took it for: an agent, or the shadow model.
    public var suggestion: IntentName?

    public init(
        reason: ReviewReason, text: String, locale: BotLocale, message: MessageID? = nil,
        conversation: ConversationID? = nil, intent: IntentName? = nil, confidence: Double? = nil,
        model: ModelVersionID? = nil, suggestion: IntentName? = nil
    ) {
        self.reason = reason
        self.text = text
        self.locale = locale
        self.message = message
        self.conversation = conversation
        self.intent = intent
        self.confidence = confidence
        self.model = model
        self.suggestion = suggestion
    }
}

/// A text in the queue. Messages that differ in case, spaces and punctuation only are one text.
public struct ReviewItem: Hashable, Sendable {
    public let id: ReviewID
    /// As it was written first.
    public let text: String
    public let locale: BotLocale
    /// In the order of ``ReviewReason/allCases``.
    public let reasons: [ReviewReason]
    /// How many messages said so.
    public let count: Int
    /// What the active model took the newest of them for.
    public let intent: IntentName?
    public let confidence: Double?
    public let model: ModelVersionID?
    /// What an agent or the shadow model took it for.
    public let suggestion: IntentName?
    /// The newest message that said so.
    public let message: MessageID?
    public let conversation: ConversationID?
    public let createdAt: Date
    public let lastSeenAt: Date
    public let status: ReviewStatus
    /// The decision; that of an earlier time while a text is open again.
    public let label: ReviewLabel?
    public let decidedBy: String?
    public let decidedAt: Date?
    /// The entry that an agent says would have answered it, and what they wrote of it.
    public let suggestedEntry: KnowledgeID?
    public let note: String?

    public init(
        id: ReviewID, text: String, locale: BotLocale, reasons: [ReviewReason], count: Int = 1,
        intent: IntentName? = nil, confidence: Double? = nil, model: ModelVersionID? = nil,
        suggestion: IntentName? = nil, message: MessageID? = nil, conversation: ConversationID? = nil,
        createdAt: Date, lastSeenAt: Date, status: ReviewStatus = .open, label: ReviewLabel? = nil,
        decidedBy: String? = nil, decidedAt: Date? = nil, suggestedEntry: KnowledgeID? = nil, note: String? = nil
    ) {
        self.id = id
        self.text = text
        self.locale = locale
        self.reasons = reasons
        self.count = count
        self.intent = intent
        self.confidence = confidence
        self.model = model
        self.suggestion = suggestion
        self.message = message
        self.conversation = conversation
        self.createdAt = createdAt
        self.lastSeenAt = lastSeenAt
        self.status = status
        self.label = label
        self.decidedBy = decidedBy
        self.decidedAt = decidedAt
        self.suggestedEntry = suggestedEntry
        self.note = note
    }
}

/// Texts that mean the same, so that one decision labels them all.
public struct ReviewCluster: Hashable, Sendable {
    /// Oldest first, at least one.
    public let items: [ReviewItem]
    /// The oldest item's id: it stays while others join.
    public let id: ReviewID

    /// - Parameter items: nil comes of an empty list.
    public init?(_ items: [ReviewItem]) {
        guard let first = items.map(\.id).min() else { return nil }
        self.items = items.sorted { $0.id < $1.id }
        id = first
    }

    /// How many messages said one of the texts.
    public var messages: Int { items.reduce(0) { $0 + $1.count } }
}

/// A decision, as the store carries it out.
public struct ReviewDecision: Hashable, Sendable {
    /// As they were when it was made; those that were decided on since are left as they are.
    public let items: [ReviewItem]
    /// Nil dismisses; an earlier label of the items is taken back.
    public let label: ReviewLabel?
    /// Who decided: a key's id, or `cli`.
    public let by: String
    public let at: Date

    public init(items: [ReviewItem], label: ReviewLabel?, by: String, at: Date) {
        self.items = items
        self.label = label
        self.by = by
        self.at = at
    }
}
