package import ConversationDomain
package import Foundation
package import NativeContent

/// Reads pages of documentation, Markdown and HTML, as passages. Pages are given one after the other; what stands on several of them
/// becomes one passage with the link of the first.
package struct DocumentReader {
    private let collection: CollectionName
    private let base: String?
    private let options: ReadOptions
    private let limits: DocumentLimits
    private var merge = PassageMerge()
    private var entries: [KnowledgeEntry] = []
    private var ids: Set<String> = []
    /// Passages that were on an earlier page already.
    package private(set) var merged = 0
    package private(set) var pages = 0
    /// Pages without a text, and drafts.
    package private(set) var left = 0
    private var isFull = false

    /// - Parameters:
    ///   - collection: what the passages belong to.
    ///   - base: what the links to pages begin with, without its last slash; nil for no links but those that pages name.
    package init(
        collection: CollectionName, base: String? = nil, options: ReadOptions, limits: DocumentLimits = DocumentLimits()
    ) {
        self.collection = collection
        self.base = base.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        self.options = options
        self.limits = limits
    }

    /// The passages so far, in the order of their pages.
    package var passages: [KnowledgeEntry] { entries }

    /// Whether a file's name is that of a page.
    package static func isPage(_ path: String) -> Bool { isMarkdown(path) || isHTML(path) }

    package static func isMarkdown(_ path: String) -> Bool {
        ["md", "markdown", "mdx"].contains(SourceText.fileExtension(of: path))
    }

    package static func isHTML(_ path: String) -> Bool {
        ["html", "htm", "xhtml"].contains(SourceText.fileExtension(of: path))
    }

    /// Reads one file; what is wrong with it goes into the log.
    /// - Parameters:
    ///   - path: as it is told to whoever reads the log.
    ///   - page: its path in the folder of documents.
    package mutating func read(_ url: URL, path: String, page: String, log: inout IssueLog) {
        let place = SourcePlace(path: path, line: 1)
        do {
            let data = try SourceText.read(url, limit: limits.pageBytes)
            let (text, encoding) = try DocumentDecoding.text(data, isHTML: Self.isHTML(path))
            if let encoding { log.note(place, "read as \(encoding)") }
            try read(text, path: path, page: page, log: &log)
        } catch {
            log.error(SourcePlace(path: path, line: error.line), error.message)
        }
    }

    /// - Throws: ``ReadFault`` when the text cannot be read as a page.
    package mutating func read(_ text: String, path: String, page name: String, log: inout IssueLog) throws(ReadFault) {
        if let line = MarkRuns.line(of: text.utf8) {
            throw ReadFault(
                line: line,
                message: "more than \(MarkRuns.limit) combining marks in a row, expected at most \(MarkRuns.limit)")
        }
        let page = Self.isHTML(path) ? HTMLPage.read(text, limits: limits) : try MarkdownPage.read(text, limits: limits)
        pages += 1
        guard !page.isDraft else { return left += 1 }
        let cut = PassageCutter(limits: limits).cut(page, name: Self.title(of: name))
        guard !cut.isEmpty else {
            left += 1
            return log.warning(SourcePlace(path: path, line: 1), "no text was found in the page")
        }
        let locale = page.locale ?? options.defaultLocale ?? Self.locale(of: cut, options)
        let link = link(page.address, name)
        for passage in cut { add(passage, of: name, path: path, locale: locale, link: link, &log) }
    }

    private mutating func add(
        _ passage: CutPassage, of page: String, path: String, locale: BotLocale, link: String?, _ log: inout IssueLog
    ) {
        let place = SourcePlace(path: path, line: passage.line)
        guard entries.count < limits.passages else {
            if !isFull {
                log.error(place, "more than \(limits.passages) passages; divide the documents into collections")
            }
            isFull = true
            return
        }
        if let number = merge.earlier(passage) {
            merged += 1
            return merge(passage, into: number)
        }
        let own = link.map { link in passage.anchor.map { "\(link)#\(Self.escaped($0))" } ?? link }
        entries.append(
            KnowledgeEntry(
                id: identifier(passage, page), locale: locale, title: Self.buttonTitle(passage.path),
                questions: [DocumentText.beginning(passage.pathText, options.limits.text)], answer: passage.text,
                link: own.flatMap { LintRun.isWebAddress($0) ? $0 : nil }, collection: collection, place: place))
    }

    /// The longer text, the first link, and the headings of both.
    private mutating func merge(_ passage: CutPassage, into number: Int) {
        let first = entries[number]
        let heading = DocumentText.beginning(passage.pathText, options.limits.text)
        let isNew = first.questions.count <= limits.mergedHeadings && !first.questions.contains(heading)
        let isLonger = passage.text.utf8.count > first.answer.utf8.count
        guard isNew || isLonger else { return }
        entries[number] = KnowledgeEntry(
            id: first.id, locale: first.locale, title: first.title,
            questions: first.questions + (isNew ? [heading] : []), answer: isLonger ? passage.text : first.answer,
            link: first.link, collection: collection, place: first.place)
    }

    /// The same in every run, as long as page and headings keep their names: `docs.guide-returns-4f0c2a9be1d7.9b11c02d77ea`. What is
    /// before the last point is the page.
    private mutating func identifier(_ passage: CutPassage, _ page: String) -> KnowledgeID {
        var part = 1
        let slug = String(KnowledgeMarkdown.slug(Self.stem(page).replacing("/", with: " ")).suffix(40))
        while true {
            let hash = StableHash.name(passage.path + [String(part)])
            let file = [slug, StableHash.name([page])].filter { !$0.isEmpty }.joined(separator: "-")
            let name = [String(collection.rawValue.prefix(60)), file, hash].joined(separator: ".")
            if ids.insert(name).inserted { return KnowledgeID(trusted: name) }
            part += 1
        }
    }
}

