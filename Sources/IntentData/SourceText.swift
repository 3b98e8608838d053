internal import ConversationDomain
internal import Foundation

/// A file's text: bounded, valid UTF-8, without byte order mark.
struct SourceText {
    /// As the user gave it.
    let path: String
    let text: String

    /// - Throws: ``ReadFault`` when the file is missing, no plain file, too large or not UTF-8.
    init(contentsOf url: URL, limit: Int) throws(ReadFault) {
        path = url.relativePath
        let data = try Self.read(url, limit: limit)
        if let line = MarkRuns.line(of: data) {
            let limit = MarkRuns.limit
            throw ReadFault(
                line: line, message: "more than \(limit) combining marks in a row, expected at most \(limit)")
        }
        text = try Self.decode(data)
    }

    init(path: String, text: String) {
        self.path = path
        self.text = text
    }

    func place(_ line: Int) -> SourcePlace { SourcePlace(path: path, line: line) }

    private static func read(_ url: URL, limit: Int) throws(ReadFault) -> Data {
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

    private static func decode(_ data: Data) throws(ReadFault) -> String {
        let bytes = data.starts(with: [0xEF, 0xBB, 0xBF]) ? data.dropFirst(3) : data[...]
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        if data.starts(with: [0xFF, 0xFE]) || data.starts(with: [0xFE, 0xFF]) {
            throw ReadFault(line: 1, message: "encoded as UTF-16; expected UTF-8")
        }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let bad = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
        throw ReadFault(line: bad + 1, message: "not valid UTF-8; save the file in that encoding")
    }
}

/// Why a file cannot be read on, and where.
struct ReadFault: Error {
    let line: Int
    let message: String
}
