import BERT
import Foundation
import Testing

@testable import Ranking

/// What token states and embeddings are brought to before they are kept.
@Suite("Vector space")
struct VectorSpaceTests {
    /// Texts of a few tokens whose states vary in `rank` directions, and a little in all.
    private static func texts(_ count: Int, hidden: Int, rank: Int) -> [EncodedText] {
        var state: UInt64 = 11
        func number() -> Float {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let share = Float(state >> 40) / Float(1 << 23)
            return share - 1
        }
        let directions = (0..<rank).map { _ in (0..<hidden).map { _ in number() } }
        // Words come again, so that some sentences are near to each other.
        let words = (0..<60).map { _ in
            let shares = (0..<rank).map { _ in number() }
            return (0..<hidden).map { column -> Float in
                let shared = zip(shares, directions).reduce(Float(0)) { $0 + $1.0 * $1.1[column] }
                return 3 + 0.05 * number() + shared
            }
        }
        return (0..<count).map { _ in
            let own = (0..<6).map { _ -> [Float] in words[Int((number() + 1) / 2 * 59)] }
            let sum = (0..<hidden).map { column -> Float in own.reduce(Float(0)) { $0 + $1[column] } }
            return EncodedText(
                embedding: Projection.unit(sum),
                states: Encoder.TokenStates(tokens: 6, hidden: hidden, values: own.flatMap { $0 }),
                places: (0..<6).map { $0..<$0 + 1 })
        }
    }

    @Test("axes are at right angles, and hold nearly all that the largest eigenvectors hold")
    func axes() {
        let (width, count) = (24, 6)
        // Directions of the variances 36, 25, 16, 9, 4, 1 and 0.01, turned by a reflection.
        let variances: [Double] = [36, 25, 16, 9, 4, 1] + [Double](repeating: 0.01, count: width - 6)
        let normal = (0..<width).map { _ in 1 / Double(width).squareRoot() }
        func reflected(_ row: Int, _ column: Int) -> Double {
            let own: Double = row == column ? 1 : 0
            return own - 2 * normal[row] * normal[column]
        }
        var covariance = [Double](repeating: 0, count: width * width)
        for row in 0..<width {
            for column in 0..<width {
                var sum = 0.0
                for k in 0..<width {
                    let left: Double = reflected(row, k) * variances[k]
                    sum += left * reflected(column, k)
                }
                covariance[row * width + column] = sum
            }
        }
        let axes = PrincipalAxes.leading(count, of: covariance, width: width)
        var held = 0.0
        for first in 0..<count {
            let own = (0..<width).map { Double(axes[first * width + $0]) }
            for second in 0..<count {
                let inner = (0..<width).reduce(0) { $0 + own[$1] * Double(axes[second * width + $1]) }
                #expect(abs(inner - (first == second ? 1 : 0)) < 1e-5)
            }
            for row in 0..<width {
                for column in 0..<width {
                    let left: Double = own[row] * covariance[row * width + column]
                    held += left * own[column]
                }
            }
        }
        #expect(abs(held - 91) < 0.05)
        #expect(axes == PrincipalAxes.leading(count, of: covariance, width: width))
    }

    @Test("similarities of what is kept are those of whole states, nearly")
    func line() {
        let texts = Self.texts(300, hidden: 384, rank: 40)
        let whole = TokenNormaliser(measuring: texts, hidden: 384, width: 384)
        let kept = TokenNormaliser(measuring: texts, hidden: 384)
        #expect(kept.dimension == 256)
        #expect(kept.axes.count == 256 * 384)
        for (first, second) in [(0, 1), (5, 90), (17, 17), (200, 31)] {
            let exact = exactSimilarity(
                whole.vectors(of: texts[first], limit: 48), whole.vectors(of: texts[second], limit: 48))
            let packed = PackedSentence(key: 0, texts[second], kept, embedding: [1]).tokens
            var interaction = LateInteraction(QueryTokens(texts[first], kept))
            let similarity = packed.withUnsafeBufferPointer {
                interaction.similarity(to: SentencePack.Tokens(start: $0.baseAddress, count: 6))
            }
            #expect(abs(similarity - exact) < 0.08, "\(first), \(second)")
        }
    }

    private func exactSimilarity(_ queries: [[Float]], _ tokens: [[Float]]) -> Float {
        func product(_ left: [Float], _ right: [Float]) -> Float { zip(left, right).reduce(0) { $0 + $1.0 * $1.1 } }
        let forward = queries.map { query in tokens.map { product(query, $0) }.max() ?? 0 }
        let backward = tokens.map { token in queries.map { product($0, token) }.max() ?? 0 }
        let (first, second) = (
            forward.reduce(0, +) / Float(forward.count), backward.reduce(0, +) / Float(backward.count)
        )
        return (first + second) / 2
    }

    @Test("a space is read as it was written, and not when it is cut or says other sizes")
    func kept() throws {
        let space = VectorSpace(measuring: Self.texts(80, hidden: 300, rank: 20), dimension: 300)
        #expect(space.tokens.dimension == 256)
        #expect(space.sentenceDimension == 128)
        let data = space.data
        let read = try #require(data.withUnsafeBytes { VectorSpace($0) })
        #expect(read == space)
        #expect(read.tokens == space.tokens)
        let embedding = Self.texts(1, hidden: 300, rank: 3)[0].embedding
        #expect(read.sentence(embedding) == space.sentence(embedding))
        #expect(space.sentence([1, 2]) == [])
        #expect(data.dropLast().withUnsafeBytes { VectorSpace($0) } == nil)
        var other = data
        other[0] = 1
        #expect(other.withUnsafeBytes { VectorSpace($0) } == nil)
    }

    @Test("an encoder narrower than what is kept keeps all its numbers")
    func narrow() {
        let space = VectorSpace(measuring: Self.texts(20, hidden: 32, rank: 4), dimension: 32)
        #expect(space.tokens.dimension == 32)
        #expect(space.tokens.axes.isEmpty)
        #expect(space.tokens.line == TokenNormaliser.Line())
        #expect(space.sentenceDimension == 32)
    }
}
