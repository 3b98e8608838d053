import BERT
import ConversationDomain
import Foundation
import Testing

@testable import Entities
@testable import IntentModel
@testable import LinearModels

@Suite("Entity tagging")
struct EntityTaggingTests {
    private func words(_ text: String) -> [String] {
        let scalars = Array(text.unicodeScalars)
        return WordBorders(of: scalars).words.map { String(String.UnicodeScalarView(scalars[$0])) }
    }

    @Test(
        "words end at spaces, punctuation and between Chinese characters, never inside what is drawn as one",
        arguments: [
            ("where is AT&T, o'clock?", ["where", "is", "AT&T", ",", "o'clock", "?"]),
            ("U.S. T-shirt $1,299.00", ["U.S", ".", "T-shirt", "$", "1,299.00"]),
            ("我要iPhone 15", ["我", "要", "iPhone", "15"]),
            ("hi 👩‍👩‍👧‍👦👍🏽!", ["hi", "👩‍👩‍👧‍👦", "👍🏽", "!"]),
            ("cafe\u{301}s ok", ["cafe\u{301}s", "ok"]),
            ("东京タワー", ["东", "京", "タ", "ワ", "ー"]),
            ("(a)-b", ["(", "a", ")", "-", "b"]), ("", []), ("  ", []),
        ] as [(String, [String])])
    func borders(text: String, expected: [String]) { #expect(words(text) == expected) }

    @Test("a token over several words makes one word of them; tokens behind the first carry no tag")
    func tokenWords() {
        let text = Array("buy iPhone快递x".unicodeScalars)
        // <s> buy ▁ iPh one 快递 x </s>
        let places = [0..<0, 0..<3, 4..<4, 4..<7, 7..<10, 10..<12, 12..<13, 13..<13]
        #expect(
            TokenWord.words(in: text, places: places) == [
                TokenWord(token: 1, range: 0..<3), TokenWord(token: 3, range: 4..<10),
                TokenWord(token: 5, range: 10..<12), TokenWord(token: 6, range: 12..<13),
            ])
    }

    @Test("the tags of words follow the marked spans, neighbours of one entity apart")
    func tags() {
        let words = [0..<2, 3..<5, 5..<6, 7..<9, 9..<11]
        #expect(EntityTags.tags(of: words, spans: [(0, 0..<5), (0, 5..<6), (1, 8..<11)]) == [1, 2, 1, 3, 4])
    }

    @Test("an entity never goes on where none is, however probable that looks")
    func decoding() {
        // tags: O, B-a, I-a, B-b, I-b
        let scores: [[Float]] = [
            [-6, -2, -0.1, -5, -5], [-6, -3, -5, -3, -0.1], [-6, -5, -0.1, -5, -5],
        ]
        let best = EntityTags.best(scores)
        #expect(best == [1, 1, 2])
        // Every legal sequence, by brute force.
        var legal: [(score: Float, tags: [Int])] = []
        for first in 0..<5 {
            for second in 0..<5 {
                for third in 0..<5 {
                    let tags = [first, second, third]
                    let isLegal = tags.indices.allSatisfy { place in
                        guard tags[place] == 2 || tags[place] == 4 else { return true }
                        return place > 0 && (tags[place - 1] == tags[place] || tags[place - 1] == tags[place] - 1)
                    }
                    if isLegal { legal.append((scores[0][first] + scores[1][second] + scores[2][third], tags)) }
                }
            }
        }
        #expect(legal.max { $0.score < $1.score }?.tags == best)
        #expect(EntityTags.best([]) == [])
    }

    private func head() throws -> EntityHead {
        // Four-dimensional states: outside, begin product, inside product, begin city; inside city is never seen.
        var weight = [Float](repeating: 0, count: 5 * 4)
        for tag in 0..<4 { weight[tag * 4 + tag] = 8 }
        return try #require(
            EntityHead(
                entities: [EntityName(trusted: "product"), EntityName(trusted: "city")], weight: weight,
                bias: [0, 0, 0, 0, -8]))
    }

    @Test("spans are put together from words, with the least probability of theirs")
    func finds() throws {
        let text = "buy iPhone 15 in Paris"
        let places = [0..<3, 4..<10, 11..<13, 14..<16, 17..<22]
        let kinds = [0, 1, 2, 0, 3]
        let states = kinds.flatMap { kind in (0..<4).map { Float($0 == kind ? 1 : 0) } }
        let encoded = EncodedText(
            embedding: [], states: Encoder.TokenStates(tokens: 5, hidden: 4, values: states), places: places)
        let finds = try head().finds(in: text, encoded: encoded)
        #expect(finds.map(\.entity.rawValue) == ["product", "city"])
        #expect(finds.map(\.range) == [4..<13, 17..<22])
        #expect(finds.allSatisfy { $0.confidence > 0.99 && $0.confidence < 1 })
    }

    @Test("a head is read back as it was written; damage and nonsense are refused")
    func archive() throws {
        let head = try head()
        let archive = head.archived()
        #expect(try EntityHead(archive: archive) == head)
        for index in stride(from: 0, to: archive.count, by: 7) {
            var damaged = archive
            damaged[index] ^= 0x20
            #expect(throws: ChatError.self, "byte \(index)") { try EntityHead(archive: damaged) }
        }
        #expect(EntityHead(entities: head.entities, weight: [1, 2], bias: [0]) == nil)
        #expect(EntityHead(entities: [], weight: [1], bias: [1]) == nil)
    }

    @Test("a version's heads are read back; an intent head alone is what older versions are")
    func heads() throws {
        let intent = IntentHead(
            labels: [IntentName(trusted: "a"), IntentName(trusted: "b")], classifier: .init(labels: 2),
            calibration: .unmeasured(labels: 2), margin: 0.25)
        // A head without weights has no dimension; give it one.
        let usable = IntentHead(
            labels: intent.labels,
            classifier: LinearClassifier(
                classes: 2, dimension: 4, transform: .scale(1), weights: [Float](repeating: 1, count: 8), bias: [0, 0]),
            calibration: .unmeasured(labels: 2), margin: 0.25)
        #expect(try ModelHeads(archive: usable.archived()) == ModelHeads(intent: usable))
        #expect(ModelHeads(intent: usable).archived() == usable.archived())
        let both = ModelHeads(intent: usable, entities: try head())
        #expect(try ModelHeads(archive: both.archived()) == both)
        #expect(throws: ChatError.self) { try ModelHeads(archive: both.archived().dropLast()) }
        #expect(both.entitiesFingerprint.utf8.count == 32)
        #expect(ModelHeads(intent: usable).entitiesFingerprint == "")
    }
}
