/// What a reader sees of a paragraph of Markdown (CommonMark 0.31, chapter 6, and GitHub's strikethrough): the text of links, emphasis
/// without its marks, code without backticks; pictures, tags and footnote marks left out. One pass, and each look ahead is bounded.
struct MarkdownInline {
    /// Bytes in which the end of a link's text or address is looked for.
    private static let lookAhead = 2_000
    /// How deep links are read in the texts of links: a picture may stand in one.
    private static let depthLimit = 2

    private let bytes: [UInt8]
    private let depth: Int
    /// Bytes that may still be looked at ahead; a text of nothing but open brackets is then taken as it is.
    private var budget: Int
    private var out: [UInt8] = []
    private var index = 0

    static func plain(_ text: String) -> String {
        var reader = MarkdownInline(Array(text.utf8), depth: 0)
        reader.read()
        return CharacterReferences.decoded(String(decoding: reader.out, as: UTF8.self))
    }

    private init(_ bytes: [UInt8], depth: Int) {
        self.bytes = bytes
        self.depth = depth
        budget = 16 * bytes.count + 4 * Self.lookAhead
        out.reserveCapacity(bytes.count)
    }

    private mutating func read() {
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\\"): escape()
            case UInt8(ascii: "`"): codeSpan()
            case UInt8(ascii: "!") where index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "["):
                link(isImage: true)
            case UInt8(ascii: "["): link(isImage: false)
            case UInt8(ascii: "<"): tag()
            case UInt8(ascii: "*"), UInt8(ascii: "_"), UInt8(ascii: "~"): emphasis(byte)
            default:
                out.append(byte)
                index += 1
            }
        }
    }

    private mutating func escape() {
        let next = index + 1 < bytes.count ? bytes[index + 1] : 0
        let isMark =
            (33...47).contains(next) || (58...64).contains(next) || (91...96).contains(next)
            || (123...126).contains(next)
        if isMark {
            // An escaped ampersand begins no reference.
            out += next == UInt8(ascii: "&") ? Array("&amp;".utf8) : [next]
            index += 2
        } else {
            out.append(next == 10 ? UInt8(ascii: " ") : UInt8(ascii: "\\"))
            index += 1
        }
    }

    private func run(_ byte: UInt8, at place: Int) -> Int {
        var end = place
        while end < bytes.count, bytes[end] == byte { end += 1 }
        return end - place
    }

    private mutating func codeSpan() {
        let length = run(UInt8(ascii: "`"), at: index)
        var place = index + length
        let limit = min(bytes.count, place + min(budget, Self.lookAhead))
        defer { budget -= max(0, min(place, limit) - index) }
        while place < limit {
            guard bytes[place] == UInt8(ascii: "`") else {
                place += 1
                continue
            }
            let closing = run(UInt8(ascii: "`"), at: place)
            if closing == length {
                for byte in bytes[(index + length)..<place] {
                    out += byte == UInt8(ascii: "&") ? Array("&amp;".utf8) : [byte]
                }
                index = place + closing
                return
            }
            place += closing
        }
        out += bytes[index..<(index + length)]
        index += length
    }

    /// `[text](address "title")`, `[text][reference]`, `[text]`, `[^note]`, and the same with `!` for a picture.
    private mutating func link(isImage: Bool) {
        let start = index + (isImage ? 2 : 1)
        guard let end = closing(UInt8(ascii: "]"), UInt8(ascii: "["), from: start) else {
            out.append(bytes[index])
            index += 1
            return
        }
        var after = end + 1
        var isLink = false
        if after < bytes.count, bytes[after] == UInt8(ascii: "(") {
            if let close = closing(UInt8(ascii: ")"), UInt8(ascii: "("), from: after + 1) {
                (after, isLink) = (close + 1, true)
            }
        } else if after < bytes.count, bytes[after] == UInt8(ascii: "[") {
            if let close = closing(UInt8(ascii: "]"), UInt8(ascii: "["), from: after + 1) {
                (after, isLink) = (close + 1, true)
            }
        }
        if !isImage, start < end, bytes[start] == UInt8(ascii: "^") {
            index = end + 1
        } else if isImage {
            index = isLink ? after : start
        } else if isLink {
            let text = String(decoding: bytes[start..<end], as: UTF8.self)
            // A link has no link in it, but it may have a picture and emphasis.
            out += Self.nested(text, depth: depth + 1)
            index = after
        } else {
            out.append(bytes[index])
            index += 1
        }
    }

    private static func nested(_ text: String, depth: Int) -> [UInt8] {
        guard depth <= depthLimit else { return Array(text.utf8) }
        var reader = MarkdownInline(Array(text.utf8), depth: depth)
        reader.read()
        return reader.out
    }

    /// The mark that closes what is open, on the way over escaped ones and pairs.
    private mutating func closing(_ close: UInt8, _ open: UInt8, from start: Int) -> Int? {
        var depth = 0
        var place = start
        let limit = min(bytes.count, start + min(budget, Self.lookAhead))
        defer { budget -= max(0, min(place, limit) - start) }
        while place < limit {
            let byte = bytes[place]
            if byte == UInt8(ascii: "\\") {
                place += 1
            } else if byte == open {
                depth += 1
            } else if byte == close {
                if depth == 0 { return place }
                depth -= 1
            }
            place += 1
        }
        return nil
    }

    /// `<https://…>` is its address; tags and comments show nothing.
    private mutating func tag() {
        let limit = min(bytes.count, index + min(budget, Self.lookAhead))
        let next = index + 1 < bytes.count ? bytes[index + 1] : 0
        guard next.isLetter || next == UInt8(ascii: "/") || next == UInt8(ascii: "!"),
            let end = bytes[index..<limit].firstIndex(of: UInt8(ascii: ">"))
        else {
            if next.isLetter { budget -= max(0, limit - index) }
            out.append(bytes[index])
            index += 1
            return
        }
        let inner = String(decoding: bytes[(index + 1)..<end], as: UTF8.self)
        if inner.hasPrefix("http://") || inner.hasPrefix("https://") || (inner.contains("@") && !inner.contains(" ")) {
            out += inner.hasPrefix("mailto:") ? Array(inner.dropFirst(7).utf8) : Array(inner.utf8)
        } else if inner.lowercased().hasPrefix("br") {
            out.append(10)
        }
        index = end + 1
    }

    /// Marks beside which there is a word are not shown; `_` inside of a word and single `~` are.
    private mutating func emphasis(_ mark: UInt8) {
        let length = run(mark, at: index)
        let before = index > 0 ? bytes[index - 1] : 32
        let after = index + length < bytes.count ? bytes[index + length] : 32
        let isInWord = Self.isWord(before) && Self.isWord(after)
        let isShown =
            (before.isBlank && after.isBlank) || (mark == UInt8(ascii: "_") && isInWord)
            || (mark == UInt8(ascii: "~") && length != 2)
        if isShown { out += bytes[index..<(index + length)] }
        index += length
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || byte >= 0x80 || byte == UInt8(ascii: "_")
    }
}
