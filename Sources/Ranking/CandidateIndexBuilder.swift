import ConversationDomain
import Foundation
import Understanding

/// Builds the index of a bot's content, and finds which of the shipped background sentences are foreign to it.
struct CandidateIndexBuilder: Sendable {
    /// Sentences of the content that are looked at for how near different candidates come to each other.
    static let sample = 400
    /// Where among those nearnesses the bound lies from which a background sentence may be about the owner's own matters.
    static let percentile = 0.95

    let packer: SentencePacker
    let background: BackgroundSet

    struct Built: Sendable {
        let index: CandidateIndex
        let normaliser: TokenNormaliser
        /// Background sentences that are not used, because they may be about this bot's matters.
        let dropped: Int
    }

    func build(_ source: CandidateSource) async throws -> Built {
        let texts = background.sentences.map(\.text)
        let backgroundPack = try await packer.background(texts)
        let contentPack = try await packer.content(source.texts, beside: backgroundPack)
        let file = packer.folder?.appending(path: "background-\(Self.fingerprint(source, backgroundPack)).kept")
        let kept = try file.flatMap { Self.read($0, count: texts.count) }
            ?? choose(source, contentPack, backgroundPack, texts, file: file)
        let index = try CandidateIndex(
            source, content: contentPack, background: backgroundPack,
            kept: zip(texts, kept).filter(\.1).map(\.0))
        return Built(index: index, normaliser: backgroundPack.normaliser, dropped: kept.count { !$0 })
    }

    /// Which background sentences stay: those that are less near to everything of the owner's than different candidates of the
    /// owner's are to each other, but for the nearest of those.
    private func choose(
        _ source: CandidateSource, _ content: SentencePack, _ background: SentencePack, _ texts: [String], file: URL?
    ) throws -> [Bool] {
        let index = try CandidateIndex(source, content: content, background: background, kept: [])
        guard let bound = Self.bound(index) else { return texts.map { _ in true } }
        let kept = texts.map { text in
            guard let row = background.row(of: SentencePack.key(of: text)) else { return false }
            let scores = index.scores(
                background.query(row), embedding: background.embedding(row), head: [], locale: nil)
            return (scores.candidates.map(\.similarity).max() ?? 0) < bound
        }
        if let file { Self.write(kept, to: file) }
        return kept
    }

    /// Nil where there are too few candidates to tell.
    private static func bound(_ index: CandidateIndex) -> Float? {
        let step = max(1, (index.sentenceCount + sample - 1) / sample)
        let nearest = stride(from: 0, to: index.sentenceCount, by: step).compactMap { sentence -> Float? in
            let (tokens, embedding) = index.query(sentence: sentence)
            let owner = index.owner(of: sentence)
            return index.scores(tokens, embedding: embedding, head: [], locale: nil).candidates
                .filter { $0.entry != owner }.map(\.similarity).max()
        }.sorted()
        guard nearest.count >= 20 else { return nil }
        return nearest[min(nearest.count - 1, Int(percentile * Double(nearest.count)))]
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

    private static func read(_ file: URL, count: Int) -> [Bool]? {
        guard let data = try? Data(contentsOf: file), data.count == count, data.allSatisfy({ $0 < 2 }) else { return nil }
        return data.map { $0 == 1 }
    }

    /// Only the newest is of use. Where it cannot be written it is found again at the next start.
    private static func write(_ kept: [Bool], to file: URL) {
        let folder = file.deletingLastPathComponent()
        let old = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        for other in old where other.pathExtension == "kept" { try? FileManager.default.removeItem(at: other) }
        try? Data(kept.map { $0 ? 1 : 0 }).write(to: file, options: .atomic)
    }
}
