import ConversationDomain

/// Reads one JSON text (RFC 8259) in a single pass; nesting is bounded, so that no text can exhaust the stack.
struct JSONParser {
    enum Failure: Error {
        case malformed, tooDeep, nameTooLong
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private let maximumDepth: Int
    private let nameBytes: Int
    private var index: Int
    private var depth = 0

    /// - Parameters:
    ///   - text: valid UTF-8.
    ///   - nameBytes: what the name of a member may have; it becomes a key, whose hashing takes n² steps if it is made for it.
    static func parse(
        _ text: UnsafeBufferPointer<UInt8>, maximumDepth: Int, nameBytes: Int
    ) throws(Failure) -> JSONValue {
        var parser = JSONParser(text, maximumDepth, nameBytes)
        let value = try parser.value()
        parser.skipSpace()
        guard parser.index == text.count else { throw .malformed }
        return value
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>, _ maximumDepth: Int, _ nameBytes: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        self.nameBytes = nameBytes
        // A byte order mark says nothing in UTF-8 and may stand there.
        index = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// The byte at the index, or NUL behind the end; NUL itself is nowhere allowed.
    private var byte: UInt8 { index < bytes.count ? bytes[index] : 0 }

    private mutating func skipSpace() {
        while byte == 0x20 || (0x09...0x0A).contains(byte) || byte == 0x0D { index += 1 }
    }

    /// Steps over a byte if it stands here.
    private mutating func take(_ wanted: UInt8) -> Bool {
        guard byte == wanted else { return false }
        index += 1
        return true
    }

    private mutating func value() throws(Failure) -> JSONValue {
        skipSpace()
        switch byte {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(Failure) -> JSONValue {
        let end = index + word.utf8CodeUnitCount
        let isHere = word.withUTF8Buffer { end <= bytes.count && bytes[index..<end].elementsEqual($0) }
        guard isHere else { throw .malformed }
        index = end
        return value
    }

    private mutating func enter() throws(Failure) {
        depth += 1
        guard depth <= maximumDepth else { throw .tooDeep }
        index += 1
    }

    /// Of members with the same name the first counts.
    private mutating func object() throws(Failure) -> JSONValue {
        try enter()
        var members: [String: JSONValue] = [:]
        skipSpace()
        if !take(UInt8(ascii: "}")) {
            repeat {
                skipSpace()
                let name = try string()
                guard name.utf8.count <= nameBytes else { throw .nameTooLong }
                skipSpace()
                guard take(UInt8(ascii: ":")) else { throw .malformed }
                let value = try value()
                if members[name] == nil { members[name] = value }
                skipSpace()
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "}")) else { throw .malformed }
        }
        depth -= 1
        return .object(members)
    }

    private mutating func array() throws(Failure) -> JSONValue {
        try enter()
        var elements: [JSONValue] = []
        skipSpace()
        if !take(UInt8(ascii: "]")) {
            repeat {
                elements.append(try value())
                skipSpace()
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "]")) else { throw .malformed }
        }
        depth -= 1
        return .array(elements)
    }
}

// MARK: Numbers

extension JSONParser {
    /// A whole number that fits is an integer, however it is written; with a fraction or an exponent only as far as a
    /// double tells whole numbers apart, 2^53.
    private mutating func number() throws(Failure) -> JSONValue {
        let start = index
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        let wholeEnd = index
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            _ = take(UInt8(ascii: "+")) || take(UInt8(ascii: "-"))
            try digits()
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if index == wholeEnd, let integer = Int64(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else { throw .malformed }
        guard abs(number) <= 0x1p53, let integer = Int64(exactly: number) else { return .number(number) }
        return .integer(integer)
    }

    /// One digit at least.
    private mutating func digits() throws(Failure) {
        let start = index
        while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { index += 1 }
        guard index > start else { throw .malformed }
    }
}

// MARK: Strings

extension JSONParser {
    private mutating func string() throws(Failure) -> String {
        guard take(UInt8(ascii: "\"")) else { throw .malformed }
        let start = index
        skipPlain()
        var text = String(decoding: bytes[start..<index], as: UTF8.self)
        while !take(UInt8(ascii: "\"")) {
            // The end, or a control character.
            guard take(UInt8(ascii: "\\")) else { throw .malformed }
            text.unicodeScalars.append(try escaped())
            let start = index
            skipPlain()
            text += String(decoding: bytes[start..<index], as: UTF8.self)
        }
        return text
    }

    /// Goes to the next quote, backslash or control character.
    private mutating func skipPlain() {
        while byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { index += 1 }
    }

    /// What stands behind a backslash.
    private mutating func escaped() throws(Failure) -> Unicode.Scalar {
        let kind = byte
        index += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(kind)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicode()
        default: throw .malformed
        }
    }

    /// Four hexadecimal digits, or two times four that are a surrogate pair.
    private mutating func unicode() throws(Failure) -> Unicode.Scalar {
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard UTF16.isLeadSurrogate(first), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw .malformed }
        let second = try codeUnit()
        guard UTF16.isTrailSurrogate(second) else { throw .malformed }
        let pair = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
        guard let scalar = Unicode.Scalar(pair) else { throw .malformed }
        return scalar
    }

    private mutating func codeUnit() throws(Failure) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw .malformed }
            unit = unit << 4 | UInt16(digit)
            index += 1
        }
        return unit
    }
}
