public import Foundation

/// What can write itself as JSON without the cost of an encoder: the values that come with every turn.
///
/// The bytes are those that ``Foundation/JSONEncoder/frontdesk()`` makes of the same value; the tests compare the two.
public protocol JSONWritable {
    func write(to json: inout JSONWriter)
}

extension JSONWritable {
    /// The value as JSON in UTF-8.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }

    /// The value as JSON text.
    public func jsonText() -> String { String(decoding: json(), as: UTF8.self) }
}

/// Appends JSON to bytes. Whoever writes an object names its members in the order of their keys.
public struct JSONWriter {
    public private(set) var bytes: [UInt8] = []
    /// The next value or member follows another one of its array or object.
    private var needsComma = false

    public init() { bytes.reserveCapacity(512) }

    public mutating func object(_ members: (inout JSONWriter) -> Void) {
        enclosed(UInt8(ascii: "{"), UInt8(ascii: "}"), members)
    }

    public mutating func array(_ elements: (inout JSONWriter) -> Void) {
        enclosed(UInt8(ascii: "["), UInt8(ascii: "]"), elements)
    }

    /// A member of the object that is being written.
    public mutating func member(_ key: String, _ value: some JSONWritable) {
        element(key)
        bytes.append(UInt8(ascii: ":"))
        value.write(to: &self)
    }

    /// A member that an encoder leaves out when it has no value.
    public mutating func memberIfPresent(_ key: String, _ value: (some JSONWritable)?) {
        if let value { member(key, value) }
    }

    /// An element of the array that is being written.
    public mutating func element(_ value: some JSONWritable) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        value.write(to: &self)
        needsComma = true
    }

    private mutating func enclosed(_ open: UInt8, _ close: UInt8, _ contents: (inout JSONWriter) -> Void) {
        bytes.append(open)
        needsComma = false
        contents(&self)
        bytes.append(close)
        needsComma = true
    }
}

// MARK: Plain values

extension JSONWriter {
    /// Appends a value that needs no quotes.
    fileprivate mutating func literal(_ text: some StringProtocol) { bytes.append(contentsOf: text.utf8) }

    fileprivate mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            var start = 0
            for (index, byte) in utf8.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5C {
                bytes.append(contentsOf: utf8[start..<index])
                escape(byte)
                start = index + 1
            }
            bytes.append(contentsOf: utf8[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case 0x08: literal("\\b")
        case 0x09: literal("\\t")
        case 0x0A: literal("\\n")
        case 0x0C: literal("\\f")
        case 0x0D: literal("\\r")
        case 0x22: literal("\\\"")
        case 0x5C: literal("\\\\")
        default: literal("\\u00" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16))
        }
    }
}

extension String: JSONWritable {
    public func write(to json: inout JSONWriter) { json.string(self) }
}

extension Int: JSONWritable {
    public func write(to json: inout JSONWriter) { json.literal(description) }
}

extension Bool: JSONWritable {
    public func write(to json: inout JSONWriter) { json.literal(self ? "true" : "false") }
}

extension Double: JSONWritable {
    /// The shortest text that reads back as the same number. JSON has no infinity and no not-a-number; they become null.
    public func write(to json: inout JSONWriter) {
        let text = isFinite ? description : "null"
        json.literal(text.hasSuffix(".0") ? text.dropLast(2) : text[...])
    }
}

extension Date: JSONWritable {
    public func write(to json: inout JSONWriter) { json.string(Timestamp.text(self)) }
}

extension Optional: JSONWritable where Wrapped: JSONWritable {
    public func write(to json: inout JSONWriter) {
        guard let self else { return json.literal("null") }
        self.write(to: &json)
    }
}

extension Array: JSONWritable where Element: JSONWritable {
    public func write(to json: inout JSONWriter) {
        json.array { json in
            for element in self { json.element(element) }
        }
    }
}

extension Dictionary: JSONWritable where Key == String, Value: JSONWritable {
    public func write(to json: inout JSONWriter) {
        json.object { json in
            for (key, value) in sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                json.member(key, value)
            }
        }
    }
}