// MARK: - Names and links

extension DocumentReader {
    /// What a button shows, so far as it fits: the last headings.
    private static func buttonTitle(_ path: [String]) -> String {
        var title = path.last ?? ""
        for heading in path.dropLast().reversed() {
            let longer = heading + " › " + title
            guard longer.unicodeScalars.count <= ContentLint.longestTitle else { break }
            title = longer
        }
        return DocumentText.beginning(title, ContentLint.longestTitle)
    }

    private static func stem(_ page: String) -> String {
        let ending = SourceText.fileExtension(of: page)
        return ending.isEmpty ? page : String(page.dropLast(ending.count + 1))
    }

    /// `getting-started` is `Getting started`.
    private static func title(of page: String) -> String {
        var parts = stem(page).split(separator: "/")
        if parts.count > 1, let last = parts.last, ["index", "readme"].contains(last.lowercased()) {
            parts.removeLast()
        }
        let words = (parts.last ?? "").replacing("-", with: " ").replacing("_", with: " ")
        let title = DocumentText.collapsed(String(words))
        return title.isEmpty
            ? "…" : DocumentText.beginning(title.prefix(1).uppercased() + String(title.dropFirst()), 200)
    }

    /// The page's own address, else its path below the base: Markdown without its ending, an index by its folder.
    private func link(_ address: String?, _ page: String) -> String? {
        if let address, LintRun.isWebAddress(address) { return Self.withoutAnchor(address) }
        guard let base else { return nil }
        if let address, address.hasPrefix("/") { return Self.withoutAnchor(base + address) }
        var parts = (Self.isHTML(page) ? page : Self.stem(page)).split(separator: "/").map(String.init)
        if let last = parts.last?.lowercased(), ["index", "readme", "index.html", "index.htm"].contains(last) {
            parts[parts.count - 1] = ""
        }
        return base + "/" + parts.map(Self.escaped).joined(separator: "/")
    }

    private static func withoutAnchor(_ address: String) -> String {
        String(address.prefix { $0 != "#" })
    }

    private static func escaped(_ part: String) -> String {
        var allowed = CharacterSet.urlPathAllowed
        allowed.remove(charactersIn: "#?/")
        return part.addingPercentEncoding(withAllowedCharacters: allowed) ?? part
    }

    /// Japanese has kana; else as for all files that say nothing.
    private static func locale(of passages: [CutPassage], _ options: ReadOptions) -> BotLocale {
        let sample = passages.prefix(20).map { $0.pathText + $0.text }.joined().unicodeScalars.prefix(5_000)
        let kana = sample.count { (0x3041...0x30FA).contains($0.value) }
        if kana * 50 > sample.count, let japanese = BotLocale("ja") { return japanese }
        // A name in another script makes no page one of that language.
        let han = sample.count { SearchTerms.isCJK($0) }
        let letters = sample.count { $0.properties.isAlphabetic }
        guard han * 5 >= letters else { return .english }
        return options.locale(of: String(String.UnicodeScalarView(sample)))
    }
}
