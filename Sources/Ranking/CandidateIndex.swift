import ConversationDomain
import Foundation
import Knowledge
import LinearModels

/// All that a bot could say, with the sentences by which each is found, and the background that nothing of it answers.
/// One revision of the content, one encoder; never changed.
final class CandidateIndex: Sendable {
    /// Sentences that a message is compared with token by token.
    static let shortlist = 200
    /// Of them, of one candidate.
    static let perCandidate = 8
    /// Of each of the head's best intents, whatever their sentences' nearness.
    static let perHeadIntent = 3
    static let headIntents = 10
    /// Background sentences that a message is compared with token by token.
    static let backgroundShortlist = 48
    /// The nearest intents that are compared with their refusals.
    static let refusalLimit = 4

    struct Entry: Sendable {
        let subject: Candidate.Subject
        /// Of knowledge.
        let locale: BotLocale?
        /// Its rows among the sentences.
        let sentences: Range<Int>
    }

    let entries: [Entry]
    /// One a sentence: its text, its candidate, its row in the pack.
    let texts: [String]
    private let owners: [Int32]
    private let rows: [Int32]
    private let vectors: VectorRows
    /// Over sentences and answers, one document a candidate.
    private let words: WordIndex?
    private let intents: [IntentName: Int]
    /// What passages are quoted by.
    let passages: PassageSentences
    private let locales: [BotLocale]
    /// What messages are brought to before they are compared.
    let space: VectorSpace
    private let content: SentencePack
    private let background: SentencePack
    private let backgroundRows: [Int32]
    private let backgroundVectors: VectorRows
    private let nearness: ContentNearness
    /// Sentences that the owner, or a review label, called out of scope; they follow the shipped ones.
    private let foreign: [Int32]
    /// Nil where only nearness is measured.
    let acts: SpeechActIndex?
    /// Rows of the background that tell of a danger: sentences of those speech acts too.
    private let dangers: Set<Int32>

    /// - Parameters:
    ///   - background: brings the space of all.
    ///   - kept: the rows of the shipped background sentences that are used for this bot.
    ///   - nearness: how near the content's sentences are to each other.
    ///   - libraries: have the sentences of the speech acts that the program brings.
    ///   - withWords: false leaves out what only messages in words need.
    init(
        _ source: CandidateSource, content: SentencePack, background: SentencePack, kept: [Int32],
        nearness: ContentNearness,
        libraries: [SentencePack] = [], withWords: Bool = true
    ) throws {
        guard let space = background.space, space.sentenceDimension == content.sentenceDimension else {
            throw ChatError(.internal, "the vectors of the background lack what they were brought to")
        }
        self.space = space
        self.nearness = nearness
        self.content = content
        self.background = background
        var entries: [Entry] = []
        var texts: [String] = []
        var owners: [Int32] = []
        var rows: [Int32] = []
        var intents: [IntentName: Int] = [:]
        for candidate in source.candidates {
            let first = texts.count
            for text in candidate.sentences {
                guard let row = content.row(of: text) else { continue }
                texts.append(text)
                owners.append(Int32(entries.count))
                rows.append(Int32(row))
            }
            if case .intent(let name) = candidate.subject { intents[name] = entries.count }
            entries.append(
                Entry(subject: candidate.subject, locale: candidate.locale, sentences: first..<texts.count))
        }
        (self.entries, self.texts, self.owners, self.rows, self.intents) = (entries, texts, owners, rows, intents)
        locales = Set(entries.compactMap(\.locale)).sorted()
        foreign = source.foreign.compactMap { content.row(of: $0).map(Int32.init) }
        backgroundRows = kept
        words = withWords ? Self.words(of: source) : nil
        passages = PassageSentences(source.passages, content)
        vectors = try VectorRows.of(rows.map { content.embedding(Int($0)) }, columns: space.sentenceDimension)
        backgroundVectors = try VectorRows.of(
            backgroundRows.map { space.sentence(background.embedding(Int($0))) }
                + foreign.map { content.embedding(Int($0)) },
            columns: space.sentenceDimension)
        acts = withWords ? try SpeechActIndex(source, [content] + libraries) : nil
        dangers = Set(
            source.acts.filter(\.key.isDanger).values.joined().compactMap { background.row(of: $0).map(Int32.init) })
    }

