import BERT
import ConversationDomain
import Entities
public import Foundation
import Inference
import TensorFiles

/// Makes the packs of a bot's sentences: what an earlier pack has is taken over, the rest is encoded in small pieces, so that
/// customers' messages get their turn in between.
struct SentencePacker: Sendable {
    /// Texts of one request to the queue.
    static let pieceSize = 16
    /// Sentences that the space is measured on.
    static let measuredSample = 1024

    /// Packs that stay in a folder: of the bot's content, or of the background beside an encoder.
    static let keptPacks = 4
    /// Sentences of a pack whose vectors are kept in the database too: a copy of it needs no encoding then.
    static let cachedSentences = 20_000
    /// Of one transaction.
    static let cachedAtOnce = 256

    let encoder: any SentenceEncoder
    let queue: InferenceQueue
    /// Where packs are kept; nil keeps them in memory only.
    let folder: URL?
    /// Where the pack of the background sentences is kept; nil for `folder`.
    var backgroundFolder: URL?
    /// Where the vectors of the bot's own sentences are kept beside the pack's file.
    var cache: (any SentenceVectorCache)?
    /// Is told how many of the bot's own sentences that are not known yet are encoded.
    var progress: (@Sendable (Int, Int) -> Void)?

    /// Names what vectors depend on: the encoder, and the sentences that the space is measured on.
    private func origin(_ measured: [String]) -> Fingerprint {
        var fingerprint = Fingerprint()
        fingerprint.combine(encoder.numericsHash)
        fingerprint.combine(UInt8(truncatingIfNeeded: SentencePack.version))
        for text in measured { fingerprint.combine(text) }
        return fingerprint
    }

    /// The pack of the background sentences, which brings the space of all.
    func background(_ texts: [String]) async throws -> SentencePack {
        if let stored = storedBackground(texts) { return stored }
        let origin = origin(texts)
        let measured = try await encode(spread(texts, limit: Self.measuredSample)) { $1 }
        let space = VectorSpace(measuring: measured, dimension: encoder.dimension)
        return try await pack(
            texts, reusing: nil, Wanted(space: space, bringsSpace: true, origin: origin.bytes),
            file: backgroundFile(origin))
    }

    private func backgroundFile(_ origin: Fingerprint) -> URL? {
        (backgroundFolder ?? folder)?.appending(path: "background-\(origin.hex.prefix(16)).pack")
    }

    /// The packs of sentences that depend on the encoder alone, kept beside the background's.
    func libraries(_ libraries: [PhraseLibrary], beside background: SentencePack) async throws -> [SentencePack] {
        var packs: [SentencePack] = []
        for library in libraries {
            if let stored = stored(library, beside: background) {
                packs.append(stored)
            } else {
                packs.append(
                    try await pack(
                        library.sentences(), reusing: earlier(library, beside: background),
                        try wanted(beside: background),
                        file: file(of: library)))
            }
        }
        return packs
    }

    /// That of another build of the program, which has most of the sentences too.
    private func earlier(_ library: PhraseLibrary, beside background: SentencePack) -> SentencePack? {
        (backgroundFolder ?? folder).flatMap { folder in
            packs(in: folder).lazy.filter { $0.lastPathComponent.hasPrefix(Self.prefix(of: library)) }
                .compactMap(SentencePack.init(file:)).first { $0.origin == background.originBeside }
        }
    }

    private static func prefix(of library: PhraseLibrary) -> String {
        "phrases-\(library.locale.rawValue)-\(library.part.rawValue)-"
    }

    /// Nil when it would have to be made.
    func stored(_ library: PhraseLibrary, beside background: SentencePack) -> SentencePack? {
        file(of: library).flatMap(SentencePack.init(file:)).flatMap { $0.origin == background.originBeside ? $0 : nil }
    }

    private func file(of library: PhraseLibrary) -> URL? {
        let origin = origin([library.id, library.part.rawValue]).hex.prefix(16)
        return (backgroundFolder ?? folder)?.appending(path: "\(Self.prefix(of: library))\(origin).pack")
    }

