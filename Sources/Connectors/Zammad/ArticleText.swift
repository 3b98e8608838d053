import Foundation

/// The words of an article that was written in Zammad's editor, which is HTML: without tags, scripts, the agent's signature, and what
/// was quoted. One pass over the text, whatever it holds.
struct ArticleText {
    private(set) var text = ""

    /// Elements that begin a line of their own.
    private static let blocks: Set<String> = ["br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "pre"]
    /// Elements whose contents are nothing to read.
    private static let hidden: Set<String> = ["script", "style", "blockquote", "head", "title"]
    private static let entities = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "hellip": "…", "ndash": "–",
        "mdash": "—", "euro": "€",
    ]
    /// Characters of a tag's name or an entity that are looked at.
    private static let nameLimit = 16

    init(html: String) {
        var rest = html[...]
        // How deep it is in elements that are hidden.
        var depth = 0
        while let character = rest.first {
            switch character {
            case "<":
                if rest.hasPrefix("<!--") {
                    rest = rest.range(of: "-->").map { rest[$0.upperBound...] } ?? ""
                    continue
                }
                let end = rest.firstIndex(of: ">") ?? rest.endIndex
                let tag = rest[rest.index(after: rest.startIndex)..<end]
                rest = end == rest.endIndex ? "" : rest[rest.index(after: end)...]
                // Below it stands the agent's signature.
                if tag.contains("js-signatureMarker") { rest = "" }
                take(tag, &depth)
            case "&":
                let (decoded, length) = Self.entity(rest)
                if depth == 0 { text += decoded }
                rest = rest.dropFirst(length)
            default:
                let run = rest.prefix { $0 != "<" && $0 != "&" }
                if depth == 0 { add(run) }
                rest = rest[run.endIndex...]
            }
        }
        text = text.split(separator: "\n", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespaces)
        }.joined(separator: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private mutating func take(_ tag: Substring, _ depth: inout Int) {
        let isEnd = tag.hasPrefix("/")
        let name = tag.drop { $0 == "/" }.prefix(Self.nameLimit).prefix { $0.isLetter || $0.isNumber }.lowercased()
        if Self.hidden.contains(name) {
            depth = max(0, depth + (isEnd ? -1 : 1))
        } else if depth == 0, Self.blocks.contains(name), name == "br" || !text.isEmpty && !text.hasSuffix("\n") {
            text += "\n"
        }
    }

    /// White space is one space in HTML.
    private mutating func add(_ run: Substring) {
        for character in run {
            if !character.isWhitespace {
                text.append(character)
            } else if let last = text.last, !last.isWhitespace {
                text.append(" ")
            }
        }
    }

    /// What an entity stands for, and how many characters it has; one that is none stands for itself.
    private static func entity(_ rest: Substring) -> (String, Int) {
        let name = rest.dropFirst().prefix(nameLimit).prefix { $0 != ";" && !$0.isWhitespace }
        guard rest.dropFirst(name.count + 1).first == ";" else { return ("&", 1) }
        var decoded = entities[String(name)]
        if name.hasPrefix("#") {
            let digits = name.dropFirst()
            let code = digits.first == "x" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
            decoded = code.flatMap(UnicodeScalar.init).map { String(Character($0)) }
        }
        return decoded.map { ($0, name.count + 2) } ?? ("&", 1)
    }
}
