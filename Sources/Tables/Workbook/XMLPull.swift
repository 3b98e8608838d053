import NativeContent

/// Reads the XML of workbooks event by event, never the whole of it.
///
/// It knows elements, attributes, text, CDATA and the five entities; a document type, which could define more, is refused.
struct XMLPull {
    enum Event {
        case start(String, [String: String])
        case end(String)
        case text(String)
    }

    private static let depthLimit = 64
    /// Bytes of one name, one tag or one text.
    private static let tokenLimit = 1 << 20

    private let stream: InflateStream
    private let what: String
    private var piece: [UInt8] = []
    private var index = 0
    private var open: [String] = []
    private var closing: String?

    /// - Parameter what: the file inside the workbook, for messages.
    init(_ stream: InflateStream, what: String) {
        self.stream = stream
        self.what = what
    }

    /// The next event, names without their prefix; nil at the end.
    mutating func next() throws(ReadFault) -> Event? {
        if let name = closing {
            closing = nil
            return .end(name)
        }
        while let byte = try peek() {
            guard byte == UInt8(ascii: "<") else {
                let text = try self.text()
                if open.isEmpty { continue }
                return .text(text)
            }
            index += 1
            switch try peek() {
            case UInt8(ascii: "?"): _ = try until("?>")
            case UInt8(ascii: "!"): if let text = try declaration() { return .text(text) }
            case UInt8(ascii: "/"):
                index += 1
                return .end(try end())
            default: return try start()
            }
        }
        guard open.isEmpty else { throw fault("ends early") }
        return nil
    }

    /// Reads over the rest of an element whose start was the last event.
    mutating func skip() throws(ReadFault) {
        let depth = open.count + (closing == nil ? 0 : 1)
        while let event = try next() {
            if case .end = event, open.count < depth { return }
        }
    }

    private func fault(_ message: String) -> ReadFault {
        ReadFault(line: 1, message: "the workbook is damaged: \(what) \(message)")
    }

    // MARK: Bytes

    private mutating func peek() throws(ReadFault) -> UInt8? {
        while index >= piece.count {
            guard let next = try stream.next() else { return nil }
            (piece, index) = (next, 0)
        }
        return piece[index]
    }

    private mutating func until(_ end: StaticString) throws(ReadFault) -> [UInt8] {
        let wanted = end.withUTF8Buffer { Array($0) }
        var bytes: [UInt8] = []
        while let byte = try peek() {
            index += 1
            bytes.append(byte)
            if byte == wanted.last, bytes.suffix(wanted.count).elementsEqual(wanted) {
                return bytes.dropLast(wanted.count)
            }
            guard bytes.count <= Self.tokenLimit else {
                throw fault("has a part of more than \(Self.tokenLimit) bytes")
            }
        }
        throw fault("ends early")
    }

    private mutating func text() throws(ReadFault) -> String {
        var bytes: [UInt8] = []
        while let byte = try peek(), byte != UInt8(ascii: "<") {
            // As many as this piece has at once.
            let end = piece[index...].firstIndex(of: UInt8(ascii: "<")) ?? piece.count
            bytes += piece[index..<end]
            index = end
            guard bytes.count <= Self.tokenLimit else {
                throw fault("has a text of more than \(Self.tokenLimit) bytes")
            }
        }
        return try decoded(bytes)
    }

    // MARK: Markup

    private mutating func declaration() throws(ReadFault) -> String? {
        index += 1
        switch try peek() {
        case UInt8(ascii: "-"):
            _ = try until("-->")
            return nil
        case UInt8(ascii: "["):
            let bytes = try until("]]>")
            guard bytes.starts(with: Array("[CDATA[".utf8)) else { throw fault("is no XML") }
            return String(decoding: bytes.dropFirst(7), as: UTF8.self)
        default: throw fault("has a document type, which is refused")
        }
    }

    private mutating func end() throws(ReadFault) -> String {
        let name = Self.local(String(decoding: try until(">"), as: UTF8.self).split(separator: " ").first ?? "")
        guard let last = open.popLast(), last == name else {
            throw fault("is no XML: </\(name.prefix(40))> ends nothing")
        }
        return name
    }

