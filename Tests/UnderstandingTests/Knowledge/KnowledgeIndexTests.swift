import ConversationDomain
import Foundation
import Synchronization
import Testing

@testable import Inference
@testable import Knowledge

@Suite("Knowledge index")
struct KnowledgeIndexTests {
    private static let topics = [
        "delivery time", "refund money", "invoice company", "coupon code", "password login", "gift wrapping",
        "warranty repair", "store hours", "size chart", "international customs",
    ]

    private static func entry(_ id: String, _ locale: BotLocale, _ questions: [String], _ answer: String)
        -> KnowledgeEntry
    {
        KnowledgeEntry(id: KnowledgeID(trusted: id), locale: locale, questions: questions, answer: answer)
    }

    private static var knowledge: [KnowledgeEntry] {
        topics.map { topic in
            entry(
                topic.replacing(" ", with: "."), .english, ["what about \(topic)", "tell me the \(topic) rules"],
                "Here is how \(topic) works.")
        } + [entry("tuikuan", .chinese, ["退款多久到账"], "三个工作日内。"), entry("fapiao", .chinese, ["怎么开发票"], "在订单页申请。")]
    }

    private func index(_ encoder: FakeEncoder, cache: MemoryModelStore? = nil) async throws -> KnowledgeIndex {
        let index = KnowledgeIndex(queue: InferenceQueue(), cache: cache)
        try await index.refresh(
            content: BotContent(knowledge: Self.knowledge), encoder: encoder, model: ModelVersionID(trusted: "model_1"))
        return index
    }

    @Test("the entry that means and says the same comes first and is accepted; a foreign question is not")
    func search() async throws {
        let index = try await index(FakeEncoder(dimension: 128))
        let hits = try await index.search(
            "refund money rules please", embedding: nil, model: nil, locale: .english, limit: 3)
        #expect(hits.count == 3)
        #expect(hits[0].entry.id.rawValue == "refund.money")
        #expect(hits[0].question == "tell me the refund money rules")
        #expect(hits[0].isAccepted)
        #expect(hits.map(\.score) == hits.map(\.score).sorted(by: >))
        #expect(hits.allSatisfy { (0...1).contains($0.score) && $0.isAccepted == ($0.score >= 0.5) })
        let foreign = try await index.search("zebra quantum", embedding: nil, model: nil, locale: .english, limit: 1)
        #expect(foreign.map(\.isAccepted) == [false])
    }

    @Test("hits are in the wanted language if the knowledge has it, otherwise in any")
    func locales() async throws {
        let index = try await index(FakeEncoder())
        func ids(_ locale: BotLocale?) async throws -> Set<String> {
            Set(
                try await index.search("退款", embedding: nil, model: nil, locale: locale, limit: 20).map(
                    \.entry.id.rawValue))
        }
        #expect(try await ids(BotLocale("zh-CN")) == ["tuikuan", "fapiao"])
        #expect(try await ids(BotLocale("fr")).count == 12)
        let best = try await index.search("退款", embedding: nil, model: nil, locale: BotLocale("fr"), limit: 1)
        #expect(best.map(\.entry.id.rawValue) == ["tuikuan"])
    }

    @Test("an embedding of the same model is used, one of another model is made again")
    func embeddings() async throws {
        let encoder = FakeEncoder()
        let index = try await index(encoder)
        let before = encoder.batches.count
        let misleading = encoder.vector(of: "gift wrapping")
        let same = try await index.search(
            "zzz", embedding: misleading, model: ModelVersionID(trusted: "model_1"), locale: .english, limit: 1)
        #expect(same.map(\.entry.id.rawValue) == ["gift.wrapping"])
        #expect(encoder.batches.count == before)
        let other = try await index.search(
            "coupon code", embedding: misleading, model: ModelVersionID(trusted: "model_2"), locale: .english, limit: 1)
        #expect(other.map(\.entry.id.rawValue) == ["coupon.code"])
        #expect(encoder.batches.count == before + 1)
    }

    @Test("after an edit only the new texts are embedded")
    func refresh() async throws {
        let encoder = FakeEncoder()
        let index = try await index(encoder, cache: MemoryModelStore())
        let before = encoder.batches.count
        let added = Self.entry("pets", .english, ["can I bring my dog"], "Dogs are welcome.")
        try await index.refresh(
            content: BotContent(knowledge: Self.knowledge.dropFirst() + [added]), encoder: encoder,
            model: ModelVersionID(trusted: "model_2"))
        #expect(encoder.batches[before...].flatMap { $0 } == ["can I bring my dog", "Dogs are welcome."])
        #expect(index.model?.rawValue == "model_2")
        let hits = try await index.search("my dog", embedding: nil, model: nil, locale: .english, limit: 1)
        #expect(hits.map(\.entry.id.rawValue) == ["pets"])
        let gone = try await index.search("delivery time", embedding: nil, model: nil, locale: .english, limit: 20)
        #expect(!gone.contains { $0.entry.id.rawValue == "delivery.time" })
    }

    @Test("an index that was never filled is not ready; an empty one finds nothing")
    func empty() async throws {
        let index = KnowledgeIndex(queue: InferenceQueue(), cache: nil)
        let error = await #expect(throws: ChatError.self) {
            try await index.search("hi", embedding: nil, model: nil, locale: nil, limit: 1)
        }
        #expect(error?.code == .notReady)
        try await index.refresh(
            content: BotContent(), encoder: FakeEncoder(), model: ModelVersionID(trusted: "model_1"))
        #expect(try await index.search("hi", embedding: nil, model: nil, locale: nil, limit: 1) == [])
    }
}
