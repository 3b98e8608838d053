import BERT
import Foundation
import TensorFiles
import Testing

@testable import ModelFiles

@Suite("4-bit weights file")
struct QuantisedE5FileTests {
    @Test("all weights come out as float32 under Hugging Face's names")
    func conversion() throws {
        try TestFolder.with { folder in
            let source = try QuantisedE5File(folder.write(TestE5File.bytes(), "e5.bin"))
            let digest = try source.writeSafeTensors(folder["model.safetensors"]) { _, _ in }
            #expect(try FileDigest.sha256(folder["model.safetensors"]) == digest)

            let file = try SafeTensorsFile(url: folder["model.safetensors"])
            #expect(file.tensors.count == TestE5File.tensors.count)
            let words = try file.floats("embeddings.word_embeddings.weight", shape: [9, 32])
            #expect(words == Array([[Float]](repeating: TestE5File.blockValues, count: 9).joined()))
            #expect(
                try file.floats("encoder.layer.0.output.dense.weight", shape: [32, 64])
                    == Array([[Float]](repeating: TestE5File.blockValues, count: 64).joined()))
            #expect(
                try file.floats("encoder.layer.0.intermediate.dense.bias", shape: [64]) == (0..<64).map { Float($0) })
            #expect(try file.tensor("embeddings.LayerNorm.bias").bytes.lowerBound.isMultiple(of: 4))
            let header = try Data(contentsOf: folder["model.safetensors"]).prefix(8).reversed().reduce(0) {
                $0 << 8 | Int($1)
            }
            #expect(header.isMultiple(of: 8))
        }
    }

    static let wrongFiles: [(String, [UInt8])] = [
        ("not an E5S1 file", Array(repeating: 0, count: 200)),
        ("blocks", TestE5File.bytes(blockSize: 64)),
        ("num_hidden_layers", TestE5File.bytes(layers: 0)),
    ]

    @Test("another kind of file is refused", arguments: wrongFiles)
    func wrong(word: String, bytes: [UInt8]) throws {
        try TestFolder.with { folder in
            let url = try folder.write(bytes, "e5.bin")
            let error = #expect(throws: ModelError.self) { try QuantisedE5File(url) }
            #expect(error?.message.contains(word) == true)
        }
    }

    @Test("a missing tensor and a file cut anywhere are refused")
    func incomplete() throws {
        try TestFolder.with { folder in
            let missing = try QuantisedE5File(folder.write(TestE5File.bytes(without: "l0.q.b"), "missing.bin"))
            #expect(throws: ModelError.self) { try missing.writeSafeTensors(folder["missing"]) { _, _ in } }
            let whole = TestE5File.bytes()
            for length in stride(from: 0, to: whole.count, by: 97) {
                let url = try folder.write(whole[..<length], "cut.bin")
                #expect(throws: ModelError.self) { try QuantisedE5File(url) }
            }
        }
    }

    @Test(
        "half precision is converted exactly",
        arguments: [
            (0x0000, 0), (0x3C00, 1), (0xC000, -2), (0x3555, 0.333251953125), (0x7BFF, 65504), (0x0001, 0x1p-24),
            (0x83FF, -0x1.ff8p-15), (0x0400, 0x1p-14), (0x7C00, .infinity),
        ] as [(UInt16, Float)])
    func halfPrecision(bits: UInt16, value: Float) {
        #expect(HalfPrecision.float(bits) == value)
    }
}