    /// Nil when it would have to be made.
    func storedBackground(_ texts: [String]) -> SentencePack? {
        let origin = origin(texts)
        return backgroundFile(origin).flatMap(SentencePack.init(file:)).flatMap {
            $0.origin == origin.bytes && $0.space?.embeddingDimension == encoder.dimension ? $0 : nil
        }
    }

    /// The pack of a bot's own sentences.
    /// - Parameter background: what brings the space.
    func content(_ texts: [String], beside background: SentencePack) async throws -> SentencePack {
        let stored = kept(beside: background)
        if let stored, has(stored, all: texts) { return stored }
        return try await pack(
            texts, reusing: stored, try wanted(beside: background), file: contentFile(background),
            cache: texts.count <= Self.cachedSentences ? cache : nil)
    }

    /// Whether nothing would have to be encoded.
    func isStored(_ texts: [String], beside background: SentencePack) async -> Bool {
        if let stored = kept(beside: background), has(stored, all: texts) { return true }
        guard let cache, texts.count <= Self.cachedSentences else { return false }
        let keys = Set(texts.map { SentencePack.key(of: $0) })
        let count = try? await cache.count(keys.map(\.data), origin: background.originBeside)
        return count == keys.count
    }

    private func contentFile(_ background: SentencePack) -> URL? {
        let hex = background.origin.prefix(8).map { String($0, radix: 16) }.joined()
        return folder?.appending(path: "content-\(hex).pack")
    }

    private func kept(beside background: SentencePack) -> SentencePack? {
        contentFile(background).flatMap(SentencePack.init(file:)).flatMap {
            $0.origin == background.originBeside ? $0 : nil
        }
    }

    /// What is no longer needed stays until half of the file is of that kind.
    private func has(_ pack: SentencePack, all texts: [String]) -> Bool {
        let rows = texts.map { pack.row(of: $0) }
        return pack.count <= 2 * Set(rows).count + 64 && rows.allSatisfy { $0 != nil }
    }

    /// What a pack is made with.
    private struct Wanted {
        let space: VectorSpace
        /// Keeps the space, and whole embeddings.
        var bringsSpace = false
        let origin: Data
    }

    private func wanted(beside background: SentencePack) throws -> Wanted {
        guard let space = background.space else {
            throw ChatError(.internal, "the vectors of the background lack what they were brought to")
        }
        return Wanted(space: space, origin: background.originBeside)
    }

    private func pack(
        _ texts: [String], reusing stored: SentencePack?, _ wanted: Wanted, file: URL?,
        cache: (any SentenceVectorCache)? = nil
    ) async throws -> SentencePack {
        let (space, origin) = (wanted.space, wanted.origin)
        var seen: Set<UInt128> = []
        var sentences: [PackedSentence] = []
        var missing: [String] = []
        for text in texts {
            let key = SentencePack.key(of: text)
            guard seen.insert(key).inserted else { continue }
            if let stored, let row = stored.row(of: key) {
                sentences.append(PackedSentence(stored, row: row))
            } else {
                missing.append(text)
            }
        }
        var unknown = missing
        if let cache, !missing.isEmpty {
            let cached = try await cache.vectors(missing.map { SentencePack.key(of: $0).data }, origin: origin)
            unknown = []
            for text in missing {
                let key = SentencePack.key(of: text)
                if let sentence = cached[key.data].flatMap({ PackedSentence(key: key, $0, space) }) {
                    sentences.append(sentence)
                } else {
                    unknown.append(text)
                }
            }
        }
        // Packed piece by piece: the states of all would not fit into memory.
        let fresh = try await encode(unknown, progress: progress) { text, encoded in
            PackedSentence(
                key: SentencePack.key(of: text), encoded, space.tokens,
                embedding: wanted.bringsSpace ? encoded.embedding : space.sentence(encoded.embedding))
        }
        if let cache {
            try await keep(fresh, in: cache, origin: origin, seen)
        }
        guard
            let pack = SentencePack.make(
                sentences + fresh, space: space, bringsSpace: wanted.bringsSpace, origin: origin)
        else {
            throw ChatError(.internal, "the token vectors could not be laid out")
        }
        guard let file else { return pack }
        try? FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        let stored = pack.stored(at: file)
        removeOld(beside: file)
        return stored
    }

