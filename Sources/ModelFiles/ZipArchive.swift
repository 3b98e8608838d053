import BERT
import Foundation
import TensorFiles
import ZipFiles

/// A zip archive on disk, as wheels are; nothing in it is trusted.
struct ZipArchive {
    typealias Entry = ZipDirectory.Entry

    private static let entryLimit = 65_536

    let file: RandomAccessFile
    private let directory: ZipDirectory

    /// - Throws: `ModelError.invalidFile` when the directory is damaged, `tooLarge` when it exceeds its bounds.
    init(_ url: URL) throws {
        let file = try RandomAccessFile(url)
        self.file = file
        directory = try Self.explaining(file.path) { try ZipDirectory(file, entryLimit: Self.entryLimit) }
        guard directory.entries.keys.allSatisfy(Self.isSafe) else {
            throw ModelError(
                .invalidFile, "\(file.path): the zip directory has an entry with a wrong name or size")
        }
    }

    /// The entry called `name`.
    func entry(_ name: String) throws -> Entry {
        guard let entry = directory.entries[name] else {
            throw ModelError(.invalidFile, "\(file.path): \(name) is missing in the archive")
        }
        return entry
    }

    /// Where an entry's packed bytes lie.
    func data(of entry: Entry) throws -> Range<Int> {
        try Self.explaining(file.path, entry) { try directory.data(of: entry, in: file) }
    }

    /// Names that would leave the folder they are unpacked to are refused, although no name is ever used as a path.
    private static func isSafe(_ name: String) -> Bool {
        guard !name.isEmpty, !name.hasPrefix("/"), !name.utf8.contains(UInt8(ascii: "\\")), !name.utf8.contains(0)
        else {
            return false
        }
        return !name.split(separator: "/", omittingEmptySubsequences: false).contains("..")
    }

    /// Says of which file, and of which entry of it, a fault is.
    static func explaining<Value>(_ path: String, _ entry: Entry? = nil, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let fault as ZipFault {
            let name = entry.map { ": \($0.name)" } ?? ""
            let (code, what): (ModelError.Code, String) =
                switch fault {
                case .incomplete: (.invalidFile, ": not a complete zip archive")
                case .endsEarly: (.invalidFile, ": ends early")
                case .damagedDirectory: (.invalidFile, ": the zip directory is damaged")
                case .wrongSize: (.invalidFile, ": the zip directory has an entry with a wrong name or size")
                case .tooLarge(let entries): (.tooLarge, ": a zip directory of \(entries) files is too large")
                case .twice(let name): (.invalidFile, ": holds \(name) twice")
                case .wrongHeader: (.invalidFile, " is damaged: its header does not fit the directory")
                case .damagedData: (.invalidFile, " is damaged: it cannot be unpacked")
                case .noMemory: (.io, ": zlib cannot be used")
                }
            throw ModelError(code, path + name + what)
        }
    }
}

extension RandomAccessFile: ZipSource {}
