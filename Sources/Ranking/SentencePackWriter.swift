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

    /// - Parameter embedding: the sentence's vector as it is kept, of norm 1.
    init(key: UInt128, _ text: EncodedText, _ normaliser: TokenNormaliser, embedding vector: [Float]) {
        self.key = key
        let dimension = normaliser.dimension
        var bytes = [Int8](repeating: 0, count: ck_query_bytes(vector.count))
        var sum: Int32 = 0
        let scale = ck_query_pack(vector.count, vector, &bytes, &sum)
        embedding =
            bytes.prefix(vector.count).map { UInt8(bitPattern: $0) }
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
    init?(key: UInt128, _ data: Data, _ space: VectorSpace) {
        let (size, length) = (ck_token_bytes(space.tokens.dimension), space.sentenceDimension + 4)
        guard data.count >= length, (data.count - length) % size == 0 else { return nil }
        self.key = key
        embedding = Array(data.prefix(length))
        tokens = Array(data.dropFirst(length))
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
    /// - Parameter bringsSpace: keeps the space too; the sentences' vectors are then whole embeddings.
    static func make(
        _ sentences: [PackedSentence], space: VectorSpace, bringsSpace: Bool, origin: Data
    ) -> SentencePack? {
        let dimension = space.tokens.dimension
        let sentenceDimension = bringsSpace ? space.embeddingDimension : space.sentenceDimension
        let spaceData = bringsSpace ? [UInt8](space.data) : []
        let size = ck_token_bytes(dimension)
        let sorted = sentences.sorted { $0.key < $1.key }
        let tokens = sorted.reduce(0) { $0 + $1.tokens.count / size }
        let layout = Layout(
            dimension: dimension, sentenceDimension: sentenceDimension, count: sorted.count, tokens: tokens,
            spaceBytes: spaceData.count)
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
        let numbers = [dimension, sorted.count, tokens, sentenceDimension, spaceData.count].map { UInt32($0) }
        for (index, value) in ([magic, version] + numbers).enumerated() { put(value, 4 * index) }
        copy(Array(origin.prefix(16)), 32)
        copy(spaceData, headerBytes)
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
