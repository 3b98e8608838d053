import BERT
import Foundation
import TensorFiles
import Testing

@Suite("Packed weights")
struct PackedWeightsTests {
    private let batch: [[Int32]] = [[29, 75, 29, 44, 92, 56, 13]]

    private func embed(
        _ directory: URL, hash: String = "one", precision: Precision = .float32
    ) throws -> [[Float]] {
        let encoder = try Encoder(
            directory: directory, weightsHash: hash, kernelSet: .portable, precision: precision)
        return try encoder.encode(batch, workspace: encoder.makeWorkspace())
    }

    private func packed(_ directory: URL) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent.hasPrefix("packed-") }
    }

    /// Gives a packed file the checksum of what it holds.
    private func seal(_ file: inout Data) {
        let checksum = file.dropFirst(4096).withUnsafeBytes { Checksum.ofParts($0) }
        file.replaceSubrange(4088..<4096, with: withUnsafeBytes(of: checksum.littleEndian) { Data($0) })
    }

    @Test("are written once beside the model, without leftovers, and then used")
    func writtenOnce() throws {
        try TestModel.withCopy { directory in
            let first = try embed(directory)
            let files = try packed(directory)
            #expect(files.map(\.lastPathComponent) == ["packed-portable-v2.bin"])
            let before = try Data(contentsOf: files[0])
            // A packed file that fits is believed: its numbers decide, not those of the safetensors file.
            var changed = before
            changed[changed.count - 1] ^= 0x01
            changed.replaceSubrange(4096..<4096 + 32 * 4, with: Data(repeating: 0, count: 32 * 4))
            seal(&changed)
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

    @Test("are built again when a single bit has turned, wherever it is", arguments: [Precision.float32, .int8])
    func turnedBit(precision: Precision) throws {
        try TestModel.withCopy { directory in
            let first = try embed(directory, precision: precision)
            let file = try #require(packed(directory).first)
            let sound = try Data(contentsOf: file)
            let places = [0, 4087, 4088, 4095, 4096, sound.count - 1]
            for place in places + stride(from: 4096, to: sound.count, by: sound.count / 23) {
                var damaged = sound
                damaged[place] ^= 1 << (place % 8)
                try damaged.write(to: file)
                #expect(try embed(directory, precision: precision) == first)
                #expect(try Data(contentsOf: file) == sound, "byte \(place)")
            }
        }
    }

    @Test("of int8 are enough without the published weights")
    func withoutSource() throws {
        try TestModel.withCopy { directory in
            let first = try embed(directory, precision: .int8)
            try FileManager.default.removeItem(at: directory.appendingPathComponent("model.safetensors"))
            #expect(try embed(directory, precision: .int8) == first)
            // Float32 reads the words from there.
            #expect(TestModel.code { _ = try embed(directory) } == .io)
        }
    }

    @Test("that are damaged and cannot be built again are an error that names the file and the remedy")
    func beyondRepair() throws {
        try TestModel.withCopy { directory in
            _ = try embed(directory, precision: .int8)
            let file = try #require(packed(directory).first)
            let sound = try Data(contentsOf: file)
            try FileManager.default.removeItem(at: directory.appendingPathComponent("model.safetensors"))
            var turned = sound
            turned[sound.count / 2] ^= 0x10
            for (damaged, reason) in [(turned, "checksum"), (sound.dropLast(64), "cut off"), (Data(), "cannot")] {
                try Data(damaged).write(to: file)
                let error = #expect(throws: ModelError.self) { try embed(directory, precision: .int8) }
                let message = error?.message ?? ""
                #expect(message.contains(directory.path) && message.contains(reason), "\(message)")
                #expect(try Data(contentsOf: file) == damaged)
            }
        }
    }

    @Test("of an earlier format are replaced")
    func earlierFormat() throws {
        try TestModel.withCopy { directory in
            let old = directory.appendingPathComponent("packed-portable-v1.bin")
            let other = directory.appendingPathComponent("packed-avx2-v1.bin")
            for file in [old, other] { try Data("of another time".utf8).write(to: file) }
            _ = try embed(directory)
            #expect(
                try Set(packed(directory).map(\.lastPathComponent))
                    == ["packed-portable-v2.bin", other.lastPathComponent])
        }
    }

    @Test("are checked in parts: the checksum depends on every part and on their order")
    func parts() {
        var bytes = [UInt8](repeating: 7, count: 2 * Checksum.partBytes + 100)
        func checksum() -> UInt64 { bytes.withUnsafeBytes { Checksum.ofParts($0) } }
        let first = checksum()
        #expect(checksum() == first)
        for place in [0, Checksum.partBytes - 1, Checksum.partBytes, bytes.count - 1] {
            bytes[place] ^= 1
            #expect(checksum() != first)
            bytes[place] ^= 1
        }
        bytes[0] = 1
        let leading = checksum()
        bytes[0] = 7
        bytes[Checksum.partBytes] = 1
        #expect(checksum() != leading)
    }

    @Test("of int8 are built again rather than followed to columns that do not exist")
    func foreignColumns() throws {
        try TestModel.withCopy { directory in
            let first = try embed(directory, precision: .int8)
            let file = try #require(packed(directory).first)
            let sound = try Data(contentsOf: file)
            var foreign = sound.prefix(4096) + Data(repeating: 0xFF, count: sound.count - 4096)
            seal(&foreign)
            try foreign.write(to: file)
            #expect(try embed(directory, precision: .int8) == first)
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
            #expect(try packed(directory).map(\.lastPathComponent) == ["packed-portable-v2.bin"])
        }
    }
}
