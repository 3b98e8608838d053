import BERT
import CKernels
import Foundation
import TensorFiles

/// One sentence of a pack that is being made.
struct PackedSentence: Sendable {
    let key: UInt128
    /// A signed byte a number, then a float32 scale.
    let embedding: [UInt8]
    /// Whole packed vectors one after another.
    let tokens: [UInt8]

    init(key: UInt128, _ text: EncodedText, _ normaliser: TokenNormaliser) {
        self.key = key
        let dimension = normaliser.dimension
        var bytes = [Int8](repeating: 0, count: ck_query_bytes(dimension))
        var sum: Int32 = 0
        let scale = ck_query_pack(dimension, text.embedding, &bytes, &sum)
        embedding =
            bytes.prefix(dimension).map { UInt8(bitPattern: $0) }
            + withUnsafeBytes(of: scale.bitPattern.littleEndian) { Array($0) }
        let vectors = normaliser.vectors(of: text, limit: SentencePack.tokenLimit)
        let size = ck_token_bytes(dimension)
        tokens = [UInt8](unsafeUninitializedCapacity: vectors.count * size) { buffer, initialized in
            guard let start = buffer.baseAddress else { return }
            start.initialize(repeating: 0, count: vectors.count * size)
            for (index, vector) in vectors.enumerated() { ck_token_pack(dimension, vector, start + index * size) }
            initialized = vectors.count * size
        }
    }

    /// As it was kept.
    init?(key: UInt128, _ data: Data, _ dimension: Int) {
        let size = ck_token_bytes(dimension)
        guard data.count >= dimension + 4, (data.count - dimension - 4) % size == 0 else { return nil }
        self.key = key
        embedding = Array(data.prefix(dimension + 4))
        tokens = Array(data.dropFirst(dimension + 4))
    }

    /// The embedding, then the tokens.
    var data: Data { Data(embedding) + Data(tokens) }

    /// Copied from another pack.
    init(_ pack: SentencePack, row: Int) {
        key = pack.key(row)
        embedding = Array(pack.embeddingBytes(row))
        tokens = Array(pack.tokenBytes(row))
    }
}

extension SentencePack {
    /// Lays `sentences` out.
    static func make(_ sentences: [PackedSentence], normaliser: TokenNormaliser, origin: Data) -> SentencePack? {
        let dimension = normaliser.dimension
        let size = ck_token_bytes(dimension)
        let sorted = sentences.sorted { $0.key < $1.key }
        let tokens = sorted.reduce(0) { $0 + $1.tokens.count / size }
        let layout = Layout(dimension: dimension, count: sorted.count, tokens: tokens)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: layout.end, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        func put(_ value: UInt32, _ offset: Int) {
            memory.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt32.self)
        }
        func copy(_ bytes: [UInt8], _ offset: Int) {
            bytes.withUnsafeBytes { source in
                UnsafeMutableRawBufferPointer(rebasing: memory[offset..<offset + bytes.count]).copyMemory(from: source)
            }
        }
        for (index, value) in [magic, version, UInt32(dimension), UInt32(sorted.count), UInt32(tokens)].enumerated() {
            put(value, 4 * index)
        }
        copy(Array(origin.prefix(16)), 32)
        for (index, value) in (normaliser.mean + normaliser.deviation).enumerated() {
            put(value.bitPattern, headerBytes + 4 * index)
        }
        var first = 0
        for (row, sentence) in sorted.enumerated() {
            let place = layout.rows + row * rowBytes
            memory.storeBytes(of: sentence.key.littleEndian, toByteOffset: place, as: UInt128.self)
            put(UInt32(first), place + 16)
            put(UInt32(sentence.tokens.count / size), place + 20)
            copy(sentence.embedding, layout.embeddings + row * layout.embeddingBytes)
            copy(sentence.tokens, layout.tokens + first * size)
            first += sentence.tokens.count / size
        }
        return SentencePack(memory: memory)
    }

    /// Writes the pack to a file and gives back the mapped one; the pack itself where the file cannot be written, as on a full
    /// disk: it is made again at the next start.
    func stored(at file: URL) -> SentencePack {
        guard AtomicFile.replace(file, with: wholeBytes), let mapped = SentencePack(file: file) else { return self }
        return mapped
    }
}
