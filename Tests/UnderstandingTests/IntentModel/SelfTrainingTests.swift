import Foundation
import Testing

@testable import IntentModel

@Suite("Learning from unlabelled texts") struct SelfTrainingTests {
    /// log of the shares of two classes
    private func row(_ first: Double) -> [Double] { [log(first), log(1 - first)] }

    @Test("the surest nine tenths are used, in their order, each with its likeliest class")
    func surest() {
        let firsts = [0.9, 0.2, 0.55, 0.8, 0.99, 0.1, 0.7, 0.05, 0.3, 0.95]
        let texts = firsts.indices.map { "text \($0)" }
        let guessed = GuessedTexts(texts, shares: firsts.map(row))
        #expect(guessed.texts == texts.filter { $0 != "text 2" })
        #expect(guessed.classes == [0, 1, 0, 0, 1, 0, 1, 1, 0])
    }

    @Test("among equally sure texts the first ones are used, and of many no more than the bound")
    func bounded() {
        let few = GuessedTexts((0..<10).map { "\($0)" }, shares: Array(repeating: row(0.6), count: 10))
        #expect(few.texts == (0..<9).map { "\($0)" })
        let count = GuessedTexts.most * 2
        let many = GuessedTexts((0..<count).map { "\($0)" }, shares: Array(repeating: row(0.6), count: count))
        #expect(many.texts.count == GuessedTexts.most && many.classes.count == GuessedTexts.most)
        #expect(GuessedTexts([], shares: []).texts.isEmpty)
    }

    @Test("judges together are surer of what they agree on")
    func together() {
        // Two who say 0.6 for the same class are surer than one who says 0.8 and one who says 0.4.
        let agreed = zip(row(0.6), row(0.7)).map(+)
        let divided = zip(row(0.9), row(0.15)).map(+)
        let shares = Array(repeating: agreed, count: 9) + [divided]
        let guessed = GuessedTexts((0..<10).map { "\($0)" }, shares: shares)
        #expect(!guessed.texts.contains("9") && guessed.texts.count == 9)
    }

    @Test(
        "few examples are seen more often, many at least three times", arguments: [(100, 20), (2000, 12), (15_000, 3)])
    func epochs(examples: Int, epochs: Int) {
        #expect(TuningRun.guessPlan(examples: examples, epochs: nil).epochs == epochs)
        #expect(TuningRun.guessPlan(examples: examples, epochs: 5).epochs == 5)
    }
}