    private mutating func start() throws(ReadFault) -> Event {
        var tag = ArraySlice(try self.tag())
        let isEmpty = tag.last == UInt8(ascii: "/")
        if isEmpty { tag.removeLast() }
        let nameEnd = tag.firstIndex { $0 <= 32 } ?? tag.endIndex
        let name = Self.local(Substring(decoding: tag[..<nameEnd], as: UTF8.self))
        guard !name.isEmpty, name.utf8.count <= 200 else { throw fault("is no XML") }
        let attributes = try self.attributes(tag[nameEnd...])
        if isEmpty {
            closing = name
        } else {
            open.append(name)
            guard open.count <= Self.depthLimit else { throw fault("is nested deeper than \(Self.depthLimit) levels") }
        }
        return .start(name, attributes)
    }

    /// Up to the `>` that is in no quotes.
    private mutating func tag() throws(ReadFault) -> [UInt8] {
        var bytes: [UInt8] = []
        var quote: UInt8?
        while let byte = try peek() {
            index += 1
            if let mark = quote {
                if byte == mark { quote = nil }
            } else if byte == UInt8(ascii: ">") {
                return bytes
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            }
            bytes.append(byte)
            guard bytes.count <= 64 * 1024 else { throw fault("has a tag of more than 65536 bytes") }
        }
        throw fault("ends early")
    }

    private func attributes(_ bytes: ArraySlice<UInt8>) throws(ReadFault) -> [String: String] {
        var rest = bytes
        var attributes: [String: String] = [:]
        while true {
            rest = rest.drop { $0 <= 32 }
            guard !rest.isEmpty else { return attributes }
            let name = rest.prefix { $0 != UInt8(ascii: "=") && $0 > 32 }
            rest = rest[name.endIndex...].drop { $0 <= 32 }
            guard rest.popFirst() == UInt8(ascii: "=") else { throw fault("is no XML") }
            rest = rest.drop { $0 <= 32 }
            guard let quote = rest.popFirst(), quote == 34 || quote == 39, let end = rest.firstIndex(of: quote) else {
                throw fault("is no XML")
            }
            attributes[Self.local(Substring(decoding: name, as: UTF8.self))] = try decoded(Array(rest[..<end]))
            rest = rest[(end + 1)...]
            guard attributes.count <= 1_000 else { throw fault("has a tag of too many attributes") }
        }
    }

    private static func local(_ name: Substring) -> String {
        name.lastIndex(of: ":").map { String(name[name.index(after: $0)...]) } ?? String(name)
    }

    private func decoded(_ bytes: [UInt8]) throws(ReadFault) -> String {
        guard bytes.contains(UInt8(ascii: "&")) else { return String(decoding: bytes, as: UTF8.self) }
        var text = ""
        var rest = bytes[...]
        while let mark = rest.firstIndex(of: UInt8(ascii: "&")) {
            text += String(decoding: rest[..<mark], as: UTF8.self)
            guard let end = rest[mark...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else { throw fault("is no XML") }
            guard let character = Self.entity(String(decoding: rest[(mark + 1)..<end], as: UTF8.self)) else {
                throw fault("has an unknown entity")
            }
            text.unicodeScalars.append(character)
            rest = rest[(end + 1)...]
        }
        return text + String(decoding: rest, as: UTF8.self)
    }

    private static func entity(_ name: String) -> Unicode.Scalar? {
        switch name {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default:
            guard name.hasPrefix("#") else { return nil }
            let isHex = name.dropFirst().lowercased().hasPrefix("x")
            return UInt32(name.dropFirst(isHex ? 2 : 1), radix: isHex ? 16 : 10).flatMap(Unicode.Scalar.init)
        }
    }
}

extension Substring {
    fileprivate init(decoding bytes: ArraySlice<UInt8>, as encoding: UTF8.Type) {
        self.init(String(decoding: bytes, as: encoding))
    }
}
