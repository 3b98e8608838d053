import ConversationDomain
import Foundation
import Testing

@testable import BERT
@testable import Entities
@testable import Knowledge
@testable import LinearModels

@Suite("Parts of the knowledge index")
struct KnowledgePartsTests {
    private static func entry(_ id: Int, _ questions: [String], _ answer: String) -> KnowledgeEntry {
        KnowledgeEntry(id: KnowledgeID(trusted: "e\(id)"), locale: .english, questions: questions, answer: answer)
    }

    private static func randomEntries(_ count: Int, _ random: inout SeededGenerator) -> [KnowledgeEntry] {
        func words(_ range: ClosedRange<Int>) -> String {
            (0..<Int.random(in: range, using: &random)).map { _ in "w\(Int.random(in: 0..<40, using: &random))" }
                .joined(separator: " ")
        }
        return (0..<count).map { id in
            entry(id, (0..<Int.random(in: 1...3, using: &random)).map { _ in words(1...6) }, words(0...20))
        }
    }

    private static func randomRows(_ count: Int, columns: Int, _ random: inout SeededGenerator) -> [[Float]] {
        (0..<count).map { _ in
            let row = (0..<columns).map { _ in Float.random(in: -1...1, using: &random) }
            let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return row.map { $0 / norm }
        }
    }

    /// BM25 as its definition says it, in double precision.
    private static func bm25(_ query: [String], _ entries: [KnowledgeEntry]) -> [Double] {
        let documents = entries.map { entry in
            (
                questions: entry.questions.flatMap { SearchTerms.terms(of: $0) },
                answer: SearchTerms.terms(of: entry.answer)
            )
        }
        let lengths = documents.map { Double($0.questions.count + $0.answer.count) }
        let mean = max(1, lengths.reduce(0, +) / Double(entries.count))
        return documents.indices.map { index in
            Set(query).reduce(0) { sum, term in
                let matching = Double(documents.count { $0.questions.contains(term) || $0.answer.contains(term) })
                let document = documents[index]
                let frequency =
                    3 * Double(document.questions.count { $0 == term }) + Double(document.answer.count { $0 == term })
                let rarity = max(1e-6, log((Double(entries.count) - matching + 0.5) / (matching + 0.5)))
                return sum + rarity * frequency * 2.2
                    / (frequency + 1.2 * (0.25 + 0.75 * lengths[index] / mean))
            }
        }
    }

