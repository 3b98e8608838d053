public import ConversationDomain
import Entities
public import Inference
public import IntentModel
public import ModelRecords

/// A text to be replayed through two versions.
public struct ReplayText: Hashable, Sendable {
    public let text: String
    /// What it means; nil when nobody has said.
    public let expected: IntentName?
    /// How many messages said it.
    public let count: Int

    public init(text: String, expected: IntentName? = nil, count: Int = 1) {
        self.text = text
        self.expected = expected
        self.count = count
    }

    /// Equal messages once, with their number, in the order in which each comes first.
    public static func counting(_ messages: [String]) -> [ReplayText] {
        var counts: [String: Int] = [:]
        var order: [String] = []
        for message in messages {
            if counts[message] == nil { order.append(message) }
            counts[message, default: 0] += 1
        }
        return order.map { ReplayText(text: $0, count: counts[$0] ?? 1) }
    }

    /// Texts whose meaning customers or the owner gave, not hints, each once; of more than `limit` an even spread.
    public static func labelled(_ texts: [LabelledText], limit: Int = VersionReplay.labelledLimit) -> [ReplayText] {
        var seen: Set<LabelledText> = []
        let unique = texts.filter { !$0.isHint && seen.insert($0).inserted }
        return KnownSentences.spread(unique.count, limit: limit).map {
            ReplayText(text: unique[$0].text, expected: unique[$0].intent)
        }
    }
}

/// What two versions made of one text.
public struct ReplayedText: Hashable, Sendable {
    public let text: ReplayText
    public let a: VersionDecision
    public let b: VersionDecision

    public init(_ text: ReplayText, a: VersionDecision, b: VersionDecision) {
        self.text = text
        self.a = a
        self.b = b
    }

    /// Whether the bot would act otherwise with the one than with the other.
    public var isChanged: Bool { a.understood != b.understood }
}

/// Runs the same texts through two versions. Labels from the review queue, which stand before the head of whatever version
/// is live, are left out: what is compared is what the versions have learned themselves.
public struct VersionReplay: Sendable {
    /// The most labelled texts that are replayed.
    public static let labelledLimit = 20_000

    private let queue: InferenceQueue
    private let cache: (any ModelStore)?

    /// - Parameters:
    ///   - queue: what encodes the texts.
    ///   - cache: where embeddings of the bot's examples are, so that they need not be made again; nil for texts that should
    ///     not be kept.
    public init(queue: InferenceQueue, cache: (any ModelStore)?) {
        self.queue = queue
        self.cache = cache
    }

    /// One result a text, in their order.
    /// - Parameter progress: texts encoded and texts to encode; two versions of one encoder need one pass.
    public func replay(
        _ texts: [ReplayText], through a: LiveClassifier.ActiveModel, _ b: LiveClassifier.ActiveModel,
        progress: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
    ) async throws -> [ReplayedText] {
        let masked = texts.map { MaskedText.masking($0.text) }
        let isShared = a.encoder.numericsHash == b.encoder.numericsHash
        let total = isShared ? texts.count : 2 * texts.count
        let embeddings = try await embed(masked, with: a.encoder) { progress($0, total) }
        let others =
            isShared ? embeddings : try await embed(masked, with: b.encoder) { progress(texts.count + $0, total) }
        return texts.indices.map { index in
            ReplayedText(
                texts[index], a: VersionDecision(a.head.judge(embeddings[index])),
                b: VersionDecision(b.head.judge(others[index])))
        }
    }

    private func embed(
        _ texts: [String], with encoder: any SentenceEncoder, progress: @escaping @Sendable (Int) -> Void
    ) async throws -> [[Float]] {
        try await CachedEmbedder(encoder: encoder, queue: queue, cache: cache)
            .embed(texts, as: .query) { done, _ in progress(done) }
    }
}

extension VersionDecision {
    /// What a head decides by itself.
    public init(_ judgement: IntentHead.Judgement) {
        self.init(best: judgement.best, isAccepted: judgement.verdict == .accepted)
    }
}
