import ConversationDomain

/// What a document says, without what surrounds its text on a page.
struct DocumentPage {
    /// A piece of text that is a line, or several of code.
    enum Block: Hashable {
        case text(String)
        case item(String)
        case code(String)
    }

    /// What stands below one heading.
    struct Section {
        /// 1 to 6; 0 for what comes before the first heading.
        let level: Int
        let heading: String
        /// By which the heading is reached in the page.
        let anchor: String?
        /// Where it begins, from 1.
        let line: Int
        var blocks: [Block] = []
    }

    var title: String?
    var locale: BotLocale?
    /// Where the page says that it is, whole or from the root of its site.
    var address: String?
    /// Whether the page says that it is not to be read yet.
    var isDraft = false
    var sections = [Section(level: 0, heading: "", anchor: nil, line: 1)]

    mutating func add(_ block: Block) { sections[sections.count - 1].blocks.append(block) }
}

/// The bounds on what is read of documents.
package struct DocumentLimits: Hashable, Sendable {
    /// Bytes of one page, and of all of them.
    package var pageBytes = 8 << 20
    package var totalBytes = 1 << 30
    package var pages = 50_000
    package var folderDepth = 32
    package var passages = 100_000
    /// Headings of one page.
    package var sections = 10_000
    /// Unicode scalars of a heading; what is beyond is cut.
    package var heading = 200
    /// Columns of a passage: a letter takes one, a Chinese or Japanese character two.
    package var passage = 1_000
    /// Links to other pages that say the same are not kept; so many headings of theirs are.
    package var mergedHeadings = 4

    package init() {}
}

/// White space and control characters of documents.
enum DocumentText {
    /// In one line: each run of white space is one space, a line break between Chinese or Japanese characters nothing.
    static func collapsed(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        var space = false
        var isBreak = false
        for scalar in text.unicodeScalars {
            if isSpace(scalar) {
                space = true
                isBreak = isBreak || scalar == "\n" || scalar == "\r"
                continue
            }
            if isDropped(scalar) { continue }
            if space, let last = out.last, !(isBreak && isWide(last) && isWide(scalar)) { out.append(" ") }
            (space, isBreak) = (false, false)
            out.append(scalar)
        }
        return String(out)
    }

    /// A line of code: as it is, but for characters that show nothing.
    static func codeLine(_ text: some StringProtocol) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where !isDropped(scalar) {
            if scalar == "\t" {
                out.append(contentsOf: "    ".unicodeScalars)
            } else if !isSpace(scalar) || scalar == " " {
                out.append(scalar)
            }
        }
        while out.last == " " { out.removeLast() }
        return String(out)
    }

    static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20, 0x09...0x0D, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    /// Controls, zero-width characters, marks of direction, private use.
    private static func isDropped(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0xAD, 0x200B, 0x200E, 0x200F, 0x202A...0x202E, 0x2060...0x2069, 0xFEFF,
            0xE000...0xF8FF:
            true
        default: false
        }
    }

    static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        SearchTerms.isCJK(scalar) || (0x3000...0x303F).contains(scalar.value)
            || (0xFF00...0xFF60).contains(scalar.value)
    }

    /// How many columns a text takes.
    static func width(_ text: some StringProtocol) -> Int {
        text.unicodeScalars.reduce(0) { $0 + (isWide($1) ? 2 : 1) }
    }

    /// The beginning, with `…` where something was cut.
    static func beginning(_ text: String, _ limit: Int) -> String {
        let scalars = text.unicodeScalars
        guard scalars.count > limit else { return text }
        return String(String.UnicodeScalarView(scalars.prefix(limit - 1))) + "…"
    }
}
