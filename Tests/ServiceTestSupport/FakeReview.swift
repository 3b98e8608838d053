public import ConversationDomain
import Foundation
public import ModelRecords
import Synchronization

/// A review queue of one item; what it was asked can be looked at.
public final class FakeReview: ReviewService {
    public enum Asked: Hashable, Sendable {
        case list(ReviewQuery)
        case label(ReviewID, ReviewLabel, ReviewScope, force: Bool, by: String)
        case dismiss(ReviewID, ReviewScope, by: String)
        case correct(MessageID, IntentName)
    }

    public static let id = ReviewID(trusted: "rev_00000000000000000000000000001")
    public static let item = ReviewItem(
        id: id, text: "ship to mars?", locale: .english, reasons: [.rejected, .corrected], count: 3,
        intent: IntentName(trusted: "delivery"), confidence: 0.25, model: ModelVersionID(trusted: "model_1"),
        suggestion: IntentName(trusted: "mars"), message: MessageID(trusted: "msg_1"),
        conversation: ConversationID(trusted: "conv_1"), createdAt: FakeChat.time, lastSeenAt: FakeChat.time,
        suggestedEntry: KnowledgeID(trusted: "mars.en"), note: "of the red one")
    /// Harms one sentence of two.
    public static let report = RegressionReport(
        checked: 2,
        regressions: [
            ReviewRegression(
                text: "where is it", intent: IntentName(trusted: "order.status"), understood: nil)
        ], improvements: 1)

    private let state = Mutex([Asked]())

    public init() {}

    public var asked: [Asked] { state.withLock { $0 } }

    public func list(_ query: ReviewQuery) async throws -> ReviewPage {
        state.withLock { $0.append(.list(query)) }
        let clusters = [ReviewCluster([Self.item])].compactMap { $0 }
        return ReviewPage(clusters: clusters, total: 7, next: clusters.first.map(ReviewCursor.init))
    }

    /// Refuses labels as `bad` that are not forced.
    public func label(_ id: ReviewID, as label: ReviewLabel, scope: ReviewScope, force: Bool, by person: String)
        async throws -> ReviewOutcome
    {
        state.withLock { $0.append(.label(id, label, scope, force: force, by: person)) }
        try check(id)
        guard force || label.intent?.rawValue != "bad" else {
            return ReviewOutcome(items: [], status: .open, report: Self.report, isRefused: true)
        }
        return ReviewOutcome(items: [id], status: .labelled, report: Self.report)
    }

    public func dismiss(_ id: ReviewID, scope: ReviewScope, by person: String) async throws -> ReviewOutcome {
        state.withLock { $0.append(.dismiss(id, scope, by: person)) }
        try check(id)
        return ReviewOutcome(items: [id], status: .dismissed, report: nil)
    }

    public func correct(_ message: MessageID, to intent: IntentName) async throws -> ReviewID {
        state.withLock { $0.append(.correct(message, intent)) }
        return Self.id
    }

    private func check(_ id: ReviewID) throws {
        guard id == Self.id else { throw ChatError(.notFound, "there is no such item in the review queue") }
    }
}
