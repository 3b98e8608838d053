public import ConversationDomain
import Synchronization

/// Finds what a test put in, by the query's exact text.
public final class FakeKnowledgeBase: KnowledgeBase {
    /// What was looked for.
    public struct Query: Hashable, Sendable {
        public let text: String
        public let locale: BotLocale?

        public init(_ text: String, _ locale: BotLocale?) {
            self.text = text
            self.locale = locale
        }
    }

    private let hits: [String: KnowledgeHit]
    private let asked = Mutex<[Query]>([])

    public init(_ hits: [String: KnowledgeHit] = [:]) {
        self.hits = hits
    }

    /// Every search, in order.
    public var queries: [Query] { asked.withLock { $0 } }

    public func search(_ query: String, embedding: [Float]?, model: ModelVersionID?, locale: BotLocale?, limit: Int)
        async throws -> [KnowledgeHit]
    {
        asked.withLock { $0.append(Query(query, locale)) }
        return hits[query].map { [$0] } ?? []
    }
}

extension KnowledgeHit {
    /// The answer "see {id}", with a link unless told otherwise.
    public static func found(
        _ id: String, score: Double = 0.8, link: String? = "https://shop.example/a", isAccepted: Bool = true
    ) -> KnowledgeHit {
        KnowledgeHit(
            entry: KnowledgeEntry(
                id: KnowledgeID(trusted: id), locale: .english, questions: ["\(id)?"], answer: "see \(id)", link: link),
            question: "\(id)?", score: score, isAccepted: isAccepted)
    }
}