    private func keep(
        _ sentences: [PackedSentence], in cache: any SentenceVectorCache, origin: Data, _ keys: Set<UInt128>
    ) async throws {
        for start in stride(from: 0, to: sentences.count, by: Self.cachedAtOnce) {
            let part = sentences[start..<min(start + Self.cachedAtOnce, sentences.count)]
            try await cache.keep(
                Dictionary(part.map { ($0.key.data, $0.data) }, uniquingKeysWith: { first, _ in first }), origin: origin
            )
        }
        try await cache.prune(origin: origin, keeping: Set(keys.map(\.data)), origins: Self.keptPacks)
    }

    /// Each tuned encoder has packs of its own; of each kind those that were used last stay, but for those of other versions.
    private func removeOld(beside file: URL) {
        func kind(_ file: URL) -> Substring {
            let name = file.lastPathComponent
            return name[..<(name.lastIndex(of: "-") ?? name.endIndex)]
        }
        let others = packs(in: file.deletingLastPathComponent()).filter {
            $0.lastPathComponent != file.lastPathComponent
        }
        let old = others.filter { kind($0) == kind(file) }.dropFirst(Self.keptPacks - 1)
        for pack in old + others.filter({ SentencePack(file: $0) == nil }) {
            try? FileManager.default.removeItem(at: pack)
        }
    }

    /// The newest first.
    private func packs(in folder: URL) -> [URL] {
        let key = URLResourceKey.contentModificationDateKey
        let files =
            (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: [key])) ?? []
        return files.filter { $0.pathExtension == "pack" }
            .map { (file: $0, date: (try? $0.resourceValues(forKeys: [key]))?.contentModificationDate ?? .distantPast) }
            .sorted { $0.date > $1.date }.map(\.file)
    }

    /// As messages are.
    func encoded(_ texts: [String]) async throws -> [EncodedText] { try await encode(texts) { $1 } }

    /// Keeps as many pieces under way as the queue has threads.
    private func encode<Value: Sendable>(
        _ texts: [String], progress: (@Sendable (Int, Int) -> Void)? = nil,
        _ make: @escaping @Sendable (String, EncodedText) -> Value
    ) async throws -> [Value] {
        let pieces = stride(from: 0, to: texts.count, by: Self.pieceSize).map {
            Array(texts[$0..<min($0 + Self.pieceSize, texts.count)])
        }
        var results = [[Value]](repeating: [], count: pieces.count)
        try await withThrowingTaskGroup(of: (Int, [Value]).self) { group in
            var next = 0
            func addNext() {
                guard next < pieces.count else { return }
                let index = next
                next += 1
                group.addTask {
                    let piece = pieces[index]
                    let encoded = try await queue.encode(
                        piece.map { ReadableText($0).text }, as: .query, with: encoder, deadline: nil)
                    return (index, zip(piece, encoded).map(make))
                }
            }
            for _ in 0..<max(1, queue.options.threads) { addNext() }
            var done = 0
            while let (index, values) = try await group.next() {
                results[index] = values
                done += values.count
                progress?(done, texts.count)
                addNext()
            }
        }
        return results.flatMap { $0 }
    }

    private func spread(_ texts: [String], limit: Int) -> [String] {
        stride(from: 0, to: texts.count, by: max(1, (texts.count + limit - 1) / limit)).map { texts[$0] }
    }
}

/// Keeps the vectors of sentences in the database, so that a copy of it, a backup say, needs no encoding.
public protocol SentenceVectorCache: Sendable {
    /// How many of the keys are there.
    func count(_ keys: [Data], origin: Data) async throws -> Int
    /// What was kept, by key, for the keys that are there.
    func vectors(_ keys: [Data], origin: Data) async throws -> [Data: Data]
    func keep(_ vectors: [Data: Data], origin: Data) async throws
    /// Drops what is not among `keys` once it is more than half, and the vectors of all but the `origins` that were used last.
    func prune(origin: Data, keeping keys: Set<Data>, origins: Int) async throws
}

extension UInt128 {
    /// Little-endian.
    var data: Data { withUnsafeBytes(of: littleEndian) { Data($0) } }
}
