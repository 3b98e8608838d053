import BERT
import ConversationDomain
package import Foundation
package import ModelRecords
import TensorFiles

/// Embeds texts in bulk: what the store has seen before comes from there, the rest goes through the inference queue in
/// small pieces, so that customers' messages get their turn in between.
package struct CachedEmbedder: Sendable {
    /// Texts of one request to the queue.
    static let pieceSize = 16
    /// Keys of one look into the store, and pieces between two writes to it.
    static let lookupSize = 512

    let encoder: any SentenceEncoder
    let queue: InferenceQueue
    let cache: (any ModelStore)?
    /// Embeddings that the caller has already, by key.
    var known: [Data: [Float]] = [:]

    package init(
        encoder: any SentenceEncoder, queue: InferenceQueue, cache: (any ModelStore)?,
        known: [Data: [Float]] = [:]
    ) {
        self.encoder = encoder
        self.queue = queue
        self.cache = cache
        self.known = known
    }

    /// One embedding a text, in their order.
    /// - Parameter progress: texts done and texts in all; called now and then.
    package func embed(
        _ texts: [String], as role: EncodingRole, progress: @Sendable (Int, Int) -> Void = { _, _ in }
    ) async throws -> [[Float]] {
        let keys = texts.map { Fingerprint.embeddingKey($0, as: role) }
        var known = try await cached(keys)
        var missing: [(key: Data, text: String)] = []
        var wanted: Set<Data> = []
        for (key, text) in zip(keys, texts) where known[key] == nil && wanted.insert(key).inserted {
            missing.append((key, text))
        }
        var done = texts.count - missing.count
        progress(done, texts.count)
        for start in stride(from: 0, to: missing.count, by: Self.lookupSize) {
            let part = Array(missing[start..<min(start + Self.lookupSize, missing.count)])
            var fresh = try await encode(part.map(\.text), as: role)
            if cache != nil { fresh = fresh.map(StoredVector.rounded) }
            let entries = Dictionary(zip(part.map(\.key), fresh), uniquingKeysWith: { first, _ in first })
            try await cache?.cacheEmbeddings(entries, encoderHash: encoder.numericsHash)
            known.merge(entries) { _, new in new }
            done += part.count
            progress(done, texts.count)
        }
        return keys.map { known[$0] ?? [] }
    }

    private func cached(_ keys: [Data]) async throws -> [Data: [Float]] {
        var found: [Data: [Float]] = [:]
        for key in keys { found[key] = known[key] }
        guard let cache else { return found }
        let unique = Array(Set(keys).subtracting(found.keys))
        for start in stride(from: 0, to: unique.count, by: Self.lookupSize) {
            let part = Array(unique[start..<min(start + Self.lookupSize, unique.count)])
            let values = try await cache.cachedEmbeddings(part, encoderHash: encoder.numericsHash)
            // A value of another width would come from a damaged store: it is made again.
            for (key, value) in values where value.count == encoder.dimension { found[key] = value }
        }
        return found
    }

    /// Keeps as many pieces under way as the queue has threads.
    private func encode(_ texts: [String], as role: EncodingRole) async throws -> [[Float]] {
        let pieces = stride(from: 0, to: texts.count, by: Self.pieceSize).map {
            Array(texts[$0..<min($0 + Self.pieceSize, texts.count)])
        }
        var results = [[[Float]]](repeating: [], count: pieces.count)
        try await withThrowingTaskGroup(of: (Int, [[Float]]).self) { group in
            var next = 0
            func addNext() {
                guard next < pieces.count else { return }
                let index = next
                next += 1
                group.addTask {
                    (index, try await queue.embed(pieces[index], as: role, with: encoder, deadline: nil))
                }
            }
            for _ in 0..<queue.options.threads { addNext() }
            while let (index, embeddings) = try await group.next() {
                results[index] = embeddings
                addNext()
            }
        }
        return results.flatMap { $0 }
    }
}

extension Fingerprint {
    /// The key of a text's embedding in the cache: role, then text. The encoder is kept apart by its own hash.
    static func embeddingKey(_ text: String, as role: EncodingRole) -> Data {
        var fingerprint = Fingerprint()
        fingerprint.combine(role.rawValue)
        fingerprint.combine(text)
        return fingerprint.bytes
    }
}
