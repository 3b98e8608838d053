import BERT
import ConversationDomain
import Foundation
import Inference
import Knowledge

/// Searches in knowledge bases of more and more entries, two questions each, half of them in Chinese.
enum KnowledgeScale {
    private static let searches = 300

    struct Line: Encodable {
        let part = "knowledge"
        let entries: Int
        /// Of the larger locale's part.
        let indexSeconds: Double
        let p50: Double
        let p99: Double
    }

    static func run(sizes: [Int]) async throws {
        var indices: [(index: KnowledgeIndex, seconds: Double)] = []
        let encoder = ClusteredEncoder()
        for size in sizes {
            let index = KnowledgeIndex(queue: InferenceQueue(), cache: nil)
            let begin = ContinuousClock.now
            try await index.refresh(
                content: BotContent(knowledge: entries(size)), encoder: encoder,
                model: ModelVersionID(trusted: "model_1"))
            indices.append((index, (ContinuousClock.now - begin) / .seconds(1)))
        }
        var samples = [Samples](repeating: Samples(), count: sizes.count)
        var random = SplitMix(state: 99)
        for _ in 0..<searches {
            let query = Self.sentence(7, &random)
            let embedding = encoder.vector(of: query)
            for (place, index) in indices.enumerated() {
                let begin = ContinuousClock.now
                let hits = try await index.index.search(
                    query, embedding: embedding, model: ModelVersionID(trusted: "model_1"), locale: .english, limit: 5)
                samples[place].add(ContinuousClock.now - begin)
                guard hits.count == 5 else { throw ScaleBench.Failure("\(hits.count) hits, expected 5") }
            }
        }
        for (place, size) in sizes.enumerated() {
            try ScaleBench.tell(
                Line(
                    entries: size, indexSeconds: indices[place].seconds, p50: samples[place].percentile(0.5),
                    p99: samples[place].percentile(0.99)))
        }
    }

    /// Nine in ten in the language that is searched in, so that a part is nearly as large as the whole.
    private static func entries(_ count: Int) -> [KnowledgeEntry] {
        var random = SplitMix(state: 7)
        return (0..<count).map { number in
            KnowledgeEntry(
                id: KnowledgeID(trusted: "entry.\(number)"), locale: number % 10 == 9 ? .chinese : .english,
                questions: [sentence(8, &random), sentence(8, &random)], answer: sentence(30, &random))
        }
    }

    /// Words of a vocabulary of 20,000, the n-th as often as 1/n.
    private static func sentence(_ words: Int, _ random: inout SplitMix) -> String {
        (0..<words).map { _ in "w\(Int(pow(20_000, Double.random(in: 0..<1, using: &random))))" }
            .joined(separator: " ")
    }
}

/// Embeddings that cost nothing: each text lies near one of 500 centres, chosen by its first word.
final class ClusteredEncoder: SentenceEncoder {
    let name = "clustered"
    let weightsHash = String(repeating: "0", count: 64)
    let numericsHash = "clustered"
    let dimension = 384
    let featureScaling = ModelManifest.FeatureScaling.unit
    private let centres: [[Float]]

    init() {
        var random = SplitMix(state: 1)
        centres = (0..<500).map { _ in (0..<384).map { _ in Float.random(in: -1...1, using: &random) } }
    }

    func embed(_ texts: [String], as role: EncodingRole, threads: Int) -> [[Float]] { texts.map(vector) }

    func encode(_ texts: [String], as role: EncodingRole, threads: Int) -> [EncodedText] {
        texts.map { EncodedText(embedding: vector(of: $0)) }
    }

    func vector(of text: String) -> [Float] {
        var random = SplitMix(
            state: text.utf8.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 })
        let centre = centres[Int(random.next() % 500)]
        let vector = centre.map { $0 + Float.random(in: -0.8...0.8, using: &random) }
        let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return vector.map { $0 / norm }
    }
}

/// SplitMix64 (G. Steele, D. Lea, C. Flood, 2014): the same start gives the same numbers.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