    /// The same without some of the background.
    private init(_ index: CandidateIndex, backgroundRows: [Int32]) throws {
        (entries, texts, owners, rows) = (index.entries, index.texts, index.owners, index.rows)
        (vectors, words, intents, locales) = (index.vectors, index.words, index.intents, index.locales)
        (passages, space) = (index.passages, index.space)
        (content, background, nearness, foreign) = (index.content, index.background, index.nearness, index.foreign)
        self.backgroundRows = backgroundRows
        backgroundVectors = try VectorRows.of(
            backgroundRows.map { index.space.sentence(index.background.embedding(Int($0))) }
                + index.foreign.map { index.content.embedding(Int($0)) }, columns: index.space.sentenceDimension)
        (acts, dangers) = (index.acts, index.dangers)
    }

    /// The same candidates against a background without these sentences.
    func leavingOut(_ sentences: [String]) throws -> CandidateIndex {
        let rows = Set(sentences.compactMap { background.row(of: $0).map(Int32.init) })
        return try CandidateIndex(self, backgroundRows: backgroundRows.filter { !rows.contains($0) })
    }

    private static func words(of source: CandidateSource) -> WordIndex {
        WordIndex(
            source.candidates.enumerated().map { index, candidate in
                KnowledgeEntry(
                    id: KnowledgeID(trusted: "\(index)"), locale: candidate.locale ?? .english,
                    questions: candidate.sentences, answer: candidate.answer)
            })
    }

    var sentenceCount: Int { texts.count }

    func owner(of sentence: Int) -> Int { Int(owners[sentence]) }

    /// The embedding of a background sentence as a message.
    func embedding(ofBackground text: String) -> [Float]? {
        background.row(of: text).map { background.embedding($0) }
    }

    /// The sentences of a passage that are nearest to a message, best first; empty for what is no passage.
    func quote(_ id: KnowledgeID, _ tokens: QueryTokens) -> [Int] {
        var interaction = LateInteraction(tokens)
        return passages.quote(id) { interaction.similarity(to: content.tokens(Int($0))) }
    }

    /// What the candidates of a message, and the background, score.
    /// - Parameters:
    ///   - embedding: as ``VectorSpace/sentence(_:)`` gives it.
    ///   - text: the message where speech acts and refusals are to be told; nil leaves them out.
    ///   - terms: the message's words, see `SearchTerms`.
    ///   - head: the head's ranking, best first; empty without one.
    ///   - locale: the visitor's; entries of other locales are left out where there are some of it.
    ///   - limit: sentences that are compared token by token.
    func scores(
        _ tokens: QueryTokens, embedding: [Float], text: String? = nil, terms: [String], head: [IntentScore],
        locale: BotLocale?, limit: Int = shortlist
    ) -> MessageScores {
        let nearest = locale?.nearest(in: locales)
        func isOpen(_ entry: Entry) -> Bool {
            guard let nearest, let locale = entry.locale else { return true }
            return locale == nearest
        }
        var interaction = LateInteraction(tokens)
        let cosines = vectors.products(with: embedding)
        var scores = MessageScores(tokens: tokens.count, content: nearness)
        var places: [Int: Int] = [:]
        for sentence in shortlist(cosines, limit: limit, head: head, isOpen: isOpen) {
            let owner = Int(owners[sentence])
            let similarity = interaction.similarity(to: content.tokens(Int(rows[sentence])))
            let place = places[owner] ?? scores.candidates.count
            if place == scores.candidates.count {
                places[owner] = place
                scores.candidates.append(CandidateScores(entry: owner, sentences: entries[owner].sentences.count))
            }
            scores.candidates[place].take(similarity, cosine: cosines[sentence], of: sentence)
        }
        for score in head {
            guard let owner = intents[score.intent], let place = places[owner] else { continue }
            scores.candidates[place].confidence = score.confidence
        }
        if let lexical = words?.scores(of: terms), let best = lexical.max(), best > 0 {
            for place in scores.candidates.indices {
                scores.candidates[place].lexical = lexical[scores.candidates[place].entry] / best
            }
        }
        compareWithBackground(embedding, &interaction, &scores)
        if let text, let acts {
            (scores.acts, scores.danger) = acts.scores(
                &interaction, embedding: embedding,
                nearest: max(scores.candidates.map(\.similarity).max() ?? 0, scores.harmlessBackground))
            scores.refusals = acts.refusals(of: nearestIntents(scores), in: text, &interaction)
            if !scores.refusals.isEmpty { scores.affirmed = affirmed(scores, acts) }
        }
        return scores
    }

