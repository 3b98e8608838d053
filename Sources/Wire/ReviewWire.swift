import ConversationDomain
import Foundation
public import ModelRecords

// How the review queue looks in JSON, over REST and in `--json` output.

/// A stretch of the queue: `{clusters, total, next}`.
public struct ReviewPageView: Encodable, Sendable {
    private let page: ReviewPage

    public init(page: ReviewPage) { self.page = page }

    enum Keys: String, CodingKey {
        case clusters, total, next
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(page.clusters.map(ReviewClusterView.init), forKey: .clusters)
        try container.encode(page.total, forKey: .total)
        try container.encode(page.next?.description, forKey: .next)
    }
}

private struct ReviewClusterView: Encodable {
    let id: ReviewID
    let messages: Int
    let items: [ReviewItemView]

    init(_ cluster: ReviewCluster) {
        id = cluster.id
        messages = cluster.messages
        items = cluster.items.map(ReviewItemView.init)
    }
}

private struct ReviewItemView: Encodable {
    let item: ReviewItem

    init(_ item: ReviewItem) { self.item = item }

    enum Keys: String, CodingKey {
        case id, text, locale, reasons, count, intent, confidence, model, suggestion, status, label, note
        case messageID = "message_id"
        case conversationID = "conversation_id"
        case createdAt = "created_at"
        case lastSeenAt = "last_seen_at"
        case decidedBy = "decided_by"
        case decidedAt = "decided_at"
        case suggestedEntry = "suggested_knowledge"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(item.id, forKey: .id)
        try container.encode(item.text, forKey: .text)
        try container.encode(item.locale, forKey: .locale)
        try container.encode(item.reasons, forKey: .reasons)
        try container.encode(item.count, forKey: .count)
        try container.encode(item.intent, forKey: .intent)
        try container.encode(item.confidence.map { ($0 * 1e6).rounded() / 1e6 }, forKey: .confidence)
        try container.encode(item.model, forKey: .model)
        try container.encode(item.suggestion, forKey: .suggestion)
        try container.encode(item.message, forKey: .messageID)
        try container.encode(item.conversation, forKey: .conversationID)
        try container.encode(item.createdAt, forKey: .createdAt)
        try container.encode(item.lastSeenAt, forKey: .lastSeenAt)
        try container.encode(item.status, forKey: .status)
        try container.encode(item.label.map(ReviewLabelView.init), forKey: .label)
        try container.encode(item.decidedBy, forKey: .decidedBy)
        try container.encode(item.decidedAt, forKey: .decidedAt)
        try container.encode(item.suggestedEntry, forKey: .suggestedEntry)
        try container.encode(item.note, forKey: .note)
    }
}

/// `{intent, knowledge, out_of_scope}`, of which one is not null or true.
private struct ReviewLabelView: Encodable {
    let label: ReviewLabel

    init(_ label: ReviewLabel) { self.label = label }

    enum Keys: String, CodingKey {
        case intent, knowledge
        case outOfScope = "out_of_scope"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        var (intent, knowledge): (IntentName?, KnowledgeID?)
        switch label {
        case .intent(let name), .newIntent(let name, _): intent = name
        case .knowledge(let id): knowledge = id
        case .outOfScope: break
        }
        try container.encode(intent, forKey: .intent)
        try container.encode(knowledge, forKey: .knowledge)
        try container.encode(label == .outOfScope, forKey: .outOfScope)
    }
}

/// What came of a decision: `{status, items, checked, regressions, improvements}`; the last three are null where nothing
/// was learned.
public struct ReviewOutcomeView: Encodable, Sendable {
    private let outcome: ReviewOutcome

    public init(outcome: ReviewOutcome) { self.outcome = outcome }

    enum Keys: String, CodingKey {
        case status, items, checked, regressions, improvements
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(outcome.status, forKey: .status)
        try container.encode(outcome.items, forKey: .items)
        try container.encode(outcome.report?.checked, forKey: .checked)
        try container.encode(outcome.report?.regressions.map(RegressionView.init), forKey: .regressions)
        try container.encode(outcome.report?.improvements, forKey: .improvements)
    }
}

private struct RegressionView: Encodable {
    let regression: ReviewRegression

    init(_ regression: ReviewRegression) { self.regression = regression }

    enum Keys: String, CodingKey {
        case text, intent, understood
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(regression.text, forKey: .text)
        try container.encode(regression.intent, forKey: .intent)
        try container.encode(regression.understood, forKey: .understood)
    }
}
