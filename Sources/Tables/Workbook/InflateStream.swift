package import NativeContent
import ZipFiles

/// Unpacks bytes piece by piece, as they are asked for.
package final class InflateStream {
    private static let pieceBytes = 64 * 1024

    private let packed: [UInt8]
    private let isDeflated: Bool
    private let checksum: UInt32
    private let limit: Int
    private let damaged: ReadFault
    private let inflation: Inflation
    private var position = 0
    private var count = 0
    private var isFinished = false
    private var sum = ArchiveChecksum()

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
        do {
            inflation = try Inflation()
        } catch {
            throw ReadFault(line: 1, message: "the archive cannot be unpacked: zlib is not ready")
        }
    }

    /// The next piece; nil at the end.
    package func next() throws(ReadFault) -> [UInt8]? {
        guard !isFinished else { return nil }
        let piece = isDeflated ? try inflated() : stored()
        count += piece.count
        guard count <= limit else {
            throw ReadFault(line: 1, message: "unpacks to more than \(limit) bytes; expected a smaller file")
        }
        piece.withUnsafeBytes { sum.add($0) }
        guard !isFinished || sum.value == checksum else { throw damaged }
        return piece.isEmpty ? nil : piece
    }

    private func stored() -> [UInt8] {
        let end = min(packed.count, position + Self.pieceBytes)
        defer { position = end }
        isFinished = end == packed.count
        return Array(packed[position..<end])
    }

    private func inflated() throws(ReadFault) -> [UInt8] {
        var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
        let taken: Int
        do {
            let written: Int
            (taken, written) = try packed.withUnsafeBytes { input in
                try piece.withUnsafeMutableBytes { output in
                    try inflation.unpack(UnsafeRawBufferPointer(rebasing: input[position...]), into: output)
                }
            }
            piece.removeSubrange(written...)
        } catch {
            throw damaged
        }
        position += taken
        isFinished = inflation.isFinished
        guard isFinished || taken > 0 || !piece.isEmpty else { throw damaged }
        return piece
    }
}
