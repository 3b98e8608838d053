internal import ConversationDomain
package import NativeContent

/// A JSON value with the line it starts on.
package struct JSONNode {
    package enum Kind {
        case null
        case bool(Bool)
        /// As it is written.
        case number(String)
        case string(String)
        case list([JSONNode])
        /// In the order of the file; of members with one name the first counts.
        case map([(key: String, value: JSONNode)])
    }

    /// From 1.
    package let line: Int
    package let kind: Kind

    package var string: String? {
        if case .string(let text) = kind { text } else { nil }
    }

    package var list: [JSONNode]? {
        if case .list(let list) = kind { list } else { nil }
    }

    package var map: [(key: String, value: JSONNode)]? {
        if case .map(let entries) = kind { entries } else { nil }
    }

    package var integer: Int? {
        if case .number(let text) = kind { Int(text) } else { nil }
    }

    package var flag: Bool? {
        if case .bool(let flag) = kind { flag } else { nil }
    }

    package subscript(key: String) -> JSONNode? { map?.first { $0.key == key }?.value }

    /// - Parameter line: of the first line of the text.
    /// - Throws: ``ReadFault`` with the line where the text is no JSON.
    package static func parse(_ text: some Sequence<UInt8>, line: Int = 1) throws(ReadFault) -> JSONNode {
        var parser = JSONNodeParser(Array(text), line: line)
        return try parser.document()
    }
}

/// Reads one JSON text (RFC 8259); depth and number of values are bounded.
private struct JSONNodeParser {
    private static let depthLimit = 32
    private static let valueLimit = 8_000_000
    private static let nameBytes = 1_000

    private let bytes: [UInt8]
    private var index = 0
    private var line: Int
    private var depth = 0
    private var values = 0

    init(_ bytes: [UInt8], line: Int) {
        self.bytes = bytes
        self.line = line
    }

    mutating func document() throws(ReadFault) -> JSONNode {
        let root = try value()
        skipSpace()
        guard index == bytes.count else { throw fault("text after the end") }
        return root
    }

    private func fault(_ message: String) -> ReadFault { ReadFault(line: line, message: "not valid JSON: \(message)") }

    private var byte: UInt8 { index < bytes.count ? bytes[index] : 0 }

    private mutating func skipSpace() {
        while byte == 32 || byte == 9 || byte == 10 || byte == 13 {
            if byte == 10 { line += 1 }
            index += 1
        }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard byte == UInt8(ascii: character), index < bytes.count else { return false }
        index += 1
        return true
    }

    private mutating func value() throws(ReadFault) -> JSONNode {
        skipSpace()
        values += 1
        guard values <= Self.valueLimit else { throw fault("more than \(Self.valueLimit) values") }
        let start = line
        let kind: JSONNode.Kind
        switch byte {
        case UInt8(ascii: "{"): kind = try map()
        case UInt8(ascii: "["): kind = try list()
        case UInt8(ascii: "\""): kind = .string(try string())
        case UInt8(ascii: "t"): kind = try word("true", .bool(true))
        case UInt8(ascii: "f"): kind = try word("false", .bool(false))
        case UInt8(ascii: "n"): kind = try word("null", .null)
        default: kind = .number(try number())
        }
        return JSONNode(line: start, kind: kind)
    }

    private mutating func enter() throws(ReadFault) {
        depth += 1
        guard depth <= Self.depthLimit else { throw fault("nested deeper than \(Self.depthLimit) levels") }
        index += 1
    }

    private mutating func map() throws(ReadFault) -> JSONNode.Kind {
        try enter()
        var entries: [(key: String, value: JSONNode)] = []
        var keys: Set<UTF8Text> = []
        if !take("}") {
            repeat {
                skipSpace()
                let key = try string()
                guard key.utf8.count <= Self.nameBytes else {
                    throw fault("a key of more than \(Self.nameBytes) bytes")
                }
                guard take(":") else { throw fault("expected ':' after a key") }
                let value = try value()
                if keys.insert(UTF8Text(key)).inserted { entries.append((key, value)) }
            } while take(",")
            guard take("}") else { throw fault("expected ',' or '}'") }
        }
        depth -= 1
        return .map(entries)
    }

    private mutating func list() throws(ReadFault) -> JSONNode.Kind {
        try enter()
        var elements: [JSONNode] = []
        if !take("]") {
            repeat { elements.append(try value()) } while take(",")
            guard take("]") else { throw fault("expected ',' or ']'") }
        }
        depth -= 1
        return .list(elements)
    }

    private mutating func word(_ word: String, _ kind: JSONNode.Kind) throws(ReadFault) -> JSONNode.Kind {
        guard bytes[index...].starts(with: Array(word.utf8)) else { throw fault("expected a value") }
        index += word.utf8.count
        return kind
    }

    private mutating func number() throws(ReadFault) -> String {
        let start = index
        while "+-.eE0123456789".utf8.contains(byte), byte != 0 { index += 1 }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        guard Double(text) != nil else { throw fault("expected a value") }
        return text
    }

    private mutating func string() throws(ReadFault) -> String {
        guard byte == UInt8(ascii: "\"") else { throw fault("expected a string in quotes") }
        index += 1
        var text = ""
        var start = index
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                text += String(decoding: bytes[start..<index], as: UTF8.self)
                index += 1
                return text
            case UInt8(ascii: "\\"):
                text += String(decoding: bytes[start..<index], as: UTF8.self)
                index += 1
                text.unicodeScalars.append(try escape())
                start = index
            case 0..<9, 10..<32: throw fault("a string is not closed")
            default: index += 1
            }
        }
        throw fault("a string is not closed")
    }

    private mutating func escape() throws(ReadFault) -> Unicode.Scalar {
        let character = byte
        index += 1
        switch character {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(character)
        case UInt8(ascii: "u"): return try unicode()
        default: throw fault("a string has an invalid escape")
        }
    }

    /// Four digits, or two times four for a surrogate pair; half a pair is the replacement character.
    private mutating func unicode() throws(ReadFault) -> Unicode.Scalar {
        let first = try digits()
        guard UTF16.isLeadSurrogate(first), byte == UInt8(ascii: "\\"), index + 1 < bytes.count,
            bytes[index + 1] == UInt8(ascii: "u")
        else { return Unicode.Scalar(UInt32(first)) ?? "\u{FFFD}" }
        let back = index
        index += 2
        let second = try digits()
        guard UTF16.isTrailSurrogate(second) else {
            index = back
            return "\u{FFFD}"
        }
        return Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + UInt32(second) - 0xDC00) ?? "\u{FFFD}"
    }

    private mutating func digits() throws(ReadFault) -> UInt16 {
        let text = String(decoding: bytes[index..<min(index + 4, bytes.count)], as: UTF8.self)
        guard text.utf8.count == 4, !text.hasPrefix("+"), !text.hasPrefix("-"), let value = UInt16(text, radix: 16)
        else {
            throw fault("a string has an invalid escape")
        }
        index += 4
        return value
    }
}
