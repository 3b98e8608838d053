import BERT
import ConversationDomain
import Foundation
import ModelRecords
import Synchronization
import TensorFiles

@testable import Inference

/// Embeds by counting words: a hashed bag of words of norm 1, so that sentences with common words are similar.
final class FakeEncoder: SentenceEncoder {
    let name: String
    let weightsHash: String
    let dimension: Int
    let featureScaling: ModelManifest.FeatureScaling
    private struct Call {
        let texts: [String]
        let threads: Int
    }

    private let calls = Mutex<[Call]>([])
    private let react: @Sendable ([String]) throws -> Void

    /// - Parameter react: called with each batch before it is embedded; may block or throw.
    init(
        name: String = "fake", weightsHash: String = String(repeating: "0", count: 64), dimension: Int = 64,
        featureScaling: ModelManifest.FeatureScaling = .unit,
        react: @escaping @Sendable ([String]) throws -> Void = { _ in }
    ) {
        self.name = name
        self.weightsHash = weightsHash
        self.dimension = dimension
        self.featureScaling = featureScaling
        self.react = react
    }

    /// The batches that were asked for, in order.
    var batches: [[String]] { calls.withLock { $0.map(\.texts) } }
    /// How many threads each batch was given.
    var threads: [Int] { calls.withLock { $0.map(\.threads) } }

    var numericsHash: String { weightsHash }

    func embed(_ texts: [String], as role: EncodingRole, threads: Int) throws -> [[Float]] {
        calls.withLock { $0.append(Call(texts: texts, threads: threads)) }
        try react(texts)
        return texts.map { vector(of: $0) }
    }

    /// One token a word between spaces, its state the word's vector.
    func encode(_ texts: [String], as role: EncodingRole, threads: Int) throws -> [EncodedText] {
        zip(texts, try embed(texts, as: role, threads: threads)).map { text, embedding in
            let scalars = Array(text.unicodeScalars)
            let words = scalars.indices.split { scalars[$0] == " " }.map { $0.startIndex..<$0.endIndex }
            let states = words.flatMap { vector(of: String(String.UnicodeScalarView(scalars[$0]))) }
            return EncodedText(
                embedding: embedding,
                states: Encoder.TokenStates(tokens: words.count, hidden: dimension, values: states), places: words)
        }
    }

    func vector(of text: String) -> [Float] {
        var vector = [Float](repeating: 0, count: dimension)
        for term in SearchTerms.terms(of: text) {
            var fingerprint = Fingerprint()
            fingerprint.combine(term)
            vector[Int(fingerprint.bytes[15]) % dimension] += 1
        }
        let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return norm == 0 ? vector : vector.map { $0 / norm }
    }
}

/// Keeps what the tests store, in memory.
actor MemoryModelStore: ModelStore {
    private(set) var embeddings: [String: [Data: [Float]]] = [:]
    private(set) var lookups = 0

    func add(_ model: ModelVersion) {}
    func list() -> [ModelSummary] { [] }
    func model(_ id: ModelVersionID) -> ModelVersion? { nil }
    func activeID() -> ModelVersionID? { nil }
    func activate(_ id: ModelVersionID, at: Date) throws { throw ChatError(.notFound, "there are no models") }
    func rollback(at: Date) throws -> ModelVersionID { throw ChatError(.conflict, "there are no models") }

    func cachedEmbeddings(_ keys: [Data], encoderHash: String) -> [Data: [Float]] {
        lookups += 1
        let known = embeddings[encoderHash] ?? [:]
        return Dictionary(uniqueKeysWithValues: keys.compactMap { key in known[key].map { (key, $0) } })
    }

    func cacheEmbeddings(_ new: [Data: [Float]], encoderHash: String) {
        embeddings[encoderHash, default: [:]].merge(new) { $1 }
    }
}
