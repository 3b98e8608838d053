package import ConversationDomain

/// Reads knowledge from Markdown: front matter with the locale, then per entry `## Question`, the other wordings as
/// list items right below it, the answer, and at its end perhaps `Title: …` and `Link: https://…`, in this order.
package struct KnowledgeMarkdown {
    private let source: SourceText
    private let options: ReadOptions
    private var log: IssueLog
    private var places = ContentPlaces()
    private var ids: Set<String> = []
    private var locale: BotLocale?

    private typealias Line = (number: Int, text: Substring)

    private init(_ source: SourceText, options: ReadOptions, log: IssueLog) {
        self.source = source
        self.options = options
        self.log = log
    }

    package static func read(
        _ source: SourceText, options: ReadOptions, log: inout IssueLog, places: inout ContentPlaces
    ) -> [KnowledgeEntry] {
        var markdown = KnowledgeMarkdown(source, options: options, log: log)
        let entries = markdown.entries()
        log = markdown.log
        places.merge(markdown.places)
        return entries
    }

    private mutating func entries() -> [KnowledgeEntry] {
        let split = source.text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        var lines = zip(1..., split).map { (number: $0, text: $1) }[...]
        frontMatter(&lines)
        let preamble = lines.prefix { !Self.isHeading($0.text) }
        if let stray = preamble.first(where: { !Self.trimmed($0.text).isEmpty }) {
            error(stray.number, "text before the first '## Question'")
        }
        lines = lines.dropFirst(preamble.count)
        var entries: [KnowledgeEntry] = []
        while let heading = lines.popFirst() {
            let body = lines.prefix { !Self.isHeading($0.text) }
            lines = lines.dropFirst(body.count)
            if let entry = entry(heading, body) { entries.append(entry) }
        }
        return entries
    }

    private mutating func error(_ line: Int, _ message: String) { log.error(source.place(line), message) }

    private static func isHeading(_ line: Substring) -> Bool { line.hasPrefix("## ") || line == "##" }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}

// MARK: - Front matter

extension KnowledgeMarkdown {
    private mutating func frontMatter(_ lines: inout ArraySlice<Line>) {
        guard let first = lines.first, Self.trimmed(first.text) == "---" else { return }
        let body = lines.dropFirst().prefix { Self.trimmed($0.text) != "---" }
        guard lines.count > body.count + 1 else {
            error(first.number, "the front matter has no closing ---")
            return
        }
        lines = lines.dropFirst(body.count + 2)
        do {
            let text = body.map { String($0.text) }.joined(separator: "\n")
            guard let root = try YAMLNode.parse(text) else { return }
            try locale(root, after: first.number)
        } catch {
            self.error(first.number + error.line, error.message)
        }
    }

    private mutating func locale(_ root: YAMLNode, after line: Int) throws(ReadFault) {
        guard case .map(let entries) = root.kind else {
            throw ReadFault(line: root.line, message: "the front matter must be 'locale: …'")
        }
        for entry in entries {
            guard entry.key == "locale" else {
                error(line + entry.line, "unknown key '\(entry.key)' in the front matter, expected locale")
                continue
            }
            guard case .text(let text) = entry.value.kind, let locale = BotLocale(text) else {
                throw ReadFault(line: entry.line, message: "'locale' must be a language tag such as en or zh-TW")
            }
            self.locale = locale
        }
    }
}

// MARK: - Entries

extension KnowledgeMarkdown {
    private mutating func entry(_ heading: Line, _ body: ArraySlice<Line>) -> KnowledgeEntry? {
        guard let question = checked(heading.text.dropFirst(2), heading.number, "the question") else { return nil }
        let variants = body.prefix { $0.text.hasPrefix("- ") }
        var questions = [question]
        var lines = [heading.number]
        for variant in variants {
            guard let text = checked(variant.text.dropFirst(2), variant.number, "a question") else { continue }
            questions.append(text)
            lines.append(variant.number)
        }
        var rest = body.dropFirst(variants.count).drop { Self.trimmed($0.text).isEmpty }
        let link = last("Link", of: &rest)
        let title = last("Title", of: &rest)
        let written = rest.map { String($0.text) }.joined(separator: "\n")
        let line = rest.first?.number ?? heading.number
        guard
            let answer = checked(written[...], line, "the answer of '\(question)'", limit: options.limits.answer),
            let id = identifier(of: question, line: heading.number)
        else { return nil }
        for (index, line) in lines.enumerated() { places.note(.question(id, index + 1), at: source.place(line)) }
        places.note(.knowledgeAnswer(id), at: source.place(line))
        places.note(.link(id), at: link.map { source.place($0.line) })
        places.note(.knowledgeTitle(id), at: title.map { source.place($0.line) })
        return KnowledgeEntry(
            id: id, locale: locale ?? options.locale(of: question), title: title?.text, questions: questions,
            answer: answer,
            link: link?.text, place: source.place(heading.number))
    }

    /// Takes a last line `Key: …` off.
    private mutating func last(_ key: String, of lines: inout ArraySlice<Line>) -> (text: String, line: Int)? {
        while let last = lines.last, Self.trimmed(last.text).isEmpty { lines = lines.dropLast() }
        guard let line = lines.last, line.text.hasPrefix(key + ":") else { return nil }
        lines = lines.dropLast()
        let text = checked(line.text.dropFirst(key.count + 1), line.number, "the \(key.lowercased())")
        while let last = lines.last, Self.trimmed(last.text).isEmpty { lines = lines.dropLast() }
        return text.map { ($0, line.number) }
    }

    private mutating func checked(_ text: Substring, _ line: Int, _ what: String, limit: Int? = nil) -> String? {
        do {
            return try TextRule.checked(String(text), limit: limit ?? options.limits.text)
        } catch {
            self.error(line, "\(what) \(error.message)")
            return nil
        }
    }

    /// The file's stem, a dot and the question's words: `privacy.en.who-gets-my-address`; repeated ones are numbered.
    private mutating func identifier(of question: String, line: Int) -> KnowledgeID? {
        let slug = Self.slug(question)
        let name = Self.stem(source.path) + "." + (slug.isEmpty ? "\(ids.count + 1)" : slug)
        var unique = name
        var repetition = 1
        while !ids.insert(unique).inserted {
            repetition += 1
            unique = "\(name)-\(repetition)"
        }
        if let id = KnowledgeID(unique) { return id }
        error(line, "the file's name cannot begin an id; expected letters, digits and . _ - in it, at most 60")
        return nil
    }

    package static func stem(_ path: String) -> String {
        let name = path.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return String(name) }
        return String(name[..<dot])
    }

    /// At most 60 letters and digits of any script, lower-case, with hyphens between words.
    package static func slug(_ question: String) -> String {
        var slug = String.UnicodeScalarView()
        for scalar in question.lowercased().unicodeScalars {
            if slug.count >= 60 { break }
            if scalar == "'" || scalar == "’" { continue }
            if scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
                slug.append(scalar)
            } else if let last = slug.last, last != "-" {
                slug.append("-")
            }
        }
        if slug.last == "-" { slug.removeLast() }
        return String(slug)
    }
}
