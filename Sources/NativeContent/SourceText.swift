package import ConversationDomain
package import Foundation

/// A file's text: bounded, decoded, without byte order mark.
package struct SourceText {
    /// As the user gave it.
    package let path: String
    package let text: String
    /// What the text was encoded in, if not in UTF-8.
    private(set) var encoding: String?
    /// The bytes of a zip archive, such as a workbook; the text is then empty.
    package private(set) var archive: Data?
    /// The bytes of a tar archive that gzip packed; the text is then empty.
    package private(set) var tarball: Data?

    /// - Parameters:
    ///   - takesWorkbooks: whether the file may be a zip archive.
    ///   - takesTarballs: whether it may be a `.tgz` or `.tar.gz`.
    /// - Throws: ``ReadFault`` when the file is missing, no plain file, too large or no text.
    package init(
        contentsOf url: URL, limit: Int, takesWorkbooks: Bool = false, takesTarballs: Bool = false
    ) throws(ReadFault) {
        path = url.relativePath
        let data = try Self.read(url, limit: limit)
        if let kind = BinaryFile.kind(of: data) {
            if kind == .gzip, takesTarballs, Self.isTarball(path) {
                (tarball, text) = (data, "")
                return
            }
            guard kind == .zip, takesWorkbooks else { throw ReadFault(line: 1, message: kind.refusal(data)) }
            (archive, text) = (data, "")
            return
        }
        let isOurs = ["yaml", "yml", "md", "markdown"].contains(SourceText.fileExtension(of: path))
        let decoded = try TextDecoding.decode(data, guesses: !isOurs)
        if let line = MarkRuns.line(of: decoded.text.utf8) {
            let limit = MarkRuns.limit
            throw ReadFault(
                line: line, message: "more than \(limit) combining marks in a row, expected at most \(limit)")
        }
        text = decoded.text
        encoding = decoded.encoding
    }

    package init(path: String, text: String) {
        self.path = path
        self.text = text
    }

    /// Whether a file is named like a tar archive that gzip packed.
    private static func isTarball(_ path: String) -> Bool {
        let name = path.lowercased()
        return name.hasSuffix(".tgz") || name.hasSuffix(".tar.gz")
    }

    /// Says what had to be assumed to read the file.
    package func tellEncoding(_ log: inout IssueLog) {
        if let encoding { log.note(place(1), "read as \(encoding)") }
    }

    package func place(_ line: Int) -> SourcePlace { SourcePlace(path: path, line: line) }

    /// The bytes of a plain file.
    package static func read(_ url: URL, limit: Int) throws(ReadFault) -> Data {
        // A pipe or device would be waited for without end.
        let target = url.resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: target) else {
            throw ReadFault(line: 1, message: "there is no such file, or it may not be read")
        }
        guard attributes[.type] as? FileAttributeType == .typeRegular else {
            throw ReadFault(line: 1, message: "not a plain file")
        }
        let data: Data
        do {
            let handle = try FileHandle(forReadingFrom: url)
            defer { try? handle.close() }
            data = try handle.read(upToCount: limit + 1) ?? Data()
        } catch {
            throw ReadFault(line: 1, message: "the file cannot be read")
        }
        guard data.count <= limit else {
            throw ReadFault(line: 1, message: "larger than \(limit) bytes; expected a smaller file")
        }
        return data
    }
}

/// Why a file cannot be read on, and where.
package struct ReadFault: Error {
    package let line: Int
    package let message: String

    package init(line: Int, message: String) {
        self.line = line
        self.message = message
    }
}

extension SourceText {
    /// In lower case, without its point; empty without one.
    package static func fileExtension(of path: String) -> String {
        let name = path.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
        return name[name.index(after: dot)...].lowercased()
    }
}
