/// The tags and texts of an HTML document, in one pass and without a tree, so that no nesting is too deep. Reads anything, as browsers
/// do: what is no tag is text.
struct HTMLTokens {
    enum Token {
        /// Character references are still in it.
        case text(String)
        case start(name: String, HTMLAttributes)
        case end(name: String)
    }

    /// What has no tags in it up to its own end.
    private static let raw: Set<String> = [
        "script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes",
    ]
    /// Bytes of a tag's name that count.
    private static let longestName = 32

    private let bytes: [UInt8]
    private var index = 0
    private var pending: [Token] = []

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func next() -> Token? {
        if !pending.isEmpty { return pending.removeFirst() }
        while index < bytes.count {
            if isTagStart(index) {
                if let token = tag() { return token }
                continue
            }
            let start = index
            index += 1
            while index < bytes.count, !isTagStart(index) { index += 1 }
            return .text(String(decoding: bytes[start..<index], as: UTF8.self))
        }
        return nil
    }

    private func isTagStart(_ place: Int) -> Bool {
        guard bytes[place] == UInt8(ascii: "<"), place + 1 < bytes.count else { return false }
        let next = bytes[place + 1]
        return next.isLetter || next == UInt8(ascii: "/") || next == UInt8(ascii: "!") || next == UInt8(ascii: "?")
    }

    /// Nil for a comment or a declaration.
    private mutating func tag() -> Token? {
        let next = bytes[index + 1]
        if next == UInt8(ascii: "!") || next == UInt8(ascii: "?") {
            if bytes[index...].starts(with: Self.commentStart) {
                skip(past: Self.commentEnd, from: index + 4)
            } else {
                skip(past: [UInt8(ascii: ">")], from: index + 2)
            }
            return nil
        }
        let isEnd = next == UInt8(ascii: "/")
        index += isEnd ? 2 : 1
        let start = index
        while index < bytes.count, !bytes[index].isBlank, bytes[index] != UInt8(ascii: ">"),
            bytes[index] != UInt8(ascii: "/")
        {
            index += 1
        }
        let name = String(decoding: bytes[start..<min(index, start + Self.longestName)], as: UTF8.self).lowercased()
        let attributesStart = index
        endTag()
        let attributes = HTMLAttributes(bytes[attributesStart..<min(index, bytes.count)])
        if index < bytes.count { index += 1 }
        if isEnd { return .end(name: name) }
        if Self.raw.contains(name), !attributes.isClosed { rawText(of: name) }
        return .start(name: name, attributes)
    }

    private static let commentStart = Array("<!--".utf8)
    private static let commentEnd = Array("-->".utf8)

    /// To the `>` that ends the tag, which may stand in a quoted value.
    private mutating func endTag() {
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
    }

    /// What stands in a raw element; the text of a title is told, all else is passed over.
    private mutating func rawText(of name: String) {
        let mark = Array("</\(name)".utf8)
        let start = index
        var end = start
        while end < bytes.count, !matches(mark, at: end) { end += 1 }
        if name == "title" { pending.append(.text(String(decoding: bytes[start..<end], as: UTF8.self))) }
        pending.append(.end(name: name))
        index = end
        while index < bytes.count, bytes[index] != UInt8(ascii: ">") { index += 1 }
        if index < bytes.count { index += 1 }
    }

    /// Without regard to case.
    private func matches(_ mark: [UInt8], at place: Int) -> Bool {
        guard place + mark.count <= bytes.count, bytes[place] == mark[0] else { return false }
        for (offset, byte) in mark.enumerated() {
            let own = bytes[place + offset]
            guard own == byte || (own.isLetter && own | 0x20 == byte) else { return false }
        }
        return true
    }

    private mutating func skip(past mark: [UInt8], from start: Int) {
        index = min(start, bytes.count)
        while index < bytes.count {
            if matches(mark, at: index) {
                index += mark.count
                return
            }
            index += 1
        }
    }
}

/// What stands in a tag beside its name, within bounds.
struct HTMLAttributes {
    private static let bytesRead = 4_096
    private static let most = 64

    private(set) var values: [String: String] = [:]
    /// `<br/>`.
    private(set) var isClosed = false

    init() {}

    init(_ given: ArraySlice<UInt8>) {
        isClosed = given.last == UInt8(ascii: "/")
        let bytes = given.prefix(Self.bytesRead)
        var index = bytes.startIndex
        while index < bytes.endIndex, values.count < Self.most {
            while index < bytes.endIndex, bytes[index].isBlank || bytes[index] == UInt8(ascii: "/") { index += 1 }
            let start = index
            while index < bytes.endIndex, !bytes[index].isBlank, bytes[index] != UInt8(ascii: "="),
                bytes[index] != UInt8(ascii: "/")
            {
                index += 1
            }
            let name = String(decoding: bytes[start..<index], as: UTF8.self).lowercased()
            while index < bytes.endIndex, bytes[index].isBlank { index += 1 }
            guard index < bytes.endIndex, bytes[index] == UInt8(ascii: "=") else {
                if !name.isEmpty, values[name] == nil { values[name] = "" }
                continue
            }
            index += 1
            while index < bytes.endIndex, bytes[index].isBlank { index += 1 }
            let value = Self.value(bytes, &index)
            if !name.isEmpty, values[name] == nil { values[name] = CharacterReferences.decoded(value) }
        }
    }

    private static func value(_ bytes: ArraySlice<UInt8>, _ index: inout Int) -> String {
        guard index < bytes.endIndex else { return "" }
        let first = bytes[index]
        let isQuoted = first == UInt8(ascii: "\"") || first == UInt8(ascii: "'")
        if isQuoted { index += 1 }
        let start = index
        while index < bytes.endIndex, isQuoted ? bytes[index] != first : !bytes[index].isBlank { index += 1 }
        let value = String(decoding: bytes[start..<index], as: UTF8.self)
        if isQuoted, index < bytes.endIndex { index += 1 }
        return value
    }

    subscript(name: String) -> String? { values[name] }
}
