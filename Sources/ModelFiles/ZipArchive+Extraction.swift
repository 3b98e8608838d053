import BERT
import Foundation
import TensorFiles
import ZipFiles

extension ZipArchive {
    /// Unpacks `entry` a chunk at a time and checks its length and CRC-32.
    ///
    /// - Parameters:
    ///   - limit: More unpacked bytes are refused before anything is unpacked.
    ///   - sink: Gets the unpacked bytes in order. What it got is worthless if this function throws.
    func extract(_ entry: Entry, limit: Int, to sink: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard entry.size <= limit else {
            throw ModelError(
                .tooLarge, "\(file.path): \(entry.name) has \(entry.size) bytes, at most \(limit) are allowed")
        }
        guard !entry.isEncrypted, entry.method == 0 || entry.method == 8 else {
            throw ModelError(.unsupported, "\(file.path): \(entry.name) is neither stored nor deflated")
        }
        let data = try data(of: entry)
        var check = Check(entry: entry, path: file.path)
        if entry.method == 0 {
            try file.forEachChunk(in: data) { try check.pass($0, to: sink) }
        } else {
            try inflate(data, of: entry) { try check.pass($0, to: sink) }
        }
        try check.finish()
    }

    private func inflate(_ data: Range<Int>, of entry: Entry, to sink: (UnsafeRawBufferPointer) throws -> Void) throws {
        try Self.explaining(file.path, entry) {
            let inflation = try Inflation()
            let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
            defer { output.deallocate() }
            try file.forEachChunk(in: data) { chunk in
                var rest = chunk[...]
                var isFull = false
                while !rest.isEmpty || isFull {
                    guard !inflation.isFinished else {
                        throw ModelError(.invalidFile, "\(file.path): \(entry.name) is damaged: data after its end")
                    }
                    let (taken, written) = try inflation.unpack(UnsafeRawBufferPointer(rebasing: rest), into: output)
                    rest = rest.dropFirst(taken)
                    if written > 0 { try sink(UnsafeRawBufferPointer(rebasing: output[..<written])) }
                    isFull = written == output.count && !inflation.isFinished
                    guard taken > 0 || written > 0 || rest.isEmpty else { throw ZipFault.damagedData }
                }
            }
            guard inflation.isFinished else {
                throw ModelError(.invalidFile, "\(file.path): \(entry.name) is damaged: ends early")
            }
        }
    }

    /// Unpacks a small entry into memory.
    func data(_ entry: Entry, limit: Int) throws -> Data {
        var data = Data()
        try extract(entry, limit: limit) { data.append(contentsOf: $0) }
        return data
    }

    /// Counts and checks unpacked bytes.
    private struct Check {
        let entry: Entry
        let path: String
        var count = 0
        var sum = ArchiveChecksum()

        mutating func pass(_ bytes: UnsafeRawBufferPointer, to sink: (UnsafeRawBufferPointer) throws -> Void) throws {
            guard bytes.count <= entry.size - count else { throw damaged("is longer than \(entry.size) bytes") }
            count += bytes.count
            sum.add(bytes)
            try sink(bytes)
        }

        func finish() throws {
            guard count == entry.size else { throw damaged("has \(count) bytes instead of \(entry.size)") }
            guard sum.value == entry.crc32 else { throw damaged("its checksum does not match") }
        }

        func damaged(_ what: String) -> ModelError {
            ModelError(.invalidFile, "\(path): \(entry.name) is damaged: \(what)")
        }
    }
}
