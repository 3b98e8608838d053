internal import ConversationDomain
import Documents
import Foundation
import NativeContent

/// Pages of documentation among the files that are imported.
enum DocumentImport {
    /// Whether a file is a page: HTML, and Markdown that is not in our own format of questions and answers.
    static func isPage(_ url: URL) -> Bool {
        if DocumentReader.isHTML(url.relativePath) { return true }
        guard DocumentReader.isMarkdown(url.relativePath), let handle = try? FileHandle(forReadingFrom: url) else {
            return false
        }
        defer { try? handle.close() }
        let beginning = (try? handle.read(upToCount: sample)) ?? Data()
        return isPage(markdown: String(decoding: beginning, as: UTF8.self))
    }

    /// Bytes that tell what a file is.
    private static let sample = 16 * 1024

    /// Our own format has no title: after front matter with nothing but a locale it begins with `## Question`.
    static func isPage(markdown text: String) -> Bool {
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)[...]
        if lines.first.map({ $0.hasPrefix("+++") }) == true { return true }
        if lines.first.map({ $0.hasPrefix("---") }) == true {
            let front = lines.dropFirst().prefix { !$0.hasPrefix("---") }
            let keys = front.filter { $0.first.map { $0.isLetter } == true && $0.contains(":") }
                .map { $0.prefix { $0 != ":" } }
            if keys.contains(where: {
                ["title", "url", "permalink", "canonical", "lang", "language", "draft"].contains($0)
            }) {
                return true
            }
            lines = lines.dropFirst(front.count + 2)
        }
        let first = lines.drop { $0.allSatisfy(\.isWhitespace) }
        guard let line = first.first else { return false }
        if line.hasPrefix("# ") { return true }
        let below = first.dropFirst().first ?? ""
        if below.count >= 3, below.allSatisfy({ $0 == "=" }) || below.allSatisfy({ $0 == "-" }) { return true }
        return !lines.contains { $0.hasPrefix("## ") } && !line.hasPrefix("##")
    }

    /// Reads one page.
    static func read(
        _ url: URL, options: ReadOptions, log: inout IssueLog
    ) -> [KnowledgeEntry] {
        let name = url.lastPathComponent
        var reader = DocumentReader(
            collection: CollectionName(naming: KnowledgeMarkdown.stem(name)), base: options.baseURL, options: options)
        reader.read(url, path: url.relativePath, page: name, log: &log)
        return reader.passages
    }

    /// Reads all pages of a folder; nil when it holds something else.
    static func read(folder: URL, options: ReadOptions, log: inout IssueLog) -> [KnowledgeEntry]? {
        guard DocumentFolder.isDocuments(folder) else { return nil }
        let collection = CollectionName(naming: folder.standardizedFileURL.lastPathComponent)
        var reader = DocumentReader(collection: collection, base: options.baseURL, options: options)
        for page in DocumentFolder.pages(in: folder, log: &log) {
            let file = folder.appending(path: page)
            reader.read(file, path: folder.relativePath + "/" + page, page: page, log: &log)
        }
        log.note(
            SourcePlace(path: folder.relativePath, line: 1),
            "looks like documentation: \(reader.pages) pages, \(reader.passages.count) passages of the collection '\(collection)'; 'frontdesk knowledge sync' follows later changes"
        )
        return reader.passages
    }
}
