import BERT
import ConversationDomain

/// One caller's texts on their way through the queue. All fields are guarded by the queue's lock.
final class InferenceRequest: @unchecked Sendable {
    typealias Completion = @Sendable (Result<[EncodedText], any Error>) -> Void

    let role: EncodingRole
    let encoder: any SentenceEncoder
    /// Whether the states of the tokens are wanted beside the embeddings; results have none otherwise.
    let wantsTokens: Bool
    var submittedAt = ContinuousClock.now
    var deadline: ContinuousClock.Instant?
    var results: [EncodedText?]
    var remaining: Int
    /// Nil before the request was submitted and after it was answered.
    var completion: Completion?
    /// The caller left before the request was submitted.
    var isCancelled = false
    /// Whose turn it takes.
    let account: WorkAccount?

    init(texts: Int, role: EncodingRole, encoder: any SentenceEncoder, wantsTokens: Bool = false) {
        self.role = role
        self.encoder = encoder
        self.wantsTokens = wantsTokens
        account = WorkAccount.current
        results = [EncodedText?](repeating: nil, count: texts)
        remaining = texts
    }
}

/// Texts that go through the encoder together.
struct InferenceBatch {
    let items: [InferenceItem]
    let encoder: any SentenceEncoder
    let role: EncodingRole
    let wantsTokens: Bool
    /// Cores that share the work.
    let cores: Int

    var tokens: Int { items.reduce(0) { $0 + $1.tokens } }
    /// Nobody waits for it.
    var isPatient: Bool { items.first?.isPatient ?? false }
    /// Where the turn of whatever follows it begins.
    var end: Int { items.last.map { $0.turn + $0.tokens } ?? 0 }

    /// What becomes of each text; when the batch fails, each is encoded alone, so that only the guilty request is told.
    func outcomes(_ interlude: PassInterlude?) -> [Result<EncodedText, any Error>] {
        do {
            return try encoded(items, interlude).map { .success($0) }
        } catch  where items.count == 1 {
            return [.failure(error)]
        } catch {
            return items.map { item in
                Result {
                    guard let own = try encoded([item], interlude).first else {
                        throw ChatError(.internal, "the encoder gave nothing for a text")
                    }
                    return own
                }
            }
        }
    }

    private func encoded(_ items: [InferenceItem], _ interlude: PassInterlude?) throws -> [EncodedText] {
        let texts = items.map(\.text)
        let encoded =
            wantsTokens
            ? try encoder.encode(texts, as: role, threads: cores, interlude: interlude)
            : try encoder.embed(texts, as: role, threads: cores, interlude: interlude).map(
                EncodedText.init(embedding:))
        guard encoded.count == items.count else {
            throw ChatError(.internal, "the encoder gave \(encoded.count) embeddings for \(items.count) texts")
        }
        return encoded
    }
}

extension InferenceItem {
    /// Whether both can go through the encoder at once.
    func fits(_ other: InferenceItem) -> Bool {
        request.encoder === other.request.encoder && request.role == other.request.role
            && request.wantsTokens == other.request.wantsTokens && isPatient == other.isPatient
    }
}

/// One waiting text.
struct InferenceItem {
    let request: InferenceRequest
    let index: Int
    let text: String
    let tokens: Int
    /// When its turn is, in tokens that the queue has served by then; see ``FairTurns``.
    let turn: Int
    /// Nobody waits for it: it belongs to work in bulk, which has no deadline.
    let isPatient: Bool

    func goesBefore(_ other: InferenceItem) -> Bool {
        isPatient == other.isPatient ? turn < other.turn : !isPatient
    }
}
