import ConversationDomain
import Knowledge
import LinearModels
import Wording

/// The sentences of the speech acts, and the refusals of each intent.
struct SpeechActIndex: Sendable {
    private struct Place {
        let pack: Int32
        let row: Int32
    }

    /// Sentences that a message is compared with token by token, and of them of one act.
    static let shortlist = 24
    static let perAct = 6

    private let acts: [SpeechAct]
    /// One a sentence.
    private let owners: [Int32]
    /// Where each sentence stands.
    private let places: [Place]
    /// The content's pack, then those of the libraries.
    private let packs: [SentencePack]
    private let vectors: VectorRows
    /// The sentences that tell of a danger, and those that only sound like it.
    private let dangers: [Int]
    private let harmless: [Int]
    private let refusals: [IntentName: [Int32]]
    private let negations: PhraseMatcher
    /// The intents that supply an act's answers.
    let intents: [SpeechAct: IntentName]

    /// - Parameter packs: the content's; then those that have the sentences that the program brings.
    init(_ source: CandidateSource, _ packs: [SentencePack]) throws {
        self.packs = packs
        var acts: [SpeechAct] = []
        var owners: [Int32] = []
        var places: [Place] = []
        for (act, sentences) in source.acts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            for sentence in sentences {
                for (pack, rows) in packs.enumerated().reversed() {
                    guard let row = rows.row(of: sentence) else { continue }
                    owners.append(Int32(acts.count))
                    places.append(Place(pack: Int32(pack), row: Int32(row)))
                    break
                }
            }
            acts.append(act)
        }
        (self.acts, self.owners, self.places) = (acts, owners, places)
        dangers = owners.indices.filter { acts[Int(owners[$0])].isDanger }
        harmless = owners.indices.filter { acts[Int(owners[$0])] == .harmless }
        vectors = try VectorRows.of(
            places.map { packs[Int($0.pack)].embedding(Int($0.row)) }, columns: packs.first?.sentenceDimension ?? 0)
        let content = packs.first
        refusals = source.refusals.mapValues { $0.compactMap { content?.row(of: $0).map(Int32.init) } }
        negations = source.negations
        intents = source.actIntents
    }

    /// The acts that are nearest, best first, and the danger that the message may tell of.
    /// - Parameter nearest: how near the nearest other thing is, the background included.
    func scores(
        _ interaction: inout LateInteraction, embedding: [Float], nearest other: Float
    ) -> (acts: [SpeechActScore], danger: DangerScore?) {
        guard !places.isEmpty else { return ([], nil) }
        let cosines = vectors.products(with: embedding)
        var taken: [Int32: Int] = [:]
        var best: [Int32: Float] = [:]
        let nearest = KnowledgeVectors.largest(4 * Self.shortlist, of: cosines)
        var count = 0
        for sentence in nearest where count < Self.shortlist {
            let owner = owners[sentence]
            guard acts[Int(owner)] != .harmless, taken[owner, default: 0] < Self.perAct else { continue }
            taken[owner, default: 0] += 1
            count += 1
            let similarity = interaction.similarity(to: tokens(of: sentence))
            best[owner] = max(best[owner] ?? -1, similarity)
        }
        let scores = best.map { SpeechActScore(act: acts[Int($0.key)], similarity: Double($0.value)) }
            .sorted { ($1.similarity, $0.act.rawValue) < ($0.similarity, $1.act.rawValue) }
        // "You're killing me, thanks" is thanks before it is a threat.
        let ordinary = scores.first { !$0.act.isDanger }?.similarity ?? 0
        return (scores, danger(&interaction, cosines, nearest: max(other, Float(ordinary))))
    }

    private func tokens(of sentence: Int) -> SentencePack.Tokens {
        let place = places[sentence]
        return packs[Int(place.pack)].tokens(Int(place.row))
    }

    /// Whether the message is nearer to the sentences of a danger than to ordinary talk in the same words, see ``DangerModel``; nil
    /// where it is near to none.
    private func danger(
        _ interaction: inout LateInteraction, _ cosines: [Float], nearest other: Float
    ) -> DangerScore? {
        func nearest(_ count: Int, of sentences: [Int]) -> [(act: SpeechAct, similarity: Float)] {
            KnowledgeVectors.largest(count, of: sentences.map { cosines[$0] }).map { place in
                let sentence = sentences[place]
                return (acts[Int(owners[sentence])], interaction.similarity(to: tokens(of: sentence)))
            }.sorted { $0.similarity > $1.similarity }
        }
        // Nearly every message is far from all dangers, which few comparisons tell.
        let first = nearest(DangerModel.firstLook, of: dangers).first
        guard let first, first.similarity >= DangerModel.leastHint else { return nil }
        guard first.similarity >= DangerModel.leastSimilarity, first.similarity >= other - DangerModel.behind else {
            return DangerScore(act: first.act, margin: -.infinity)
        }
        let near = nearest(DangerModel.shortlist, of: dangers)
        let harmless = nearest(DangerModel.shortlist, of: self.harmless)
        return near.first.map {
            DangerScore(
                act: $0.act,
                margin: DangerModel.margin(near.map(\.similarity), harmless.map(\.similarity), other: other))
        }
    }

    func hasNegation(_ text: String) -> Bool { negations.isFound(in: PhraseMatcher.Text(text)) }

    /// How much nearer a message is to the refusals of each of these intents than to their examples; empty for a message without
    /// a negation, and for a question.
    func refusals(
        of candidates: [(intent: IntentName, similarity: Float)], in text: String,
        _ interaction: inout LateInteraction
    ) -> [IntentName: Double] {
        guard let content = packs.first, !refusals.isEmpty, !RefusalTwins.isQuestion(text), hasNegation(text) else {
            return [:]
        }
        var leads: [IntentName: Double] = [:]
        for candidate in candidates {
            guard let rows = refusals[candidate.intent] else { continue }
            let nearest = rows.map { interaction.similarity(to: content.tokens(Int($0))) }.max() ?? 0
            leads[candidate.intent] = Double(nearest - candidate.similarity)
        }
        return leads
    }
}
