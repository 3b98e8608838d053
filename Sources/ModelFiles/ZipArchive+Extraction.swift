import BERT
import CZlib
import Foundation
import TensorFiles

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
        let data = try dataRange(of: entry)
        var check = Check(entry: entry, path: file.path)
        if entry.method == 0 {
            try file.forEachChunk(in: data) { try check.pass($0, to: sink) }
        } else {
            var inflater = try Inflater(path: "\(file.path): \(entry.name)")
            defer { inflater.end() }
            try file.forEachChunk(in: data) { chunk in
                try inflater.inflate(chunk) { try check.pass($0, to: sink) }
            }
            guard inflater.isFinished else { throw check.damaged("ends early") }
        }
        try check.finish()
    }

    /// Unpacks a small entry into memory.
    func data(_ entry: Entry, limit: Int) throws -> Data {
        var data = Data()
        try extract(entry, limit: limit) { data.append(contentsOf: $0) }
        return data
    }

    /// Where the packed bytes lie: after the entry's own header, which repeats its name, and before the directory.
    private func dataRange(of entry: Entry) throws -> Range<Int> {
        var header = ByteReader(try file.bytes(at: entry.headerOffset, 30), path: file.path)
        let signature = try header.uint32()
        try header.skip(22)
        let nameLength = Int(try header.uint16())
        let extraLength = Int(try header.uint16())
        let name = try file.bytes(at: entry.headerOffset + 30, nameLength)
        let start = entry.headerOffset + 30 + nameLength + extraLength
        guard signature == 0x0403_4B50, name.elementsEqual(entry.name.utf8), start <= directoryStart,
            entry.compressedSize <= directoryStart - start
        else {
            throw ModelError(
                .invalidFile, "\(file.path): \(entry.name) is damaged: its header does not fit the directory")
        }
        return start..<start + entry.compressedSize
    }

    /// Counts and checks unpacked bytes.
    private struct Check {
        let entry: Entry
        let path: String
        var count = 0
        var crc: UInt = CZlib.crc32(0, nil, 0)

        mutating func pass(_ bytes: UnsafeRawBufferPointer, to sink: (UnsafeRawBufferPointer) throws -> Void) throws {
            guard bytes.count <= entry.size - count else { throw damaged("is longer than \(entry.size) bytes") }
            count += bytes.count
            crc = CZlib.crc32(
                crc, bytes.bindMemory(to: UInt8.self).baseAddress, UInt32(truncatingIfNeeded: bytes.count))
            try sink(bytes)
        }

        func finish() throws {
            guard count == entry.size else { throw damaged("has \(count) bytes instead of \(entry.size)") }
            guard UInt32(truncatingIfNeeded: crc) == entry.crc32 else { throw damaged("its checksum does not match") }
        }

        func damaged(_ what: String) -> ModelError {
            ModelError(.invalidFile, "\(path): \(entry.name) is damaged: \(what)")
        }
    }
}

/// zlib's decompressor for raw deflate data.
private struct Inflater {
    private let stream: UnsafeMutablePointer<z_stream>
    private let output: UnsafeMutableRawBufferPointer
    private let path: String
    private(set) var isFinished = false

    init(path: String) throws {
        self.path = path
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        output = .allocate(byteCount: 1 << 18, alignment: 64)
        // Negative: neither zlib's nor gzip's wrapping.
        let result = inflateInit2_(stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard result == Z_OK else {
            stream.deallocate()
            output.deallocate()
            throw ModelError(.io, "zlib cannot be used (\(result))")
        }
    }

    /// Frees what was allocated. Must be called exactly once.
    func end() {
        inflateEnd(stream)
        stream.deallocate()
        output.deallocate()
    }

    mutating func inflate(_ input: UnsafeRawBufferPointer, to sink: (UnsafeRawBufferPointer) throws -> Void) throws {
        let start = input.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.next_in = UnsafeMutablePointer(mutating: start)
        stream.pointee.avail_in = UInt32(truncatingIfNeeded: input.count)
        repeat {
            guard !isFinished else { throw ModelError(.invalidFile, "\(path) is damaged: data after its end") }
            stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
            stream.pointee.avail_out = UInt32(truncatingIfNeeded: output.count)
            let result = CZlib.inflate(stream, Z_NO_FLUSH)
            guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else {
                throw ModelError(.invalidFile, "\(path) is damaged: it cannot be unpacked")
            }
            let count = output.count - Int(stream.pointee.avail_out)
            if count > 0 { try sink(UnsafeRawBufferPointer(rebasing: output[..<count])) }
            isFinished = result == Z_STREAM_END
        } while stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0 && !isFinished
    }
}
