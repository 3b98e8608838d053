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
