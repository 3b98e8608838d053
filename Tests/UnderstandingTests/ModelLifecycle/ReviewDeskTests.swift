import ConversationDomain
import Foundation
import ModelRecords
import Synchronization
import Testing

@testable import Inference
@testable import IntentModel
@testable import ModelLifecycle

@Suite("The review desk") struct ReviewDeskTests {
    /// Two sentences of one intent have half of their words in common, two of different ones none; the
    /// words are chosen so that the encoder tells them all apart.
    private static let words = [
        "one", "three", "five", "six", "seven", "eight", "nine", "twelve", "thirteen", "fourteen", "sixteen",
    ]
    private static let greeting = IntentName(trusted: "greeting")
    private static let parcel = IntentName(trusted: "parcel")

    @Test("one decision labels the whole group, or one text only when that is asked for")
    func scope() async throws {
        let queue = MemoryReview(["ship to mars please", "sing a song", "ship to mars", "please ship to mars"])
        let desk = try await Self.desk(queue)
        let page = try await desk.list(ReviewQuery())
        #expect(
            page.clusters.map { $0.items.map(\.text) } == [
                ["ship to mars please", "ship to mars", "please ship to mars"], ["sing a song"],
            ])
        let id = try #require(page.clusters.first?.id)
        let name = IntentName(trusted: "mars")
        let label = ReviewLabel.newIntent(name, description: "")
        let one = try await desk.label(id, as: label, scope: .one, force: false, by: "me")
        #expect(one.items == [id])
        let rest = try #require(try await desk.list(ReviewQuery()).clusters.first)
        #expect(rest.items.map(\.text) == ["ship to mars", "please ship to mars"])
        let both = try await desk.label(rest.items[1].id, as: .outOfScope, scope: .cluster, force: false, by: "me")
        #expect(Set(both.items) == Set(rest.items.map(\.id)))
        #expect(queue.decisions.map(\.label) == [label, .outOfScope])
        #expect(queue.decisions.map(\.by) == ["me", "me"])
        #expect(both.report?.checked == 24)
        #expect(try await desk.list(ReviewQuery()).total == 1)
    }

    @Test("a label that many known sentences would be lost to is refused with their list, unless it is forced")
    func refused() async throws {
        let queue = MemoryReview(["hello one", "hello one two"])
        let desk = try await Self.desk(queue)
        let id = try #require(try await desk.list(ReviewQuery()).clusters.first?.id)
        let outcome = try await desk.label(id, as: .intent(Self.parcel), scope: .cluster, force: false, by: "me")
        #expect(outcome.isRefused && outcome.items == [] && queue.decisions == [])
        #expect(
            outcome.report?.regressions
                == Self.words.map { "hello \($0)" }.map {
                    ReviewRegression(text: $0, intent: Self.greeting, understood: Self.parcel)
                })
        let forced = try await desk.label(id, as: .intent(Self.parcel), scope: .cluster, force: true, by: "me")
        #expect(forced.items.count == 2 && !forced.isRefused)
        #expect(forced.report == outcome.report)
    }

    @Test("a question for the knowledge base that is an intent's own sentence is told")
    func knowledge() async throws {
        let queue = MemoryReview(["Hello, one!"])
        let desk = try await Self.desk(queue)
        let outcome = try await desk.label(
            queue.ids[0], as: .knowledge(KnowledgeID(trusted: "faq")), scope: .one, force: true, by: "me")
        #expect(
            outcome.report
                == RegressionReport(
                    checked: 24,
                    regressions: [ReviewRegression(text: "hello one", intent: Self.greeting, understood: nil)],
                    improvements: 0))
        #expect(outcome.status == .labelled)
    }

    @Test("labels that the bot has no place for are refused")
    func unfit() async throws {
        let queue = MemoryReview(["text"])
        let desk = try await Self.desk(queue)
        let labels: [(ReviewLabel, ChatError.Code)] = [
            (.intent(IntentName(trusted: "lost")), .notFound),
            (.knowledge(KnowledgeID(trusted: "lost")), .notFound),
            (.newIntent(Self.greeting, description: ""), .conflict),
            (.newIntent(.outOfScope, description: ""), .conflict),
        ]
        for (label, code) in labels {
            await #expect(
                performing: {
                    _ = try await desk.label(queue.ids[0], as: label, scope: .one, force: true, by: "me")
                }, throws: { ($0 as? ChatError)?.code == code })
        }
        await #expect(throws: ChatError(.notFound, "there is no such item in the review queue")) {
            _ = try await desk.dismiss(ReviewID(trusted: "rev_x"), scope: .cluster, by: "me")
        }
        #expect(queue.decisions == [])
    }

    @Test("the list is cut into pages that do not overlap, and narrowed to a reason")
    func pages() async throws {
        let desk = try await Self.desk(MemoryReview(["alpha", "beta", "gamma"]))
        var query = ReviewQuery()
        query.limit = 2
        let first = try await desk.list(query)
        #expect(first.clusters.map { $0.items.map(\.text) } == [["alpha"], ["beta"]])
        query.after = first.next
        let second = try await desk.list(query)
        #expect(second.clusters.map { $0.items.map(\.text) } == [["gamma"]])
        #expect(second.next == nil && second.total == 3)
        query = ReviewQuery()
        query.reason = .ratedDown
        #expect(try await desk.list(query).clusters == [])
    }

    private static func desk(_ queue: MemoryReview) async throws -> ReviewDesk {
        let content = BotContent(
            intents: [
                ("parcel", words.map { "parcel \($0)ed" }), ("greeting", words.map { "hello \($0)" }),
                ("out_of_scope", ["tell a joke", "a joke"]),
            ].map { name, texts in
                Intent(name: IntentName(trusted: name), examples: texts.map { Example(text: $0, locale: .english) })
            },
            knowledge: [
                KnowledgeEntry(id: KnowledgeID(trusted: "faq"), locale: .english, questions: ["why"], answer: "So.")
            ])
        let (inference, encoder) = (InferenceQueue(), FakeEncoder(dimension: 1024))
        let classifier = LiveClassifier(queue: inference)
        let version = try await IntentTrainer(queue: inference, cache: nil).train(content, encoder: encoder).model
        classifier.activate(try LiveClassifier.ActiveModel(version, encoder: encoder))
        return ReviewDesk(
            ReviewDesk.Parts(
                store: queue, contents: FixedContent(fixed: content), classifier: classifier,
                indexer: LabelledIndexer(queue: inference, cache: nil)))
    }
}

