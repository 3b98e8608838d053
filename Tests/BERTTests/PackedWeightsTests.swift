import BERT
import Foundation
import Testing

@Suite("Packed weights")
struct PackedWeightsTests {
    private let batch: [[Int32]] = [[29, 75, 29, 44, 92, 56, 13]]

    private func embed(_ directory: URL, hash: String = "one") throws -> [[Float]] {
        let encoder = try Encoder(directory: directory, weightsHash: hash, kernelSet: .portable)
        return try encoder.encode(batch, workspace: encoder.makeWorkspace())
    }

    private func packed(_ directory: URL) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent.hasPrefix("packed-") }
    }

    @Test("are written once beside the model, without leftovers, and then used")
    func writtenOnce() throws {
        try TestModel.withCopy { directory in
            let first = try embed(directory)
            let files = try packed(directory)
            #expect(files.map(\.lastPathComponent) == ["packed-portable-v1.bin"])
            let before = try Data(contentsOf: files[0])
            // A packed file that fits is believed: its numbers decide, not those of the safetensors file.
            var changed = before
            changed[changed.count - 1] ^= 0x01
            changed.replaceSubrange(4096..<4096 + 32 * 4, with: Data(repeating: 0, count: 32 * 4))
            try changed.write(to: files[0])
            #expect(try embed(directory) != first)
            #expect(try Data(contentsOf: files[0]) == changed)
        }
    }

    @Test("are built again when the weights' hash, the length or the header differ")
    func rebuilt() throws {
        try TestModel.withCopy { directory in
            let first = try embed(directory)
            let file = try #require(packed(directory).first)
            let sound = try Data(contentsOf: file)
            var wrongHeader = sound
            wrongHeader[10] ^= 0xFF
            for damaged in [Data(), Data("garbage".utf8), sound.dropLast(4), sound + [0], wrongHeader] {
                try Data(damaged).write(to: file)
                #expect(try embed(directory) == first)
                #expect(try Data(contentsOf: file) == sound)
            }
            #expect(try embed(directory, hash: "two") == first)
            #expect(try Data(contentsOf: file) != sound)
        }
    }

    @Test("of int8 are built again rather than followed to columns that do not exist")
    func foreignColumns() throws {
        try TestModel.withCopy { directory in
            func embeddings() throws -> [[Float]] {
                let encoder = try Encoder(
                    directory: directory, weightsHash: "one", kernelSet: .portable, precision: .int8)
                return try encoder.encode(batch, workspace: encoder.makeWorkspace())
            }
            let first = try embeddings()
            let file = try #require(packed(directory).first)
            let sound = try Data(contentsOf: file)
            try (sound.prefix(4096) + Data(repeating: 0xFF, count: sound.count - 4096)).write(to: file)
            #expect(try embeddings() == first)
            #expect(try Data(contentsOf: file) == sound)
        }
    }

    @Test("stay in memory when they cannot be written")
    func unwritable() throws {
        try TestModel.withCopy { directory in
            let first = try embed(directory)
            let file = try #require(packed(directory).first)
            try FileManager.default.removeItem(at: file)
            // A folder in the file's place keeps everyone, root too, from renaming a file to that name.
            try FileManager.default.createDirectory(at: file, withIntermediateDirectories: false)
            try Data().write(to: file.appendingPathComponent("occupied"))
            #expect(try embed(directory) == first)
            #expect(try packed(directory).map(\.lastPathComponent) == ["packed-portable-v1.bin"])
        }
    }
}
