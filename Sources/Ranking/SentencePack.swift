import BERT
import CKernels
import ConversationDomain
import Foundation
import TensorFiles

/// The token vectors and embeddings of many sentences in one piece of memory, mostly a mapped file that is never changed.
///
/// Layout, little-endian: a header of 64 bytes (magic, version, numbers of a token, sentences, tokens, numbers of a sentence's vector,
/// bytes of the space, fingerprint of what the vectors were made with); the space, in the background's pack alone; one row a
/// sentence, sorted by key, of 24 bytes (key, first token, tokens); one sentence's vector a row, a signed byte a number and a float32
/// scale, in the background's pack the whole embedding; the packed tokens (see CKTokens.h).
final class SentencePack: @unchecked Sendable {
    static let magic: UInt32 = 0x5654_4446
    static let version: UInt32 = 3
    static let headerBytes = 64
    static let rowBytes = 24
    /// Tokens of a sentence that are kept.
    static let tokenLimit = 48

    /// A sentence's tokens in memory that the pack owns.
    struct Tokens {
        let start: UnsafePointer<UInt8>?
        let count: Int
    }

    private enum Storage {
        case file(MappedFile)
        case memory(UnsafeMutableRawBufferPointer)
    }

    let dimension: Int
    let count: Int
    let tokens: Int
    /// Of a sentence's vector.
    let sentenceDimension: Int
    /// What the vectors were brought to; the background's pack brings it for all.
    let space: VectorSpace?
    /// What the vectors were made with.
    let origin: Data
    // Never written after the initialiser.
    private let storage: Storage
    private let bytes: UnsafeRawBufferPointer

    /// The byte offsets of the parts.
    struct Layout {
        let rows: Int
        let embeddings: Int
        let tokens: Int
        let end: Int
        let embeddingBytes: Int
        let tokenBytes: Int

        init(dimension: Int, sentenceDimension: Int, count: Int, tokens: Int, spaceBytes: Int) {
            embeddingBytes = sentenceDimension + 4
            tokenBytes = ck_token_bytes(dimension)
            rows = SentencePack.headerBytes + spaceBytes
            embeddings = rows + count * SentencePack.rowBytes
            self.tokens = embeddings + count * embeddingBytes
            end = self.tokens + tokens * tokenBytes
        }
    }

    private let layout: Layout

    /// Nil when the file is not such a pack, or another version, or cut off.
    convenience init?(file: URL) {
        guard let mapped = try? MappedFile(file) else { return nil }
        self.init(.file(mapped), mapped.bytes)
    }

    /// Takes the memory over.
    convenience init?(memory: UnsafeMutableRawBufferPointer) {
        self.init(.memory(memory), UnsafeRawBufferPointer(memory))
    }

    private init?(_ storage: Storage, _ bytes: UnsafeRawBufferPointer) {
        self.storage = storage
        self.bytes = bytes
        func number(_ offset: Int) -> UInt32 {
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        guard bytes.count >= Self.headerBytes, number(0) == Self.magic, number(4) == Self.version,
            (1...4096).contains(number(8)), number(12) <= 10_000_000, number(16) <= 200_000_000,
            (1...4096).contains(number(20)), number(24) <= 100_000_000
        else { return nil }
        (dimension, count, tokens) = (Int(number(8)), Int(number(12)), Int(number(16)))
        sentenceDimension = Int(number(20))
        let spaceBytes = Int(number(24))
        layout = Layout(
            dimension: dimension, sentenceDimension: sentenceDimension, count: count, tokens: tokens,
            spaceBytes: spaceBytes)
        guard bytes.count == layout.end else { return nil }
        origin = Data(bytes[32..<48])
        let part = UnsafeRawBufferPointer(rebasing: bytes[Self.headerBytes..<Self.headerBytes + spaceBytes])
        space = spaceBytes > 0 ? VectorSpace(part) : nil
        guard spaceBytes == 0 || space?.tokens.dimension == dimension else { return nil }
        for row in 0..<count {
            let place = layout.rows + row * Self.rowBytes
            guard Int(number(place + 16)) + Int(number(place + 20)) <= tokens else { return nil }
        }
    }

    deinit {
        if case .memory(let memory) = storage { memory.deallocate() }
    }

    var wholeBytes: UnsafeRawBufferPointer { bytes }

    /// Of a background's pack: the origin of the packs that are made in its space.
    var originBeside: Data {
        var fingerprint = Fingerprint()
        fingerprint.combine(origin)
        fingerprint.combine(space?.fingerprint ?? Data())
        return fingerprint.bytes
    }

    /// What names a sentence: its own bytes. The text as the encoder reads it would spare a few rows, but is thirty times as
    /// much work at each start.
    static func key(of text: String) -> UInt128 {
        var fingerprint = Fingerprint()
        fingerprint.combine(text)
        return fingerprint.value
    }

    func key(_ row: Int) -> UInt128 {
        UInt128(littleEndian: bytes.loadUnaligned(fromByteOffset: layout.rows + row * Self.rowBytes, as: UInt128.self))
    }

    /// The row of a text; nil when the pack does not have it.
    func row(of text: String) -> Int? {
        row(of: Self.key(of: text))
    }

    /// The row of a sentence.
    func row(of key: UInt128) -> Int? {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self.key(middle) < key { low = middle + 1 } else { high = middle }
        }
        return low < count && self.key(low) == key ? low : nil
    }

    func tokens(_ row: Int) -> Tokens {
        let place = layout.rows + row * Self.rowBytes
        let first = Int(bytes.loadUnaligned(fromByteOffset: place + 16, as: UInt32.self).littleEndian)
        let count = Int(bytes.loadUnaligned(fromByteOffset: place + 20, as: UInt32.self).littleEndian)
        let start = bytes.baseAddress.map {
            ($0 + layout.tokens + first * layout.tokenBytes).assumingMemoryBound(to: UInt8.self)
        }
        return Tokens(start: start, count: count)
    }

    /// The packed tokens as they lie in memory.
    func tokenBytes(_ row: Int) -> UnsafeRawBufferPointer {
        let tokens = tokens(row)
        return UnsafeRawBufferPointer(start: tokens.start, count: tokens.count * layout.tokenBytes)
    }

    func embeddingBytes(_ row: Int) -> UnsafeRawBufferPointer {
        let start = layout.embeddings + row * layout.embeddingBytes
        return UnsafeRawBufferPointer(rebasing: bytes[start..<start + layout.embeddingBytes])
    }

    /// `[sentenceDimension]`, of norm 1 but for rounding.
    func embedding(_ row: Int) -> [Float] {
        let part = embeddingBytes(row)
        let scale = Float(
            bitPattern: part.loadUnaligned(fromByteOffset: sentenceDimension, as: UInt32.self).littleEndian)
        return (0..<sentenceDimension).map { Float(Int8(bitPattern: part[$0])) * scale }
    }

    /// A sentence as if somebody said it.
    func query(_ row: Int, in space: VectorSpace) -> QueryTokens {
        let part = tokenBytes(row)
        guard let start = part.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
            return QueryTokens([], space.tokens)
        }
        let vectors = stride(from: 0, to: part.count, by: layout.tokenBytes).map { place in
            [Float](unsafeUninitializedCapacity: dimension) { buffer, initialized in
                guard let vector = buffer.baseAddress else { return }
                ck_token_unpack(dimension, start + place, vector)
                initialized = dimension
            }
        }
        return QueryTokens(vectors, space.tokens)
    }
}
