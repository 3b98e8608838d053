import ConversationDomain
import NativeContent

/// What stands above a page of Markdown: its title, language and address; other keys are not ours.
enum FrontMatter {
    static let lineLimit = 500
    private static let bytes = 64 * 1024
    private static let title = ["title"]
    private static let locale = ["locale", "lang", "language"]
    private static let address = ["url", "permalink", "canonical", "canonical_url"]

    /// - Throws: ``ReadFault`` for what is no YAML, and for anchors and aliases in it.
    static func read(_ lines: ArraySlice<Substring>, isTOML: Bool, into page: inout DocumentPage) throws(ReadFault) {
        var size = 0
        for line in lines { size += line.utf8.count + 1 }
        guard size <= bytes else {
            throw ReadFault(
                line: 1, message: "the front matter is larger than \(bytes) bytes, expected a title and a locale")
        }
        if isTOML { return toml(lines, into: &page) }
        let root: YAMLNode?
        do throws(ReadFault) {
            root = try YAMLNode.parse(lines.joined(separator: "\n"))
        } catch {
            throw ReadFault(line: error.line + 1, message: "the front matter cannot be read: \(error.message)")
        }
        guard let root else { return }
        guard case .map(let entries) = root.kind else {
            throw ReadFault(
                line: root.line + 1, message: "the front matter must be keys with values, such as 'title: …'")
        }
        for entry in entries {
            guard case .text(let text) = entry.value.kind else { continue }
            try take(entry.key, text, line: entry.line + 1, into: &page)
        }
    }

    private static func take(_ key: String, _ text: String, line: Int, into page: inout DocumentPage) throws(ReadFault)
    {
        let key = key.lowercased()
        if title.contains(key) {
            let plain = DocumentText.collapsed(text)
            page.title = plain.isEmpty ? nil : DocumentText.beginning(plain, DocumentLimits().heading)
        } else if locale.contains(key) {
            guard let locale = BotLocale(text) else {
                throw ReadFault(line: line, message: "'\(key)' must be a language tag such as en or zh-TW")
            }
            page.locale = locale
        } else if address.contains(key) {
            page.address = text
        } else if key == "draft" {
            page.isDraft = text == "true"
        } else if key == "published" {
            page.isDraft = text == "false"
        }
    }

    /// The texts of the topmost table: `title = "…"`.
    private static func toml(_ lines: ArraySlice<Substring>, into page: inout DocumentPage) {
        for line in lines {
            let parts = line.split(separator: "=", maxSplits: 1).map { MarkdownPage.trimmed($0) }
            if line.hasPrefix("[") { return }
            guard parts.count == 2 else { continue }
            let value = parts[1].first.map { "\"'".contains($0) } == true ? parts[1].dropFirst().dropLast() : parts[1]
            try? take(String(parts[0]), String(value), line: 1, into: &page)
        }
    }
}
