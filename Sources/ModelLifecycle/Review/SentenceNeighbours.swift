public import ConversationDomain
import Inference
public import IntentModel
import Synchronization
public import Wording

/// Tells which texts mean the same by their sentence embeddings, nearer than what the bot's own sentences of the language need for it.
///
/// What visitors wrote is kept in memory only, and not for long: nothing of it stays when a conversation is erased.
public final class SentenceNeighbours: SentenceNearness {
    private struct Vectors {
        var encoder = ""
        var known: [UTF8Text: [Float]] = [:]
    }

    /// Embeddings that are remembered, some 1.5 kB each; beyond, all are forgotten.
    private static let limit = 2_000
    /// Scalars of a text that its meaning is found by.
    private static let scalars = 300
    /// Texts of one request to the encoder, so that others get their turn.
    private static let atOnce = 16

    private let classifier: LiveClassifier
    private let content: any LiveContent
    /// Knows how near is near.
    private let indexer: LabelledIndexer
    /// Encodes without keeping anything.
    private let embedder: LabelledIndexer
    private let vectors = Mutex(Vectors())
    private let measuring = Mutex<Task<Void, Never>?>(nil)

    public init(
        classifier: LiveClassifier, content: any LiveContent, indexer: LabelledIndexer, embedder: LabelledIndexer
    ) {
        self.classifier = classifier
        self.content = content
        self.indexer = indexer
        self.embedder = embedder
    }

    deinit { measuring.withLock { $0?.cancel() } }

    public func nearness(of texts: [String], to text: String, locale: BotLocale, within time: Duration) async throws
        -> [Double?]
    {
        let end = ContinuousClock.now + time
        guard let encoder = classifier.active?.encoder else { return texts.map { _ in nil } }
        let threshold = threshold(locale, encoder)
        let wanted = Self.beginning(text)
        let all = texts.map(Self.beginning)
        let known = try await embeddings([wanted] + all, encoder, until: end)
        guard let query = known[UTF8Text(wanted)] else { return texts.map { _ in nil } }
        let key = LabelledIndex.key(of: wanted)
        return all.map { other in
            if LabelledIndex.key(of: other) == key { return 1 }
            guard let vector = known[UTF8Text(other)], vector.count == query.count else { return nil }
            let cosine = zip(vector, query).reduce(0) { $0 + Double($1.0 * $1.1) }
            return cosine >= threshold ? min(1, max(0, cosine)) : nil
        }
    }

    private static func beginning(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(scalars)))
    }

    /// What is known, and what can be encoded until then, in the order of the texts.
    private func embeddings(_ texts: [String], _ encoder: any SentenceEncoder, until end: ContinuousClock.Instant)
        async throws -> [UTF8Text: [Float]]
    {
        let name = encoder.numericsHash
        var known = vectors.withLock { $0.encoder == name ? $0.known : [:] }
        var seen: Set<UTF8Text> = []
        let missing = texts.filter { known[UTF8Text($0)] == nil && seen.insert(UTF8Text($0)).inserted }
        for start in stride(from: 0, to: missing.count, by: Self.atOnce) {
            guard .now < end else { break }
            let some = Array(missing[start..<min(start + Self.atOnce, missing.count)])
            do {
                let made = try await embedder.embeddings(some, encoder: encoder)
                for (text, vector) in zip(some, made) { known[UTF8Text(text)] = vector }
            } catch let error as ChatError where error.code == .overloaded || error.code == .notReady {
                // Visitors go first: what is found without the rest is enough.
                break
            }
        }
        let found = known
        vectors.withLock { $0 = Vectors(encoder: name, known: found.count > Self.limit ? [:] : found) }
        return found
    }

    /// As measured on the bot's own sentences; a careful one until that is done, which the first call begins.
    private func threshold(_ locale: BotLocale, _ encoder: any SentenceEncoder) -> Double {
        let content = content.current().content
        if let measured = indexer.measuredThresholds(content, encoder: encoder) { return measured[for: locale].group }
        measuring.withLock { task in
            guard task == nil else { return }
            task = Task(priority: .background) { [weak self, indexer] in
                await WorkAccount.$current.withValue(nil) {
                    _ = try? await indexer.thresholds(content, encoder: encoder)
                }
                self?.measuring.withLock { $0 = nil }
            }
        }
        return NeighbourThresholds.careful.group
    }
}
