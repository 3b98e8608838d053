import BERT
import Foundation
import TensorFiles
import Testing

@testable import ModelFiles

@Suite("Archives of backups")
struct TarArchiveTests {
    /// An archive of the files, in their order.
    private static func archive(_ files: [(String, [UInt8])], in folder: TestFolder) throws -> URL {
        let url = folder["archive.tar"]
        let writer = try TarWriter(creating: url, modified: Date(timeIntervalSince1970: 1_780_000_000))
        for (index, file) in files.enumerated() {
            try writer.add(try folder.write(file.1, "source-\(index)"), as: file.0)
        }
        try writer.finish()
        return url
    }

    /// Reads everything; gives what it found.
    @discardableResult
    private static func read(_ url: URL, writingTo folder: URL? = nil) throws -> [ArchiveEntry] {
        var reader = try TarReader(url)
        var entries: [ArchiveEntry] = []
        while let entry = try reader.next() {
            entries.append(
                try reader.content(of: entry, writingTo: folder.map { $0.appending(path: entry.name) }))
        }
        return entries
    }

    private static func refusal(of bytes: [UInt8], in folder: TestFolder) throws -> String? {
        let url = try folder.write(bytes, "changed-\(UUID().uuidString).tar")
        do {
            try read(url)
            return nil
        } catch let error as ModelError {
            return error.message
        }
    }

    /// The bytes of an archive with one header changed, and its checksum made right again.
    private static func changed(_ bytes: [UInt8], headerAt start: Int = 0, _ change: (inout [UInt8]) -> Void) -> [UInt8]
    {
        var all = bytes
        var header = Array(all[start..<start + 512])
        change(&header)
        for index in 148..<156 { header[index] = 32 }
        let sum = header.reduce(0) { $0 + Int($1) }
        let digits = String(sum, radix: 8)
        let text = String(repeating: "0", count: 6 - digits.count) + digits
        header.replaceSubrange(148..<156, with: Array(text.utf8) + [0, 32])
        all.replaceSubrange(start..<start + 512, with: header)
        return all
    }

    private static let files: [(String, [UInt8])] = [
        ("a.json", Array("{}".utf8)), ("empty.txt", []),
        // Zeros in the middle become a hole, and come back as zeros.
        (
            "holes.bin",
            [UInt8](repeating: 7, count: 1 << 20) + [UInt8](repeating: 0, count: 3 << 20) + Array("the end".utf8)
        ),
    ]

    @Test("what was written is read again, with size and SHA-256 of every file")
    func roundTrip() throws {
        try TestFolder.with { folder in
            let url = try Self.archive(Self.files, in: folder)
            let out = folder["out"]
            try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
            let entries = try Self.read(url, writingTo: out)
            #expect(entries.map(\.name) == Self.files.map(\.0))
            #expect(entries.map(\.size) == Self.files.map { UInt64($0.1.count) })
            #expect(entries[0].sha256 == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")
            for file in Self.files { #expect(try [UInt8](Data(contentsOf: out.appending(path: file.0))) == file.1) }
            let mode = try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test("sizes of 8 GiB and more stand in a header and are read again", arguments: [33, 34, 40, 62])
    func large(bits: Int) throws {
        let power = UInt64(1) << UInt64(bits)
        for size in [power - 1, power, power + 12_345] {
            let header = try #require(TarHeader(name: "frontdesk.sqlite", size: size, modified: Date()).encoded())
            #expect(header.count == 512)
            #expect(try TarHeader(header).size == size)
        }
    }

    @Test("a size that no file can have is refused")
    func impossible() throws {
        var header = try #require(TarHeader(name: "a", size: 1 << 40, modified: Date()).encoded())
        header[128] = 0xFF
        header = Self.changed(header) { _ in }
        #expect(throws: TarHeader.Fault.damaged) { try TarHeader(header) }
    }

    @Test(
        "links, devices, folders and extended headers are refused by name",
        arguments: [
            ("1", "hard link"), ("2", "symbolic link"), ("3", "device"), ("5", "folder"), ("x", "pax"),
            ("L", "long name"),
        ])
    func kinds(flag: String, word: String) throws {
        try TestFolder.with { folder in
            let bytes = try [UInt8](Data(contentsOf: Self.archive(Self.files, in: folder)))
            let message = try Self.refusal(of: Self.changed(bytes) { $0[156] = Array(flag.utf8)[0] }, in: folder)
            #expect(message?.contains(word) == true, "\(message ?? "read")")
        }
    }

    @Test("a file that comes twice, a size beyond the archive's end, a cut and anything behind the end are refused")
    func damaged() throws {
        try TestFolder.with { folder in
            let twice = try Self.archive([("a", [1]), ("a", [2])], in: folder)
            let doubled = try Self.refusal(of: [UInt8](Data(contentsOf: twice)), in: folder)
            #expect(doubled?.contains("twice") == true)
            try FileManager.default.removeItem(at: twice)

            let bytes = try [UInt8](Data(contentsOf: Self.archive(Self.files, in: folder)))
            #expect(try Self.refusal(of: bytes, in: folder) == nil)
            let long = Self.changed(bytes) { $0.replaceSubrange(124..<136, with: Array("77777777777\u{0}".utf8)) }
            #expect(try Self.refusal(of: long, in: folder)?.contains("cut off") == true)
            for count in [0, 100, 512, 1024, bytes.count / 2, bytes.count - 1024, bytes.count - 512, bytes.count - 1] {
                let message = try Self.refusal(of: Array(bytes[..<count]), in: folder)
                #expect(message?.contains("cut off") == true, "\(count): \(message ?? "read")")
            }
            #expect(try Self.refusal(of: bytes + [1], in: folder)?.contains("follows the end") == true)
            #expect(try Self.refusal(of: bytes + [UInt8](repeating: 0, count: 8192), in: folder) == nil)
            var flipped = bytes
            flipped[20] ^= 1
            #expect(try Self.refusal(of: flipped, in: folder)?.contains("damaged") == true)
        }
    }

    @Test("a file that is there already is not written over, nor is a link followed")
    func existing() throws {
        try TestFolder.with { folder in
            let url = try Self.archive([("a", [1])], in: folder)
            try folder.write([9], "out/a")
            #expect(throws: ModelError.self) { try Self.read(url, writingTo: folder["out"]) }
            #expect(try Data(contentsOf: folder["out/a"]) == Data([9]))
            try FileManager.default.removeItem(at: folder["out/a"])
            try FileManager.default.createSymbolicLink(at: folder["out/a"], withDestinationURL: folder["elsewhere"])
            #expect(throws: ModelError.self) { try Self.read(url, writingTo: folder["out"]) }
            #expect(!FileManager.default.fileExists(atPath: folder["elsewhere"].path))
        }
    }
}
