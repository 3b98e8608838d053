/// UTF-8 as the tokenizers need it: no `String`, no indexing, never past the end of the buffer.
enum TokenizerUTF8 {
    /// Decodes the scalar value at `index`. The bytes are expected to be valid UTF-8; when they are not, the value is
    /// meaningless but `length` still stays inside `bytes`.
    @inline(__always)
    static func decode(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> (value: UInt32, length: Int) {
        let lead = UInt32(bytes[index])
        if lead < 0x80 { return (lead, 1) }
        let length = min(lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4, bytes.count - index)
        var value = lead & (0x7F >> UInt32(length))
        for offset in 1..<max(length, 1) {
            value = value << 6 | UInt32(bytes[index + offset] & 0x3F)
        }
        return (min(value, 0x10FFFF), max(length, 1))
    }

    /// Appends the UTF-8 form of `value`.
    @inline(__always)
    static func append(_ value: UInt32, to bytes: inout [UInt8]) {
        if value < 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value))
        } else if value < 0x800 {
            bytes.append(UInt8(truncatingIfNeeded: 0xC0 | value >> 6))
            bytes.append(UInt8(truncatingIfNeeded: 0x80 | value & 0x3F))
        } else if value < 0x10000 {
            bytes.append(UInt8(truncatingIfNeeded: 0xE0 | value >> 12))
            bytes.append(UInt8(truncatingIfNeeded: 0x80 | value >> 6 & 0x3F))
            bytes.append(UInt8(truncatingIfNeeded: 0x80 | value & 0x3F))
        } else {
            bytes.append(UInt8(truncatingIfNeeded: 0xF0 | value >> 18))
            bytes.append(UInt8(truncatingIfNeeded: 0x80 | value >> 12 & 0x3F))
            bytes.append(UInt8(truncatingIfNeeded: 0x80 | value >> 6 & 0x3F))
            bytes.append(UInt8(truncatingIfNeeded: 0x80 | value & 0x3F))
        }
    }

    /// Unicode's White_Space property.
    static func isWhitespace(_ value: UInt32) -> Bool {
        switch value {
        case 0x09...0x0D, 0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    /// What a regular expression calls a word character.
    static func isWord(_ value: UInt32) -> Bool {
        guard let scalar = Unicode.Scalar(value) else { return false }
        let properties = scalar.properties
        switch properties.generalCategory {
        case .decimalNumber, .connectorPunctuation, .nonspacingMark, .spacingMark, .enclosingMark: return true
        default: return properties.isAlphabetic || properties.isJoinControl
        }
    }

    /// Where the white space that ends at `end` begins, not before `start`.
    static func whitespaceStart(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> Int {
        var position = end
        while position > start {
            let scalar = scalarStart(bytes, before: position, from: start)
            guard isWhitespace(decode(bytes, at: scalar).value) else { break }
            position = scalar
        }
        return position
    }

    /// Where the white space that begins at `start` ends.
    static func whitespaceEnd(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> Int {
        var position = start
        while position < end {
            let scalar = decode(bytes, at: position)
            guard isWhitespace(scalar.value) else { break }
            position += scalar.length
        }
        return position
    }

    /// The first byte of the scalar that ends just before `end`.
    static func scalarStart(_ bytes: UnsafeBufferPointer<UInt8>, before end: Int, from start: Int) -> Int {
        var position = end - 1
        while position > start, bytes[position] & 0xC0 == 0x80 { position -= 1 }
        return position
    }
}
