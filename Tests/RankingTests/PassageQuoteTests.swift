import BERT
import ConversationDomain
import Foundation
import Testing

@testable import Inference
@testable import IntentModel
@testable import Knowledge
@testable import Ranking

@Suite("How near a passage is to anything")
struct PassageScaleTests {
    @Test("what is near to every message is found for none of them, what is near to one message stays")
    func hub() throws {
        func passage(_ id: String) -> KnowledgeEntry {
            KnowledgeEntry(
                id: KnowledgeID(trusted: id), locale: .english, questions: [id], answer: id,
                collection: CollectionName(trusted: "docs"))
        }
        func vector(_ values: [Float]) -> [Float] {
            let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return values.map { $0 / norm }
        }
        var rows = CompactRows(columns: 4)
        try rows.append([vector([1, 0.1, 0, 0]), vector([0.5, 0, 1, 0])])
        let entries = [passage("hub"), passage("own")]
        let foreign = (0..<60).map { vector([1, 0.2 * Float($0 % 5), 0, 0.2 * Float($0 % 7)]) }
        let message = vector([1, 0, 0.8, 0])
        let cosines = [0, 1].map { rows.product(of: $0, with: rows.query(message)) }
        #expect(abs(cosines[0] - cosines[1]) < 0.15)
        let scale = try #require(PassageScale(entries, rows, messages: foreign, check: {}))
        #expect(scale.score(cosines[1], of: 1) > scale.score(cosines[0], of: 0) + 1)
        // However near such a message is to the hub, the passage that one message is about stands out more.
        let nearest = foreign.map { scale.score(rows.product(of: 0, with: rows.query($0)), of: 0) }.max() ?? 0
        #expect(scale.score(cosines[1], of: 1) > nearest + 1)
        #expect(PassageScale(entries, rows, messages: Array(foreign.prefix(10)), check: {}) == nil, "too few")
        let written = KnowledgeEntry(id: KnowledgeID(trusted: "a"), locale: .english, questions: ["a"], answer: "a")
        #expect(PassageScale([written, written], rows, messages: foreign, check: {}) == nil, "no passages")
    }

    @Test("messages are those of the language's script")
    func script() {
        let messages = ForeignMessages(texts: ["hello", "你好", "no vector"]) {
            $0 == "no vector" ? nil : [Float($0.count)]
        }
        #expect(messages.embeddings(for: .english) == [[5]])
        #expect(messages.embeddings(for: .chinese) == [[2]])
    }
}

@Suite("Which sentences of a passage answer")
struct PassageQuoteTests {
    @Test("the nearest one, and others that come close to it")
    func chosen() {
        func choose(_ similarities: [Float], _ introductions: Set<Int> = []) -> [Int] {
            PassageQuotes.choose(similarities) { introductions.contains($0) }
        }
        #expect(choose([]) == [])
        #expect(choose([0.4]) == [0])
        #expect(choose([0.1, 0.9, 0.2]) == [1])
        #expect(choose([0.1, 0.8, 0.2, 0.6]) == [1, 3])
        #expect(choose([0.7, 0.8, 0.75, 0.1]) == [1, 2, 0])
        // What goes on from the nearest sentence goes before one that is as near.
        #expect(choose([0.5, 0.1, 0.8, 0.5]).prefix(2) == [2, 3])
        #expect(choose([0.1, 0.9, 0.1, 0.1, 0.1], [1]) == [1, 2, 3])
    }

    @Test(
        "passages share what intents leave, the right one first, with the sentence that answers; foreign messages get none"
    )
    func ranked() async throws {
        let encoder = WordEncoder()
        let queue = InferenceQueue()
        let model = ModelVersionID(trusted: "model_test")
        var content = BotContent(intents: [
            Intent(
                name: IntentName(trusted: "hello"),
                examples: ["hello there friend", "good morning everybody"].map { Example(text: $0, locale: .english) })
        ])
        for (id, sentences) in [
            (
                "docs.boats.1",
                "The harbour opens at dawn. Boats are painted every second spring. Ropes hang in the shed."
            ),
            ("docs.boats.2", "Sails need dry air. Masts are made of spruce."),
            ("docs.fish.1", "Salmon swim up the river. Trout like cold water. Pike hide between the reeds."),
        ] {
            content.knowledge.append(
                KnowledgeEntry(
                    id: KnowledgeID(trusted: id), locale: .english, questions: ["Guide › \(id)"], answer: sentences,
                    collection: CollectionName(trusted: "docs")))
        }
        let background = BackgroundSet(
            sentences: (0..<40).map {
                .init(category: "other", text: "foreign\($0) words\($0 % 7) about the nothing\($0 % 5)")
            })
        let knowledge = KnowledgeIndex(queue: queue, cache: nil)
        let ranker = ContentRanker(queue: queue, folder: nil, knowledge: knowledge, background: background)
        let texts = background.sentences.map(\.text)
        let vectors = Dictionary(
            uniqueKeysWithValues: zip(texts, try encoder.embed(texts, as: .query, threads: 1)))
        try await knowledge.refresh(
            content: content, encoder: encoder, model: model, foreign: ForeignMessages(texts: texts) { vectors[$0] })
        let ranking = try #require(try await ranker.ranking(of: content, encoder: encoder))
        func candidates(_ text: String) async throws -> [Candidate] {
            let encoded = try #require(try encoder.encode([text], as: .query, threads: 1).first)
            return await ranking.rank(text, encoded, model: model, head: [], locale: nil).candidates
        }
        func passages(_ text: String) async throws -> [Candidate] {
            try await candidates(text).filter { if case .knowledge = $0.subject { true } else { false } }
        }
        #expect(try await passages("Boats are painted every spring").isEmpty, "not measured yet")
        await ranking.measurePassages(model: model)

        let boats = try #require(try await candidates("Boats are painted every spring").first)
        #expect(boats.subject == .knowledge(KnowledgeID(trusted: "docs.boats.1")) && boats.sentences.first == 1)
        #expect(boats.probability > 0.6 && boats.probability <= 1)
        let pike = try #require(try await passages("Pike hide between reeds").first)
        #expect(pike.subject == .knowledge(KnowledgeID(trusted: "docs.fish.1")) && pike.sentences.first == 2)
        // The two passages of one page do not compete.
        #expect(try await passages("Boats are painted every spring").count == 2)
        let foreign = try await passages("foreign3 words3 about the nothing3").first
        #expect(foreign?.probability ?? 0 < 0.6)
        let sum = try await candidates("Boats are painted every spring").reduce(0) { $0 + $1.probability }
        #expect(sum <= 1)
    }
}
