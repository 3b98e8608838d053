internal import ConversationDomain
package import Foundation
package import NativeContent
import Tables

/// The files of another product's project, in a folder, in a zip archive or in a tar archive that gzip packed.
package struct ProjectTree {
    private enum Home {
        case folder(String)
        case archive(ZipEntries)
        case files([String: Data])
    }

    /// Unpacked bytes of all files that are read, and of one of them.
    private static let totalBytes = 256 * 1024 * 1024
    private static let fileBytes = 32 * 1024 * 1024
    private static let depthLimit = 12

    /// Where the project is, as the user gave it.
    let root: SourcePlace
    /// Inside the project, with `/` between folders, in their order.
    private(set) var paths: [String] = []
    private let home: Home
    /// What stands before each path in the archive.
    private var prefix = ""
    private var bytes = 0

    /// - Throws: ``ReadFault`` when the archive is damaged.
    init(archive data: Data, path: String) throws(ReadFault) {
        let archive = try ZipEntries(data)
        root = SourcePlace(path: path, line: 1)
        home = .archive(archive)
        takePaths(archive.entries.keys.filter { !$0.hasSuffix("/") && !$0.hasPrefix("__MACOSX/") })
    }

    /// - Throws: ``ReadFault`` when the archive is damaged or unpacks to too much.
    init(tarball data: Data, path: String) throws(ReadFault) {
        let files = try TarFiles(gzip: data, fileBytes: Self.fileBytes, totalBytes: Self.totalBytes) {
            $0.hasSuffix(".json") && Self.isVisible($0)
        }
        root = SourcePlace(path: path, line: 1)
        home = .files(files.contents)
        takePaths(Array(files.names))
    }

    /// Who packs a folder again has all files below its name: what counts begins there.
    private mutating func takePaths(_ names: [String]) {
        if let first = names.min(), let slash = first.firstIndex(of: "/") {
            let top = String(first[...slash])
            if names.allSatisfy({ $0.hasPrefix(top) }),
                Set(names.map { $0.dropFirst(top.count).prefix { $0 != "/" } }).count > 1
            {
                prefix = top
            }
        }
        paths = names.map { String($0.dropFirst(prefix.count)) }.filter(Self.isVisible).sorted()
    }

    /// The files of a zip archive that is no workbook, or of a `.tgz`; nil for other files.
    package init?(of source: SourceText) throws(ReadFault) {
        if let tarball = source.tarball {
            try self.init(tarball: tarball, path: source.path)
            return
        }
        guard let archive = source.archive, SourceText.fileExtension(of: source.path) == "zip" else { return nil }
        try self.init(archive: archive, path: source.path)
    }

    /// The files of a folder; nil when it is too large or cannot be read, which is then found out elsewhere.
    package init?(folder url: URL, limits: ContentLimits) {
        root = SourcePlace(path: url.relativePath, line: 1)
        home = .folder(url.path)
        var found: [String] = []
        guard Self.visit(url.path, below: "", depth: 0, limit: limits.files, &found) else { return nil }
        paths = found.sorted()
    }

    private static func visit(
        _ folder: String, below: String, depth: Int, limit: Int, _ found: inout [String]
    ) -> Bool {
        guard depth < depthLimit, let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            return false
        }
        for name in names where !name.hasPrefix(".") {
            var isFolder: ObjCBool = false
            let path = folder + "/" + name
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { continue }
            if isFolder.boolValue {
                guard visit(path, below: below + name + "/", depth: depth + 1, limit: limit, &found) else {
                    return false
                }
            } else {
                found.append(below + name)
            }
            if found.count > limit { return false }
        }
        return true
    }

    private static func isVisible(_ path: String) -> Bool {
        !path.split(separator: "/").contains { $0.hasPrefix(".") }
    }

    /// How a file of the project is named in messages.
    func file(_ path: String) -> String {
        switch home {
        case .folder: root.path.hasSuffix("/") ? root.path + path : root.path + "/" + path
        case .archive, .files: "\(root.path)#\(path)"
        }
    }

    func place(_ path: String, _ line: Int = 1) -> SourcePlace { SourcePlace(path: file(path), line: line) }

    func contains(_ path: String) -> Bool { paths.contains(path) }

    /// The paths of files in a folder of the project and below it.
    func paths(in folder: String, suffix: String = ".json") -> [String] {
        paths.filter { $0.hasPrefix(folder + "/") && $0.hasSuffix(suffix) }
    }

    /// The JSON of a file; nil when it has none, which is an error.
    mutating func json(_ path: String, _ log: inout IssueLog) -> JSONNode? {
        do throws(ReadFault) {
            let data = try data(path)
            bytes += data.count
            guard bytes <= Self.totalBytes else {
                throw ReadFault(line: 1, message: "the project has more than \(Self.totalBytes) bytes of JSON")
            }
            let text = try TextDecoding.decode(data, guesses: false).text
            if let line = MarkRuns.line(of: text.utf8) {
                throw ReadFault(
                    line: line,
                    message: "more than \(MarkRuns.limit) combining marks in a row, expected at most \(MarkRuns.limit)")
            }
            return try JSONNode.parse(text.utf8)
        } catch {
            log.error(place(path, error.line), error.message)
            return nil
        }
    }

    private func data(_ path: String) throws(ReadFault) -> Data {
        switch home {
        case .folder(let folder):
            return try SourceText.read(URL(filePath: folder + "/" + path), limit: Self.fileBytes)
        case .files(let contents):
            guard let data = contents[prefix + path] else { throw TarFiles.damaged }
            return data
        case .archive(let archive):
            guard let stream = try archive.stream(prefix + path, limit: Self.fileBytes) else {
                throw ZipEntries.damaged
            }
            var data = Data()
            while let piece = try stream.next() { data.append(contentsOf: piece) }
            return data
        }
    }
}
