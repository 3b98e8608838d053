import ConversationDomain
import Foundation
import Understanding

/// Builds the index of a bot's content, and finds which of the shipped background sentences are foreign to it.
struct CandidateIndexBuilder: Sendable {
    /// Sentences of the content that are looked at for how near different candidates come to each other.
    static let sample = 400
    /// Where among those nearnesses the bound lies from which a background sentence may be about the owner's own matters.
    static let percentile = 0.95
    /// Sentences that are compared token by token to measure; it is done for thousands, after each import.
    static let shortlist = 48
    /// Sentences that are needed to measure anything, and the closeness that is assumed with fewer: the mean of the public sets.
    static let fewest = 20
    static let usualCloseness: Float = 0.5

    let packer: SentencePacker
    let background: BackgroundSet

    struct Built: Sendable {
        let index: CandidateIndex
        let normaliser: TokenNormaliser
        /// Background sentences that are foreign to this bot; the others may be about its matters and are not used.
        let background: [BackgroundSet.Sentence]
        let dropped: Int
    }

    func build(_ source: CandidateSource) async throws -> Built {
        let texts = background.sentences.map(\.text)
        let backgroundPack = try await packer.background(texts)
        let contentPack = try await packer.content(source.texts, beside: backgroundPack)
        let file = packer.folder?.appending(path: "measured-\(Self.fingerprint(source, backgroundPack)).bin")
        let measured =
            try file.flatMap { Measured(file: $0, count: texts.count) }
            ?? measure(source, contentPack, backgroundPack, texts, file: file)
        let index = try CandidateIndex(
            source, content: contentPack, background: backgroundPack,
            kept: zip(texts, measured.kept).compactMap { text, isKept in
                isKept ? backgroundPack.row(of: text).map(Int32.init) : nil
            }, closeness: measured.closeness)
        return Built(
            index: index, normaliser: backgroundPack.normaliser,
            background: zip(background.sentences, measured.kept).filter(\.1).map(\.0),
            dropped: measured.kept.count { !$0 })
    }

    /// What a bot's content says of itself.
    private struct Measured {
        /// Which background sentences stay.
        var kept: [Bool]
        /// How near different candidates are to each other.
        var closeness: Float

        init(kept: [Bool], closeness: Float) {
            (self.kept, self.closeness) = (kept, closeness)
        }

        /// Nil when the file is not whole.
        init?(file: URL, count: Int) {
            guard let data = try? Data(contentsOf: file), data.count == count + 4,
                data.dropFirst(4).allSatisfy({ $0 < 2 })
            else { return nil }
            let bits = data.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            self.init(kept: data.dropFirst(4).map { $0 == 1 }, closeness: Float(bitPattern: bits))
            guard (0...1).contains(closeness) else { return nil }
        }

        /// Only the newest is of use. Where it cannot be written it is measured again at the next start.
        func write(to file: URL) {
            let folder = file.deletingLastPathComponent()
            let old = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
            for other in old where other.pathExtension == "bin" { try? FileManager.default.removeItem(at: other) }
            let bits = closeness.bitPattern
            let head = (0..<4).map { UInt8(truncatingIfNeeded: bits >> UInt32(8 * $0)) }
            try? Data(head + kept.map { $0 ? 1 : 0 }).write(to: file, options: .atomic)
        }
    }

    /// A background sentence stays when it is less near to everything of the owner's than different candidates of the owner's are
    /// to each other, but for the nearest of those.
    private func measure(
        _ source: CandidateSource, _ content: SentencePack, _ background: SentencePack, _ texts: [String], file: URL?
    ) throws -> Measured {
        let index = try CandidateIndex(
            source, content: content, background: background, kept: [], closeness: 0,
            withWords: false)
        let nearest = Self.nearest(index)
        var measured = Measured(kept: texts.map { _ in true }, closeness: Self.usualCloseness)
        if nearest.count >= Self.fewest {
            measured.closeness = min(1, max(0, nearest.reduce(0, +) / Float(nearest.count)))
            let bound = nearest[min(nearest.count - 1, Int(Self.percentile * Double(nearest.count)))]
            measured.kept = texts.map { text in
                guard let row = background.row(of: text) else { return false }
                let scores = index.scores(
                    background.query(row), embedding: background.embedding(row), terms: [], head: [], locale: nil,
                    limit: Self.shortlist)
                return (scores.candidates.map(\.similarity).max() ?? 0) < bound
            }
        }
        if let file { measured.write(to: file) }
        return measured
    }

    /// For a sample of the content's sentences how near the nearest of another candidate is, ascending.
    private static func nearest(_ index: CandidateIndex) -> [Float] {
        let step = max(1, (index.sentenceCount + sample - 1) / sample)
        return stride(from: 0, to: index.sentenceCount, by: step).compactMap { sentence -> Float? in
            let (tokens, embedding) = index.query(sentence: sentence)
            let owner = index.owner(of: sentence)
            let scores = index.scores(
                tokens, embedding: embedding, terms: [], head: [], locale: nil, limit: shortlist)
            return scores.candidates.filter { $0.entry != owner }.map(\.similarity).max()
        }.sorted()
    }

    private static func fingerprint(_ source: CandidateSource, _ background: SentencePack) -> String {
        var fingerprint = Fingerprint()
        fingerprint.combine(background.origin)
        for candidate in source.candidates {
            fingerprint.combine("\(candidate.subject)")
            for text in candidate.sentences { fingerprint.combine(text) }
        }
        return String(fingerprint.hex.prefix(24))
    }
}
