import BERT
import Foundation

/// A temporary folder and what tests look at in it.
struct TestFolder {
    let url: URL

    static func with<Result>(_ body: (TestFolder) throws -> Result) throws -> Result {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("frontdesk-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: url) }
        return try body(TestFolder(url: url))
    }

    subscript(_ name: String) -> URL { url.appendingPathComponent(name) }

    @discardableResult
    func write(_ bytes: some Sequence<UInt8>, _ name: String) throws -> URL {
        let file = self[name]
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
        return file
    }

    /// Everything below the folder, hidden files too.
    func contents(_ name: String = "") -> [String] {
        (FileManager.default.subpaths(atPath: self[name].path) ?? []).sorted()
    }
}

/// A one-layer BERT of width 4 with 8 pieces and 6 positions, whose weights count up.
enum TinyBERT {
    static let configuration = """
        {"model_type":"bert","hidden_size":4,"num_hidden_layers":1,"num_attention_heads":2,"intermediate_size":8,
         "vocab_size":8,"max_position_embeddings":6,"type_vocab_size":2,"layer_norm_eps":1e-12,"hidden_act":"gelu"}
        """
    static let vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nrefund\nok\n##s\n"

    static let tensors: [(name: String, shape: [Int])] = {
        var tensors: [(name: String, shape: [Int])] = [
            ("embeddings.word_embeddings.weight", [8, 4]), ("embeddings.position_embeddings.weight", [6, 4]),
            ("embeddings.token_type_embeddings.weight", [2, 4]), ("embeddings.LayerNorm.weight", [4]),
            ("embeddings.LayerNorm.bias", [4]),
        ]
        let matrices = [
            ("attention.self.query", 4, 4), ("attention.self.key", 4, 4), ("attention.self.value", 4, 4),
            ("attention.output.dense", 4, 4), ("intermediate.dense", 8, 4), ("output.dense", 4, 8),
        ]
        for (name, outputs, inputs) in matrices {
            tensors.append(("encoder.layer.0.\(name).weight", [outputs, inputs]))
            tensors.append(("encoder.layer.0.\(name).bias", [outputs]))
        }
        for name in ["attention.output.LayerNorm", "output.LayerNorm"] {
            tensors.append(("encoder.layer.0.\(name).weight", [4]))
            tensors.append(("encoder.layer.0.\(name).bias", [4]))
        }
        return tensors
    }()

    /// The values of tensor number `index`: small enough to be exact in every element type.
    static func values(_ index: Int, _ count: Int) -> [Float] {
        (0..<count).map { Float(($0 + index) % 16) / 16 - 0.5 }
    }

    /// A safetensors file of the given element type (F32, F16 or BF16).
    static func weights(_ type: String = "F32", prefix: String = "", without missing: String? = nil) -> [UInt8] {
        var header: [String] = []
        var data: [UInt8] = []
        for (index, tensor) in tensors.enumerated() where tensor.name != missing {
            let start = data.count
            for value in values(index, tensor.shape.reduce(1, *)) { data += encode(value, type) }
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            header.append(
                #""\#(prefix)\#(tensor.name)":{"dtype":"\#(type)","shape":[\#(shape)],"#
                    + #""data_offsets":[\#(start),\#(data.count)]}"#)
        }
        let text = Array("{\(header.joined(separator: ","))}".utf8)
        return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text + data
    }

    private static func encode(_ value: Float, _ type: String) -> [UInt8] {
        let bits = value.bitPattern
        switch type {
        case "F32": return withUnsafeBytes(of: bits.littleEndian) { Array($0) }
        case "BF16": return withUnsafeBytes(of: UInt16(bits >> 16).littleEndian) { Array($0) }
        default:
            // Exact for the normal numbers that `values` makes, and for zero.
            let exponent = Int(bits >> 23 & 0xFF) - 112
            let half = value == 0 ? 0 : UInt16(bits >> 31) << 15 | UInt16(exponent) << 10 | UInt16(bits >> 13 & 0x3FF)
            return withUnsafeBytes(of: half.littleEndian) { Array($0) }
        }
    }
}
