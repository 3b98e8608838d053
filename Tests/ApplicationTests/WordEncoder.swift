import BERT
import Synchronization

@testable import Inference

/// Words with states that depend on the word alone; keeps what it encoded.
final class WordEncoder: SentenceEncoder {
    let name = "words"
    let weightsHash: String
    let dimension = 32
    let featureScaling = ModelManifest.FeatureScaling.unit
    private let encoded = Mutex<[String]>([])

    init(weightsHash: String = String(repeating: "a", count: 64)) { self.weightsHash = weightsHash }

    var numericsHash: String { weightsHash }

    /// What was encoded since the last look.
    func takeTexts() -> [String] {
        encoded.withLock { texts in
            defer { texts = [] }
            return texts
        }
    }

    func embed(_ texts: [String], as role: EncodingRole, threads: Int) throws -> [[Float]] {
        try encode(texts, as: role, threads: threads).map(\.embedding)
    }

    func encode(_ texts: [String], as role: EncodingRole, threads: Int) throws -> [EncodedText] {
        encoded.withLock { $0 += texts }
        return texts.map { text in
            let scalars = Array(text.unicodeScalars)
            let places = scalars.indices.split { scalars[$0] == " " }.map { $0.startIndex..<$0.endIndex }
            let words = places.map { Self.vector(String(String.UnicodeScalarView(scalars[$0]))) }
            var sum = [Float](repeating: 1e-3, count: dimension)
            for word in words { for index in sum.indices { sum[index] += word[index] } }
            let norm = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return EncodedText(
                embedding: sum.map { $0 / norm },
                states: Encoder.TokenStates(tokens: words.count, hidden: dimension, values: words.flatMap { $0 }),
                places: places)
        }
    }

    private static func vector(_ word: String) -> [Float] {
        var state = word.utf8.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
        return (0..<32).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(Int32(truncatingIfNeeded: state >> 32)) / Float(Int32.max)
        }
    }
}
