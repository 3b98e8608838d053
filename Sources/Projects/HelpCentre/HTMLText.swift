import NativeContent
import Tables

/// The text of an HTML fragment, as a reader sees it: blocks as lines, list items with a hyphen; scripts, styles and comments left
/// out. Reads anything in one pass, as browsers do: what is no tag is text.
struct HTMLText {
    /// A part of the text, below a heading or before the first one.
    struct Passage: Equatable {
        var heading = ""
        /// The `id` of the heading.
        var anchor: String?
        var text = ""
    }

    private static let blocks: Set<String> = [
        "p", "div", "section", "article", "ul", "ol", "table", "tr", "blockquote", "pre", "dl", "dt", "dd", "hr",
        "figure",
        "header", "footer", "main", "aside", "details", "summary",
    ]
    private static let hidden: Set<String> = ["script", "style", "template", "noscript", "iframe", "svg", "head"]
    private static let headings: Set<String> = ["h1", "h2", "h3", "h4", "h5", "h6"]

    private let bytes: [UInt8]
    private var index = 0
    private var passages: [Passage] = [Passage()]
    private var line = ""
    private var isInHeading = false
    private var isInPre = 0

    /// The passages that have a text.
    static func passages(_ html: String) -> [Passage] {
        var reader = HTMLText(bytes: Array(html.utf8))
        reader.read()
        return reader.passages.filter { !$0.text.isBlank }
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func read() {
        var start = index
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "<"), let next = index + 1 < bytes.count ? bytes[index + 1] : nil,
                next == UInt8(ascii: "/") || next == UInt8(ascii: "!") || Self.isLetter(next)
            {
                add(text: bytes[start..<index])
                readTag()
                start = index
            } else {
                index += 1
            }
        }
        add(text: bytes[start..<index])
        endLine()
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 97 && (byte | 0x20) <= 122 }

    // MARK: Tags

    private mutating func readTag() {
        if bytes[index...].starts(with: Array("<!--".utf8)) { return skip(past: Array("-->".utf8)) }
        let isEnd = bytes[index + 1] == UInt8(ascii: "/")
        index += isEnd ? 2 : 1
        let first = index
        while index < bytes.count, Self.isLetter(bytes[index]) || (48...57).contains(bytes[index]) { index += 1 }
        let name = String(decoding: bytes[first..<index], as: UTF8.self).lowercased()
        let rest = index
        var quote: UInt8?
        while index < bytes.count, bytes[index] != UInt8(ascii: ">") || quote != nil {
            let byte = bytes[index]
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'"), bytes[index - 1] == UInt8(ascii: "=") {
                quote = byte
            }
            index += 1
        }
        let attributes = bytes[rest..<index]
        if index < bytes.count { index += 1 }
        tell(name, isEnd: isEnd, attributes)
    }

    private mutating func tell(_ name: String, isEnd: Bool, _ attributes: ArraySlice<UInt8>) {
        if Self.headings.contains(name) {
            endLine()
            if !isEnd { passages.append(Passage(anchor: Self.identifier(attributes))) }
            isInHeading = !isEnd
        } else if name == "br" {
            if isInHeading { line += " " } else { endLine() }
        } else if name == "li" {
            endLine()
            if !isEnd { line = "- " }
        } else if name == "td" || name == "th" {
            if !isEnd, !line.isEmpty, line.last != " " { line += " " }
        } else if Self.blocks.contains(name) {
            endLine()
            if name == "pre" { isInPre = max(0, isInPre + (isEnd ? -1 : 1)) }
        } else if Self.hidden.contains(name), !isEnd, attributes.last != UInt8(ascii: "/") {
            skip(past: Array("</\(name)".utf8))
            while index < bytes.count, bytes[index - 1] != UInt8(ascii: ">") { index += 1 }
        }
    }

    /// Leaves out everything up to a mark, which is compared without regard to case; to the end where it is not there.
    private mutating func skip(past mark: [UInt8]) {
        while index + mark.count <= bytes.count {
            if zip(bytes[index...], mark).allSatisfy({ $0 == $1 || (Self.isLetter($0) && $0 | 0x20 == $1) }) {
                index += mark.count
                return
            }
            index += 1
        }
        index = bytes.count
    }

    private static func identifier(_ attributes: ArraySlice<UInt8>) -> String? {
        let text = String(decoding: attributes.prefix(1_000), as: UTF8.self)
        guard let start = text.ranges(of: " id=").first?.upperBound, let quote = text[start...].first,
            quote == "\"" || quote == "'"
        else { return nil }
        let value = text[text.index(after: start)...].prefix { $0 != quote }
        let isPlain = value.utf8.allSatisfy { isLetter($0) || (48...57).contains($0) || "-_.".utf8.contains($0) }
        return isPlain && (1...100).contains(value.utf8.count) ? String(value) : nil
    }

    // MARK: Text

    private mutating func add(text: ArraySlice<UInt8>) {
        guard !text.isEmpty else { return }
        var plain = String.UnicodeScalarView()
        var rest = Self.decoded(String(decoding: text, as: UTF8.self)).unicodeScalars[...]
        while let scalar = rest.popFirst() {
            if isInPre > 0, scalar == "\n" {
                line += String(plain)
                plain = String.UnicodeScalarView()
                endLine()
            } else if scalar.properties.isWhitespace || scalar.value < 32 {
                // White space of any length and kind is one space.
                let last = plain.last ?? line.unicodeScalars.last
                if last != nil, last != " " { plain.append(" ") }
            } else {
                plain.append(scalar)
            }
        }
        line += String(plain)
    }

    private mutating func endLine() {
        defer { line = "" }
        let text = LabelledRows.trimmed(line)
        guard !text.isEmpty, text != "-" else { return }
        let last = passages.count - 1
        if isInHeading {
            passages[last].heading += passages[last].heading.isEmpty ? text : " " + text
        } else {
            passages[last].text += passages[last].text.isEmpty ? text : "\n" + text
        }
    }

    private static let named: [String: String] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "ndash": "–", "mdash": "—",
        "hellip": "…", "lsquo": "‘", "rsquo": "’", "ldquo": "“", "rdquo": "”", "sbquo": "‚", "bdquo": "„", "laquo": "«",
        "raquo": "»", "euro": "€", "pound": "£", "yen": "¥", "cent": "¢", "copy": "©", "reg": "®", "trade": "™",
        "deg": "°", "times": "×", "middot": "·", "bull": "•", "rarr": "→", "larr": "←", "sect": "§", "auml": "ä",
        "ouml": "ö", "uuml": "ü", "Auml": "Ä", "Ouml": "Ö", "Uuml": "Ü", "szlig": "ß", "eacute": "é", "egrave": "è",
        "agrave": "à", "ccedil": "ç", "ntilde": "ñ", "iexcl": "¡", "iquest": "¿",
    ]

    /// Character references (HTML 13.5) by number and the frequent names; others stay as they are.
    private static func decoded(_ text: String) -> String {
        guard text.contains("&") else { return text }
        var decoded = ""
        var rest = text[...]
        while let mark = rest.firstIndex(of: "&") {
            decoded += rest[..<mark]
            let inner = rest[rest.index(after: mark)...].prefix(12)
            guard let end = inner.firstIndex(of: ";"), let character = character(inner[..<end]) else {
                decoded.append("&")
                rest = rest[rest.index(after: mark)...]
                continue
            }
            decoded += character
            rest = rest[rest.index(after: end)...]
        }
        return decoded + rest
    }

    private static func character(_ name: Substring) -> String? {
        guard name.hasPrefix("#") else { return named[String(name)] }
        let digits = name.dropFirst()
        let value =
            digits.lowercased().hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits, radix: 10)
        return value.flatMap(Unicode.Scalar.init).map { String($0) }
    }
}
