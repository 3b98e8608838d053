import ConversationDomain

/// One caller's texts on their way through the queue. All fields are guarded by the queue's lock.
final class InferenceRequest: @unchecked Sendable {
    typealias Completion = @Sendable (Result<[[Float]], any Error>) -> Void

    let role: EncodingRole
    let encoder: any SentenceEncoder
    var submittedAt = ContinuousClock.now
    var deadline: ContinuousClock.Instant?
    var results: [[Float]]
    var remaining: Int
    /// Nil before the request was submitted and after it was answered.
    var completion: Completion?
    /// The caller left before the request was submitted.
    var isCancelled = false

    init(texts: Int, role: EncodingRole, encoder: any SentenceEncoder) {
        self.role = role
        self.encoder = encoder
        results = [[Float]](repeating: [], count: texts)
        remaining = texts
    }
}

/// Texts that go through the encoder together.
struct InferenceBatch {
    let items: [InferenceItem]
    let encoder: any SentenceEncoder
    let role: EncodingRole
    /// Cores that share the work.
    let cores: Int

    /// What becomes of each text; when the batch fails, each is encoded alone, so that only the guilty request is told.
    func outcomes() -> [Result<[Float], any Error>] {
        do {
            return try embeddings(of: items).map { .success($0) }
        } catch  where items.count == 1 {
            return [.failure(error)]
        } catch {
            return items.map { item in Result { try embeddings(of: [item]).first ?? [] } }
        }
    }

    private func embeddings(of items: [InferenceItem]) throws -> [[Float]] {
        let embeddings = try encoder.embed(items.map(\.text), as: role, threads: cores)
        guard embeddings.count == items.count else {
            throw ChatError(.internal, "the encoder gave \(embeddings.count) embeddings for \(items.count) texts")
        }
        return embeddings
    }
}

/// One waiting text.
struct InferenceItem {
    let request: InferenceRequest
    let index: Int
    let text: String
    let tokens: Int

    /// About one token per CJK character or three Latin letters, and the two special ones; never more than an encoder
    /// reads.
    static func estimatedTokens(_ text: String) -> Int { min(512, 2 + (text.utf8.count + 2) / 3) }
}
