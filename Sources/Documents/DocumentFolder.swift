package import Foundation
import ConversationDomain
package import NativeContent

/// The pages below a folder, in the order of their paths.
package enum DocumentFolder {
    private static let passedOver: Set<String> = ["node_modules", "_site", "__pycache__", "venv"]

    /// The paths of all pages, relative to the folder. Hidden files and folders, and links to other places, are passed over.
    package static func pages(in folder: URL, limits: DocumentLimits = DocumentLimits(), log: inout IssueLog)
        -> [String]
    {
        var pages: [String] = []
        var open: [(path: String, depth: Int)] = [("", 0)]
        var size = 0
        while let (path, depth) = open.popLast() {
            let url = path.isEmpty ? folder : folder.appending(path: path)
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: url.path) else {
                log.error(SourcePlace(path: url.relativePath, line: 1), "the folder may not be read")
                continue
            }
            for name in names where !name.hasPrefix(".") {
                let inner = path.isEmpty ? name : path + "/" + name
                let file = url.appending(path: name)
                guard let attributes = try? FileManager.default.attributesOfItem(atPath: file.path) else { continue }
                switch attributes[.type] as? FileAttributeType {
                case .typeDirectory:
                    guard !passedOver.contains(name) else { continue }
                    guard depth < limits.folderDepth else {
                        log.error(
                            SourcePlace(path: file.relativePath, line: 1), "deeper than \(limits.folderDepth) folders")
                        continue
                    }
                    open.append((inner, depth + 1))
                case .typeRegular where DocumentReader.isPage(name):
                    pages.append(inner)
                    size += (attributes[.size] as? NSNumber)?.intValue ?? 0
                default: continue
                }
            }
            guard pages.count <= limits.pages, size <= limits.totalBytes else {
                log.error(
                    SourcePlace(path: folder.relativePath, line: 1),
                    "more than \(limits.pages) pages or \(limits.totalBytes >> 20) MB; synchronise its folders one by one"
                )
                return []
            }
        }
        return pages.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Whether a folder that is imported holds pages and nothing that has another meaning in it.
    package static func isDocuments(_ folder: URL) -> Bool {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else { return false }
        let others: Set<String> = ["yaml", "yml", "csv", "tsv", "jsonl", "xlsx"]
        let hasOthers = names.contains { others.contains(SourceText.fileExtension(of: $0)) }
        guard !hasOthers, !names.contains("knowledge"), folder.lastPathComponent != "knowledge" else { return false }
        var log = IssueLog(limit: 1)
        return !pages(in: folder, log: &log).isEmpty
    }
}
