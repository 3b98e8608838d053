import BERT
import Foundation
import TensorFiles
import Testing

@testable import ModelFiles

@Suite("Zip archives")
struct ZipArchiveTests {
    static let text = Array(String(repeating: "where is my order? ", count: 20_000).utf8)

    private func unpack(_ bytes: [UInt8], _ name: String, limit: Int = 1 << 20) throws -> [UInt8] {
        try TestFolder.with { folder in
            let archive = try ZipArchive(folder.write(bytes, "archive.whl"))
            return Array(try archive.data(archive.entry(name), limit: limit))
        }
    }

    @Test("stored and deflated files come out as they went in", arguments: [true, false], [true, false])
    func roundTrip(deflates: Bool, usesZip64: Bool) throws {
        let archive = TestArchive(
            files: [
                .init(name: "empty", content: [], deflates: deflates),
                .init(name: "a/b.txt", content: Self.text, deflates: deflates, usesZip64: usesZip64),
            ], comment: "a comment")
        #expect(try unpack(archive.bytes(), "a/b.txt") == Self.text)
        #expect(try unpack(archive.bytes(), "empty") == [])
    }

    static let wrongFiles: [(String, TestArchive.File)] = [
        ("checksum", .init(name: "f", content: text, crc32: 1)),
        ("longer", .init(name: "f", content: text, size: 100)),
        ("instead of", .init(name: "f", content: text, size: UInt32(text.count) + 1)),
        ("header", .init(name: "f", content: text, localName: "g")),
    ]

    @Test("a file that is not what its entry says is refused", arguments: wrongFiles)
    func faults(word: String, file: TestArchive.File) throws {
        let error = #expect(throws: ModelError.self) { try unpack(TestArchive(files: [file]).bytes(), "f") }
        #expect(error?.code == .invalidFile)
        #expect(error?.message.contains(word) == true)
    }

    @Test(
        "names that lead out of the folder and doubled names are refused",
        arguments: ["../f", "/f", "a/../../f", "a\\f"])
    func names(name: String) throws {
        #expect(throws: ModelError.self) {
            try unpack(TestArchive(files: [.init(name: name, content: [1])]).bytes(), name)
        }
        #expect(throws: ModelError.self) {
            try unpack(
                TestArchive(files: [.init(name: "f", content: [1]), .init(name: "f", content: [2])]).bytes(), "f")
        }
    }

    @Test("more bytes than allowed, and files that are missing, are refused")
    func limits() throws {
        let bytes = TestArchive(files: [.init(name: "f", content: Self.text)]).bytes()
        #expect(throws: ModelError.self) { try unpack(bytes, "f", limit: Self.text.count - 1) }
        #expect(throws: ModelError.self) { try unpack(bytes, "g") }
    }

    @Test("an archive cut anywhere is refused")
    func truncated() throws {
        let bytes = TestArchive(files: [.init(name: "f", content: Array(Self.text.prefix(50)))]).bytes()
        for length in 0..<bytes.count {
            #expect(throws: ModelError.self) { try unpack(Array(bytes[..<length]), "f") }
        }
    }

    @Test("no changed byte can do worse than an error or the same content")
    func altered() throws {
        let content = Array(Self.text.prefix(200))
        let bytes = TestArchive(files: [.init(name: "f", content: content, usesZip64: true)]).bytes()
        for position in bytes.indices {
            var altered = bytes
            altered[position] ^= 0xFF
            if let unpacked = try? unpack(altered, "f") { #expect(unpacked == content) }
        }
    }
}
