import TensorFiles

/// Reads JSON front to back without building a tree: a tokenizer file has some 250,000 pieces, and a dictionary of
/// strings would merge pieces that differ in Unicode normalisation only.
struct TokenizerJSONScanner {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private static let depthLimit = 64

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes.bindMemory(to: UInt8.self)
    }

    /// Calls `member` with every key; it must read or skip the value.
    mutating func object(_ member: (inout TokenizerJSONScanner, [UInt8]) throws -> Void) throws {
        try expect(UInt8(ascii: "{"))
        if accept(UInt8(ascii: "}")) { return }
        var key: [UInt8] = []
        repeat {
            try string(into: &key)
            try expect(UInt8(ascii: ":"))
            try member(&self, key)
        } while accept(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"))
    }

    /// Calls `element` before every element; it must read or skip it.
    mutating func array(_ element: (inout TokenizerJSONScanner) throws -> Void) throws {
        try expect(UInt8(ascii: "["))
        if accept(UInt8(ascii: "]")) { return }
        repeat { try element(&self) } while accept(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"))
    }

    /// Whether the next value begins with `byte`; nothing is consumed.
    mutating func isNext(_ byte: UInt8) -> Bool {
        skipSpace()
        return position < bytes.count && bytes[position] == byte
    }

    /// Reads a string as UTF-8 into `text`, which is emptied first.
    mutating func string(into text: inout [UInt8]) throws {
        try expect(UInt8(ascii: "\""))
        text.removeAll(keepingCapacity: true)
        while true {
            let byte = try next()
            switch byte {
            case UInt8(ascii: "\""): return
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20: throw fault("a control character in a string")
            default: text.append(byte)
            }
        }
    }

    /// Reads a number.
    mutating func number() throws -> Double {
        skipSpace()
        let start = position
        while position < bytes.count, isNumberByte(bytes[position]) { position += 1 }
        guard let value = Double(String(decoding: bytes[start..<position], as: UTF8.self)), value.isFinite else {
            throw fault("a number was expected")
        }
        return value
    }

    /// Skips any value and returns its bytes.
    mutating func skip() throws -> UnsafeRawBufferPointer {
        skipSpace()
        let start = position
        try skipValue(depth: 0)
        return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start..<position])
    }

    private mutating func skipValue(depth: Int) throws {
        guard depth < Self.depthLimit else { throw fault("nested too deeply") }
        if isNext(UInt8(ascii: "{")) {
            try object { scanner, _ in try scanner.skipValue(depth: depth + 1) }
        } else if isNext(UInt8(ascii: "[")) {
            try array { scanner in try scanner.skipValue(depth: depth + 1) }
        } else if isNext(UInt8(ascii: "\"")) {
            var text: [UInt8] = []
            try string(into: &text)
        } else {
            let start = position
            while position < bytes.count, isNumberByte(bytes[position]) || isLetter(bytes[position]) { position += 1 }
            guard position > start else { throw fault("a value was expected") }
        }
    }

    private mutating func escape(into text: inout [UInt8]) throws {
        switch try next() {
        case UInt8(ascii: "\""): text.append(0x22)
        case UInt8(ascii: "\\"): text.append(0x5C)
        case UInt8(ascii: "/"): text.append(0x2F)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var value = try codeUnit()
            if (0xD800..<0xDC00).contains(value) {
                guard try next() == UInt8(ascii: "\\"), try next() == UInt8(ascii: "u") else {
                    throw fault("half a surrogate pair")
                }
                let low = try codeUnit()
                guard (0xDC00..<0xE000).contains(low) else { throw fault("half a surrogate pair") }
                value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
            }
            guard Unicode.Scalar(value) != nil else { throw fault("half a surrogate pair") }
            TokenizerUTF8.append(value, to: &text)
        default: throw fault("an unknown escape in a string")
        }
    }

    private mutating func codeUnit() throws -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(try next())).hexDigitValue else {
                throw fault("four hexadecimal digits were expected")
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    private mutating func next() throws -> UInt8 {
        guard position < bytes.count else { throw fault("the file ends early") }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func expect(_ byte: UInt8) throws {
        guard accept(byte) else {
            throw fault(position < bytes.count ? "'\(Unicode.Scalar(byte))' was expected" : "the file ends early")
        }
    }

    private mutating func accept(_ byte: UInt8) -> Bool {
        guard isNext(byte) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
    }

    private func isNumberByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    private func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

    private func fault(_ what: String) -> ModelError {
        ModelError(.invalidFile, "not valid JSON at byte \(position): \(what)")
    }
}