    private func affirmed(_ scores: MessageScores, _ acts: SpeechActIndex) -> Set<IntentName> {
        let affirmed = scores.candidates.compactMap { candidate -> IntentName? in
            guard case .intent(let name) = entries[candidate.entry].subject, scores.refusals[name] != nil,
                !acts.hasNegation(texts[candidate.sentence])
            else { return nil }
            return name
        }
        return Set(affirmed)
    }

    /// The intents that a message may be turning down.
    private func nearestIntents(_ scores: MessageScores) -> [(intent: IntentName, similarity: Float)] {
        scores.candidates.compactMap { candidate -> (intent: IntentName, similarity: Float)? in
            guard case .intent(let name) = entries[candidate.entry].subject else { return nil }
            return (name, candidate.similarity)
        }.sorted { $0.similarity > $1.similarity }.prefix(Self.refusalLimit).map { $0 }
    }

    private func compareWithBackground(
        _ embedding: [Float], _ interaction: inout LateInteraction, _ scores: inout MessageScores
    ) {
        let cosines = backgroundVectors.products(with: embedding)
        for index in KnowledgeVectors.largest(Self.backgroundShortlist, of: cosines) {
            guard index < backgroundRows.count else {
                let tokens = content.tokens(Int(foreign[index - backgroundRows.count]))
                scores.takeBackground(interaction.similarity(to: tokens), cosine: cosines[index])
                continue
            }
            let row = backgroundRows[index]
            scores.takeBackground(
                interaction.similarity(to: background.tokens(Int(row))), cosine: cosines[index],
                isDanger: dangers.contains(row))
        }
    }

    private func shortlist(
        _ cosines: [Float], limit: Int, head: [IntentScore], isOpen: (Entry) -> Bool
    ) -> [Int] {
        var taken: [Int: Int] = [:]
        var chosen: [Int] = []
        for sentence in KnowledgeVectors.largest(4 * limit, of: cosines) where chosen.count < limit {
            let owner = Int(owners[sentence])
            guard taken[owner, default: 0] < Self.perCandidate, isOpen(entries[owner]) else { continue }
            taken[owner, default: 0] += 1
            chosen.append(sentence)
        }
        for score in head.prefix(Self.headIntents) {
            guard let owner = intents[score.intent], taken[owner, default: 0] < Self.perHeadIntent else { continue }
            let missing = Self.perHeadIntent - taken[owner, default: 0]
            var known = chosen.filter { owners[$0] == Int32(owner) }
            for _ in 0..<missing {
                let others = entries[owner].sentences.lazy.filter { !known.contains($0) }
                guard let best = others.max(by: { (cosines[$0], $1) < (cosines[$1], $0) }) else { break }
                known.append(best)
                chosen.append(best)
            }
        }
        return chosen
    }
}
