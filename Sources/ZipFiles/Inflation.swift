import CZlib

/// zlib's decompressor for raw deflate data.
package final class Inflation {
    private let stream: UnsafeMutablePointer<z_stream>
    package private(set) var isFinished = false

    /// - Throws: ``ZipFault/noMemory``.
    package init() throws(ZipFault) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // Negative: neither zlib's nor gzip's wrapping.
        guard inflateInit2_(stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .noMemory
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Unpacks as much of `input` as `output` has room for.
    ///
    /// - Returns: how many bytes were taken, and how many written: neither when zlib needs more of either.
    /// - Throws: ``ZipFault/damagedData``.
    package func unpack(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(ZipFault) -> (taken: Int, written: Int) {
        let (available, room) = (min(input.count, 1 << 30), min(output.count, 1 << 30))
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(available)
        stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(room)
        let result = CZlib.inflate(stream, Z_NO_FLUSH)
        guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else { throw .damagedData }
        isFinished = result == Z_STREAM_END
        return (available - Int(stream.pointee.avail_in), room - Int(stream.pointee.avail_out))
    }
}

/// The checksum that archives have of what they hold, CRC-32.
package struct ArchiveChecksum {
    private var sum: UInt = CZlib.crc32(0, nil, 0)

    package init() {}

    package var value: UInt32 { UInt32(truncatingIfNeeded: sum) }

    package mutating func add(_ bytes: UnsafeRawBufferPointer) {
        // zlib begins anew where there is no address.
        guard !bytes.isEmpty else { return }
        sum = CZlib.crc32(sum, bytes.bindMemory(to: UInt8.self).baseAddress, UInt32(truncatingIfNeeded: bytes.count))
    }
}
