import BERT
import ConversationDomain
import Foundation

/// Builds the index of a bot's content, and finds which of the shipped background sentences are foreign to it.
struct CandidateIndexBuilder: Sendable {
    /// Sentences of the content that are looked at for how near different candidates come to each other.
    static let sample = 400
    /// Where among those nearnesses the bound lies from which a background sentence may be about the owner's own matters.
    static let percentile = 0.95
    /// Sentences that are compared token by token to measure; it is done for thousands.
    static let shortlist = 48
    /// The share of sentences that may differ from what was measured.
    static let drift = 0.1
    /// Sentences that are needed to measure anything; with fewer the content is taken for a usual one.
    static let fewest = 20

    let packer: SentencePacker
    let background: BackgroundSet
    /// The sentences of the speech acts that the program brings.
    var libraries: [PhraseLibrary] = []
    /// Measures anew, whatever is kept.
    var isFresh = false

    struct Built: Sendable {
        let index: CandidateIndex
        /// Background sentences that are foreign to this bot; the others may be about its matters and are not used.
        let background: [BackgroundSet.Sentence]
        let dropped: Int
    }

    func build(_ source: CandidateSource) async throws -> Built {
        let texts = background.sentences.map(\.text)
        let backgroundPack = try await packer.background(texts)
        let libraries = try await packer.libraries(self.libraries, beside: backgroundPack)
        let contentPack = try await packer.content(source.texts(beside: libraries), beside: backgroundPack)
        let measured = try await measurement(of: source, contentPack, backgroundPack)
        let index = try CandidateIndex(
            source, content: contentPack, background: backgroundPack,
            kept: zip(texts, measured.kept).compactMap { text, isKept in
                isKept ? backgroundPack.row(of: text).map(Int32.init) : nil
            }, nearness: measured.nearness, libraries: libraries)
        return Built(
            index: index,
            background: zip(background.sentences, measured.kept).filter(\.1).map(\.0),
            dropped: measured.kept.count { !$0 })
    }

    /// The one that is kept where the content is still the same; where it is nearly the same, only what is new is compared with
    /// the background: an import of one entry would otherwise wait for thousands of comparisons.
    private func measurement(
        of source: CandidateSource, _ content: SentencePack, _ background: SentencePack
    ) async throws -> ContentMeasurement {
        let texts = self.background.sentences.map(\.text)
        let hex = background.origin.prefix(8).map { String($0, radix: 16) }.joined()
        let file = packer.folder?.appending(path: "measured-\(hex).bin")
        let names = ContentMeasurement.names(of: source)
        let all = names.flatMap { $0 }.sorted()
        if !isFresh, var known = file.flatMap({ ContentMeasurement(file: $0, backgroundCount: texts.count) }) {
            if known.sentences == all { return known }
            if Double(known.differences(from: all)) <= Self.drift * Double(known.sentences.count) {
                let before = Set(known.sentences)
                var added = source
                for (index, candidate) in source.candidates.enumerated() {
                    added.candidates[index].sentences = zip(candidate.sentences, names[index])
                        .filter { !before.contains($1) }.map(\.0)
                }
                try drop(from: &known, whatIsNear: added, content, background, texts)
                return known
            }
        }
        let index = try CandidateIndex(
            source, content: content, background: background, kept: [], nearness: .usual, withWords: false)
        let looks = try await looks(index)
        let others = looks.map(\.other).sorted()
        let leads = looks.compactMap { look in look.own.map { $0 - look.other } }
        var measured = ContentMeasurement(
            kept: texts.map { _ in true }, nearness: .usual, bound: .infinity, sentences: all)
        if leads.count >= Self.fewest {
            measured.nearness.separation = min(1, max(-1, leads.reduce(0, +) / Float(leads.count)))
        }
        if others.count >= Self.fewest {
            measured.nearness.closeness = min(1, max(0, others.reduce(0, +) / Float(others.count)))
            measured.bound = others[min(others.count - 1, Int(Self.percentile * Double(others.count)))]
            try drop(from: &measured, whatIsNear: source, content, background, texts)
        }
        if let file { measured.write(to: file) }
        return measured
    }

    /// A background sentence stays when it is less near to everything of the owner's than different candidates of the owner's are
    /// to each other, but for the nearest of those.
    private func drop(
        from measured: inout ContentMeasurement, whatIsNear source: CandidateSource, _ content: SentencePack,
        _ background: SentencePack, _ texts: [String]
    ) throws {
        guard measured.bound.isFinite, source.candidates.contains(where: { !$0.sentences.isEmpty }) else { return }
        let index = try CandidateIndex(
            source, content: content, background: background, kept: [], nearness: .usual, withWords: false)
        for (place, text) in texts.enumerated() where measured.kept[place] {
            guard let row = background.row(of: text) else { continue }
            let scores = index.scores(
                background.query(row, in: index.space), embedding: index.space.sentence(background.embedding(row)),
                terms: [], head: [], locale: nil, limit: Self.shortlist)
            measured.kept[place] = (scores.candidates.map(\.similarity).max() ?? 0) < measured.bound
        }
    }

    /// For a sample of the content's sentences how near the nearest other sentence of the same candidate is, where there is one, and
    /// the nearest of another candidate. The sentences are encoded as messages are: packed vectors of both sides would be nearer to
    /// each other, by what packing did to the words that they share, than a message ever is.
    private func looks(_ index: CandidateIndex) async throws -> [(own: Float?, other: Float)] {
        let step = max(1, (index.sentenceCount + Self.sample - 1) / Self.sample)
        let sentences = Array(stride(from: 0, to: index.sentenceCount, by: step))
        let encoded = try await packer.encoded(sentences.map { index.texts[$0] })
        return zip(sentences, encoded).compactMap { sentence, encoded in
            let owner = index.owner(of: sentence)
            let scores = index.scores(
                QueryTokens(encoded, index.space.tokens), embedding: index.space.sentence(encoded.embedding), terms: [],
                head: [], locale: nil, limit: Self.shortlist)
            let others = scores.candidates.filter { $0.entry != owner }.map(\.similarity)
            guard let other = others.max() else { return nil }
            // The nearest of its own candidate is the sentence itself.
            let own = scores.candidates.first { $0.entry == owner }?.nearest.dropFirst().first
            return (own, other)
        }
    }
}
