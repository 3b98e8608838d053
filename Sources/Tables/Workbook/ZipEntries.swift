package import Foundation
package import NativeContent
package import ZipFiles

/// A zip archive in memory, as workbooks are; nothing in it is trusted.
package struct ZipEntries {
    private static let entryLimit = 10_000
    private static let ratioLimit = 100
    private static let plentyBytes = 32 * 1024 * 1024

    private let data: ZipBytes
    private let directory: ZipDirectory
    package var entries: [String: ZipDirectory.Entry] { directory.entries }

    /// - Throws: ``ReadFault`` when the directory is damaged or too large.
    package init(_ data: Data) throws(ReadFault) {
        let bytes = ZipBytes(Array(data))
        do {
            directory = try ZipDirectory(bytes, entryLimit: Self.entryLimit)
        } catch ZipFault.tooLarge {
            throw ReadFault(line: 1, message: "a zip archive of more than \(Self.entryLimit) files")
        } catch {
            throw Self.damaged
        }
        guard directory.entries.keys.allSatisfy({ $0.utf8.count <= 1_000 }) else { throw Self.damaged }
        self.data = bytes
    }

    package static let damaged = ReadFault(line: 1, message: "a zip archive that is damaged or not complete")

    /// The bytes of a file in the archive, unpacked piece by piece; nil when there is no such file.
    /// - Parameter limit: of the unpacked bytes, whatever the archive promises.
    package func stream(_ name: String, limit: Int) throws(ReadFault) -> InflateStream? {
        guard let entry = entries[name] else { return nil }
        guard !entry.isEncrypted else {
            throw ReadFault(line: 1, message: "an archive that is protected by a password; save it without one")
        }
        let place: Range<Int>
        do { place = try directory.data(of: entry, in: data) } catch { throw Self.damaged }
        guard entry.method == 0 || entry.method == 8 else {
            throw ReadFault(line: 1, message: "'\(name.prefix(80))' is packed in a way that is not known")
        }
        let packed = data.content[place]
        // Sheets shrink to a tenth or a thirtieth; what grows far more was made to fill the memory.
        let expected = max(Self.plentyBytes, packed.count * Self.ratioLimit)
        return try InflateStream(
            packed, isDeflated: entry.method == 8, checksum: entry.crc32, limit: min(limit, expected))
    }
}
