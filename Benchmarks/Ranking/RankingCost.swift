import BERT
import ConversationDomain
import Foundation
import Inference
import IntentData
import IntentModel
import Knowledge
import NativeContent
import Ranking

/// What the ranking adds to a turn: a message's states and the head's judgement are there already, as they are without a ranking.
///
///     RankingBench MODEL_DIRECTORY cost CONTENT_FOLDER [SENTENCES]
///
/// With SENTENCES the content is repeated, in other words as the encoder sees it, until it has as many examples and questions.
struct RankingCost {
    /// Messages that are ranked one after another, and how often each.
    static let messages = 300
    static let rounds = 3

    let directory: URL
    let folder: URL
    let sentences: Int?

    func run() async throws {
        var options = InferenceQueue.Options()
        options.threads = 2
        let queue = InferenceQueue(options: options)
        let encoder = VaryingEncoder(try TextEncoder(directory: directory, precision: .int8))
        let whole = repeated(try ContentReader.read(paths: [folder]).content.withShippedPhrases)
        var bare = whole
        bare.phrases = []
        let texts = messages()
        let encoded = try texts.map { try encoder.encode([$0], as: .query, threads: 1)[0] }
        let model = ModelVersionID(trusted: "model")
        let head = whole.intents.enumerated().map { IntentScore(intent: $1.name, confidence: 0.5 / Double(1 + $0)) }
        let count =
            whole.intents.reduce(0) { $0 + $1.examples.count } + whole.knowledge.reduce(0) { $0 + $1.questions.count }
        print("\(count) examples and questions, \(whole.intents.count) intents, \(whole.knowledge.count) entries")
        for (name, content) in [("ranking", bare), ("with speech acts", whole)] {
            let knowledge = KnowledgeIndex(queue: queue, cache: nil)
            try await knowledge.refresh(content: content, encoder: encoder, model: model)
            let ranker = ContentRanker(
                queue: queue, folder: nil, models: nil, knowledge: knowledge, phrases: [])
            guard let ranking = try await ranker.ranking(of: content, encoder: encoder) else { continue }
            var times: [Double] = []
            for round in 0...Self.rounds {
                for (text, encoded) in zip(texts, encoded) {
                    let start = ContinuousClock.now
                    _ = await ranking.rank(text, encoded, model: model, head: head, locale: nil)
                    let time = start.duration(to: .now)
                    // The first round is for caches to fill.
                    if round > 0 { times.append(Double(time.components.attoseconds) / 1e15) }
                }
            }
            times.sort()
            func quantile(_ share: Double) -> String {
                String(format: "%.3f", times[Int(share * Double(times.count - 1))])
            }
            print("\(name): p50 \(quantile(0.5)) ms, p95 \(quantile(0.95)) ms, fastest \(quantile(0)) ms")
        }
        await queue.shutdown()
    }

    private func messages() -> [String] {
        let all = BackgroundSet.shipped.sentences.map(\.text)
        return stride(from: 0, to: all.count, by: max(1, all.count / Self.messages)).map { all[$0] }
    }

    private func repeated(_ content: BotContent) -> BotContent {
        guard let sentences else { return content }
        var result = content
        var count = 0
        for copy in 0... where count < sentences {
            let tag = copy == 0 ? "" : " " + VaryingEncoder.tag(copy)
            for intent in content.intents where intent.act == nil && count < sentences {
                let examples = intent.examples.map { Example(text: $0.text + tag, locale: $0.locale) }
                count += examples.count
                guard copy > 0 else { continue }
                result.intents.append(
                    Intent(name: IntentName(trusted: "\(intent.name.rawValue).\(copy)"), examples: examples))
            }
            for entry in content.knowledge where count < sentences {
                count += entry.questions.count
                guard copy > 0 else { continue }
                result.knowledge.append(
                    KnowledgeEntry(
                        id: KnowledgeID(trusted: "\(entry.id.rawValue)-\(copy)"), locale: entry.locale,
                        questions: entry.questions.map { $0 + tag }, answer: entry.answer + tag))
            }
        }
        return result
    }
}

/// An encoder that takes a text with a tag at its end for the text without it, a little changed: 100,000 sentences need not be
/// encoded then.
private final class VaryingEncoder: SentenceEncoder, @unchecked Sendable {
    private let base: TextEncoder
    private let lock = NSLock()
    // Guarded by `lock`.
    private var known: [String: EncodedText] = [:]

    init(_ base: TextEncoder) { self.base = base }

    static func tag(_ copy: Int) -> String {
        "qx" + String(String(copy).unicodeScalars.map { Character(Unicode.Scalar(UInt8(97 + $0.value - 48))) })
    }

    var name: String { base.name }
    var weightsHash: String { base.weightsHash }
    var numericsHash: String { base.numericsHash }
    var dimension: Int { base.dimension }
    var featureScaling: ModelManifest.FeatureScaling { base.featureScaling }

    func embed(_ texts: [String], as role: EncodingRole, threads: Int) throws -> [[Float]] {
        try encode(texts, as: role, threads: threads).map(\.embedding)
    }

    func encode(_ texts: [String], as role: EncodingRole, threads: Int) throws -> [EncodedText] {
        try texts.map { text in
            let parts = text.split(separator: " ")
            guard let tag = parts.last, tag.hasPrefix("qx"), parts.count > 1 else {
                return try kept(text, role, threads)
            }
            let plain = parts.dropLast().joined(separator: " ")
            return varied(try kept(plain, role, threads), by: tag)
        }
    }

    private func kept(_ text: String, _ role: EncodingRole, _ threads: Int) throws -> EncodedText {
        let key = "\(role.rawValue) \(text)"
        if let encoded = lock.withLock({ known[key] }) { return encoded }
        let encoded = try base.encode([text], as: role, threads: threads)[0]
        lock.withLock { known[key] = encoded }
        return encoded
    }

    private func varied(_ encoded: EncodedText, by tag: Substring) -> EncodedText {
        var state = tag.utf8.reduce(UInt64(1)) { $0 &* 31 &+ UInt64($1) }
        func changed(_ values: [Float]) -> [Float] {
            values.map { value in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return value * (0.8 + 0.4 * Float(state >> 40) / Float(1 << 24))
            }
        }
        let embedding = changed(encoded.embedding)
        let norm = embedding.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
        return EncodedText(
            embedding: embedding.map { $0 / max(1e-6, norm) },
            states: Encoder.TokenStates(
                tokens: encoded.states.tokens, hidden: encoded.states.hidden, values: changed(encoded.states.values)),
            places: encoded.places)
    }
}
