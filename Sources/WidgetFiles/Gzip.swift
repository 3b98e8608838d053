internal import CZlib

/// gzip (RFC 1952) of bytes that are at hand as a whole.
enum Gzip {
    /// Bytes beyond which nothing is packed; the program's own files are far below.
    static let limit = 16 << 20
    /// 15 for the largest window, 16 for gzip's wrapping.
    private static let windowBits: Int32 = 15 + 16

    /// Packed as small as zlib can; the same bytes give the same result.
    /// - Returns: nil when there are too many bytes, or zlib is not ready.
    static func packed(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count <= limit else { return nil }
        var stream = z_stream()
        let isReady = deflateInit2_(
            &stream, Z_BEST_COMPRESSION, Z_DEFLATED, windowBits, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard isReady == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        let room = Int(deflateBound(&stream, uLong(bytes.count)))
        var isWhole = false
        let packed = [UInt8](unsafeUninitializedCapacity: room) { output, written in
            bytes.withUnsafeBufferPointer { input in
                stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.avail_in = uInt(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = uInt(room)
                isWhole = deflate(&stream, Z_FINISH) == Z_STREAM_END
                written = room - Int(stream.avail_out)
            }
        }
        return isWhole ? packed : nil
    }
}
