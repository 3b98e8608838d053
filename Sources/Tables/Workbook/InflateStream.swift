internal import CZlib
package import NativeContent

/// Unpacks bytes piece by piece, as they are asked for.
package final class InflateStream {
    private static let pieceBytes = 64 * 1024

    private let packed: [UInt8]
    private let isDeflated: Bool
    private let checksum: UInt32
    private let limit: Int
    private let damaged: ReadFault
    private let stream: UnsafeMutablePointer<z_stream>
    private var position = 0
    private var count = 0
    private var isFinished = false
    private var crc: UInt = CZlib.crc32(0, nil, 0)

    /// - Parameters:
    ///   - checksum: CRC-32 of the unpacked bytes.
    ///   - limit: of the unpacked bytes; beyond it they are refused.
    ///   - damaged: what is thrown where the bytes are not what was packed.
    init(
        _ packed: ArraySlice<UInt8>, isDeflated: Bool, checksum: UInt32, limit: Int,
        damaged: ReadFault = ZipEntries.damaged
    ) throws(ReadFault) {
        self.damaged = damaged
        self.packed = Array(packed)
        self.isDeflated = isDeflated
        self.checksum = checksum
        self.limit = limit
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // Negative: neither zlib's nor gzip's wrapping.
        guard inflateInit2_(stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw ReadFault(line: 1, message: "the archive cannot be unpacked: zlib is not ready")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// The next piece; nil at the end.
    package func next() throws(ReadFault) -> [UInt8]? {
        guard !isFinished else { return nil }
        let piece = isDeflated ? try inflated() : stored()
        count += piece.count
        guard count <= limit else {
            throw ReadFault(line: 1, message: "unpacks to more than \(limit) bytes; expected a smaller file")
        }
        crc = piece.withUnsafeBufferPointer { CZlib.crc32(crc, $0.baseAddress, UInt32($0.count)) }
        guard !isFinished || UInt32(truncatingIfNeeded: crc) == checksum else { throw damaged }
        return piece.isEmpty ? nil : piece
    }

    private func stored() -> [UInt8] {
        let end = min(packed.count, position + Self.pieceBytes)
        defer { position = end }
        isFinished = end == packed.count
        return Array(packed[position..<end])
    }

    private func inflated() throws(ReadFault) -> [UInt8] {
        let position = position
        var (result, consumed) = (Z_OK, 0)
        let piece = [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { output, written in
            packed.withUnsafeBufferPointer { input in
                let available = min(input.count - position, 1 << 30)
                stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.advanced(by: position))
                stream.pointee.avail_in = UInt32(available)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(Self.pieceBytes)
                result = CZlib.inflate(stream, Z_NO_FLUSH)
                consumed = available - Int(stream.pointee.avail_in)
                written = Self.pieceBytes - Int(stream.pointee.avail_out)
            }
        }
        self.position += consumed
        isFinished = result == Z_STREAM_END
        guard result == Z_OK || isFinished, isFinished || consumed > 0 || !piece.isEmpty else {
            throw damaged
        }
        return piece
    }
}