/// Content that does not change.
private struct FixedContent: ContentStore {
    let fixed: BotContent

    func revision() -> Int64 { 1 }
    func content() -> (revision: Int64, content: BotContent) { (1, fixed) }
    func apply(_ content: BotContent, replacing: Bool, dryRun: Bool, progress: @escaping @Sendable (Int, Int) -> Void)
        throws -> ContentChange
    { throw ChatError(.internal, "the content is fixed") }
}

/// A queue in memory that keeps what was decided.
private final class MemoryReview: ReviewStore {
    let ids: [ReviewID]
    private let state: Mutex<(open: [ReviewItem], decisions: [ReviewDecision])>

    init(_ texts: [String]) {
        let generator = IdentifierGenerator()
        let ids = texts.map { _ in generator.next(ReviewID.self) }.sorted()
        self.ids = ids
        let time = Date(timeIntervalSince1970: 0)
        state = Mutex(
            (
                zip(ids, texts).map {
                    ReviewItem(
                        id: $0, text: $1, locale: .english, reasons: [.rejected], createdAt: time, lastSeenAt: time)
                }, []
            ))
    }

    var decisions: [ReviewDecision] { state.withLock { $0.decisions } }

    func file(_ filing: ReviewFiling, at: Date) throws -> ReviewID { throw ChatError(.internal, "not in this test") }
    func file(_ reason: ReviewReason, message: MessageID, suggestion: IntentName?, at: Date) -> ReviewID? { nil }
    func items(_ status: ReviewStatus, limit: Int) -> [ReviewItem] {
        state.withLock { status == .open ? $0.open.suffix(limit) : [] }
    }
    func item(_ id: ReviewID) -> ReviewItem? { state.withLock { $0.open.first { $0.id == id } } }
    func count(_ status: ReviewStatus) -> Int { items(status, limit: .max).count }
    func decide(_ decision: ReviewDecision) -> [ReviewID] {
        state.withLock { state in
            let ids = decision.items.map(\.id)
            state.open.removeAll { ids.contains($0.id) }
            state.decisions.append(decision)
            return ids
        }
    }
}