    @Test("word scores are BM25", arguments: [1, 2, 7, 60])
    func words(count: Int) {
        var random = SeededGenerator(seed: UInt64(count))
        let entries = Self.randomEntries(count, &random)
        let index = WordIndex(entries)
        for query in [["w1"], ["w1", "w2", "w2", "nowhere"], (0..<40).map { "w\($0)" }] {
            let wanted = Self.bm25(query, entries)
            let scores = index.scores(of: query) ?? [Float](repeating: 0, count: count)
            #expect(scores.count == count)
            for (score, wanted) in zip(scores, wanted) { #expect(abs(Double(score) - wanted) < 1e-4 * (1 + wanted)) }
        }
        #expect(index.scores(of: ["nowhere"]) == nil)
        #expect(index.scores(of: []) == nil)
    }

    @Test("the largest scores are found without sorting all", arguments: [1, 2, 511, 512, 513, 5_000, 40_000])
    func largest(count: Int) {
        var random = SeededGenerator(seed: 9)
        let scores = (0..<count).map { _ in Float(Int.random(in: -500..<500, using: &random)) }
        for limit in [1, 16, 512] {
            let found = KnowledgeVectors.largest(limit, of: scores)
            #expect(Set(found).count == min(limit, count))
            #expect(found == Array(scores.indices.sorted { (-scores[$0], $0) < (-scores[$1], $1) }.prefix(limit)))
        }
        // All alike, and all but a few alike, are the hard cases.
        #expect(KnowledgeVectors.largest(512, of: [Float](repeating: 1, count: count)).count == min(512, count))
    }

    @Test("a byte per number is as good as float32 within a few thousandths", arguments: [1, 3, 31, 64, 384])
    func quantised(columns: Int) throws {
        var random = SeededGenerator(seed: UInt64(columns))
        var matrix = try #require(QuantisedMatrix(columns: columns))
        let rows = Self.randomRows(75, columns: columns, &random)
        matrix.append(rows[..<50].flatMap { $0 })
        matrix.append(rows[50...].flatMap { $0 })
        #expect(matrix.rows == 75)
        let query = Self.randomRows(1, columns: columns, &random)[0]
        let products = try #require(matrix.products(with: query))
        #expect(products.count == 75)
        for (row, product) in zip(rows, products) {
            let exact = zip(row, query).reduce(0) { $0 + $1.0 * $1.1 }
            #expect(abs(product - exact) < 0.02)
        }
        #expect(matrix.products(with: query + [0]) == nil)
    }

    @Test("rows are compared alike, whether they are few or many", arguments: [10, VectorRows.exactLimit + 1])
    func rows(expected: Int) throws {
        var random = SeededGenerator(seed: 3)
        let rows = Self.randomRows(10, columns: 48, &random)
        var stored = VectorRows(expected: expected, columns: 48)
        try stored.append(Array(rows[..<4]))
        try stored.append([])
        try stored.append(Array(rows[4...]))
        let products = stored.products(with: rows[7])
        #expect(products.count == 10)
        #expect(products.indices.max { products[$0] < products[$1] } == 7)
        #expect(abs(products[7] - 1) < 0.02)
        #expect(stored.products(with: [1]) == [])
        #expect(throws: ChatError.self) { try stored.append([[1, 2]]) }
    }

    @Test("single rows in a byte per number are as good as float32", arguments: [1, 15, 16, 100])
    func compact(columns: Int) throws {
        var random = SeededGenerator(seed: UInt64(columns))
        let rows = Self.randomRows(6, columns: columns, &random) + [[Float](repeating: 0, count: columns)]
        var stored = CompactRows(columns: columns)
        try stored.append(rows)
        #expect(stored.count == 7)
        let query = Self.randomRows(1, columns: columns, &random)[0]
        for (index, row) in rows.enumerated() {
            #expect(abs(stored.product(of: index, with: stored.query(query)) - FloatVector.dot(row, query)) < 0.01)
        }
        #expect(throws: ChatError.self) { try stored.append([[Float](repeating: 0, count: columns + 1)]) }
    }

    @Test("matches are what a plain search over all pairs finds")
    func matches() throws {
        var random = SeededGenerator(seed: 5)
        let entries = Self.randomEntries(80, &random)
        let variants = entries.enumerated().flatMap { index, entry in
            entry.questions.map { KnowledgeVectors.Variant(entry: index, question: $0) }
        }
        let questions = Self.randomRows(variants.count, columns: 24, &random)
        let answers = Self.randomRows(entries.count, columns: 24, &random)
        var questionRows = VectorRows(expected: variants.count, columns: 24)
        var answerRows = CompactRows(columns: 24)
        try questionRows.append(questions)
        try answerRows.append(answers)
        let background = Background(.unit)
        let vectors = KnowledgeVectors(
            entries: entries, variants: variants, questions: questionRows, answers: answerRows, background: background)
        for _ in 0..<20 {
            let query = Self.randomRows(1, columns: 24, &random)[0]
            let terms = (0..<3).map { _ in "w\(Int.random(in: 0..<60, using: &random))" }
            let words = Self.bm25(terms, entries)
            let most = max(words.max() ?? 0, 1e-30)
            let wanted = entries.indices.map { entry in
                let nearest =
                    variants.indices.filter { variants[$0].entry == entry }
                    .map { FloatVector.dot(query, questions[$0]) }.max() ?? -1
                return Double(background.question(nearest)) + words[entry] / most
                    + 0.3 * Double(background.answer(FloatVector.dot(query, answers[entry])))
            }
            let found = vectors.matches(query, terms: terms)
            #expect(found.count == entries.count)
            #expect(found.map(\.score) == found.map(\.score).sorted(by: >))
            for match in found {
                // The answers' numbers are off by at most max/254, which here moves a score by 0.016.
                #expect(abs(match.score - wanted[match.entry]) < 0.016)
                #expect(variants[match.variant].entry == match.entry)
            }
        }
        #expect(vectors.matches([1, 0], terms: ["w1"]).isEmpty)
    }
}
