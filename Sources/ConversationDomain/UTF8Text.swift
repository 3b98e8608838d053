import Foundation

/// Text from outside as it may be compared, hashed, ordered and searched: by its UTF-8 bytes.
///
/// Swift's own `String` compares and hashes by canonical equivalence. A run of n combining marks is sorted for that, which takes
/// n² steps: 80 kB of them kept a core busy for most of a second, for each comparison. So whatever visitors, web pages or files
/// say is bounded where it comes in, with ``init(_:atMost:)``, and compared as this type, which takes as long as the bytes are.
public struct UTF8Text: Sendable, CustomStringConvertible {
    public let string: String

    /// Takes text that is bounded already, or whose length does no harm.
    public init(_ string: String) { self.string = string }

    /// Takes text from outside; nil when it has more bytes.
    public init?(_ text: some StringProtocol, atMost bytes: Int) {
        guard text.utf8.count <= bytes else { return nil }
        string = String(text)
    }

    public var description: String { string }
    public var utf8: String.UTF8View { string.utf8 }
    public var isEmpty: Bool { string.utf8.isEmpty }
}

extension UTF8Text: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { string = value }
}

// MARK: - Comparing

extension UTF8Text: Hashable, Comparable {
    public static func == (left: Self, right: Self) -> Bool { left.string.hasSameBytes(as: right.string) }

    public func hash(into hasher: inout Hasher) { string.hashBytes(into: &hasher) }

    public static func < (left: Self, right: Self) -> Bool {
        left.string.utf8.lexicographicallyPrecedes(right.string.utf8)
    }
}

/// A value that is what its text says, byte by byte: names and identifiers.
public protocol ComparedByBytes: Hashable, Comparable {
    var rawValue: String { get }
}

extension ComparedByBytes {
    public static func == (left: Self, right: Self) -> Bool { left.rawValue.hasSameBytes(as: right.rawValue) }

    public func hash(into hasher: inout Hasher) { rawValue.hashBytes(into: &hasher) }

    public static func < (left: Self, right: Self) -> Bool {
        left.rawValue.utf8.lexicographicallyPrecedes(right.rawValue.utf8)
    }
}

extension String {
    fileprivate func hasSameBytes(as other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        let compared = utf8.withContiguousStorageIfAvailable { mine in
            other.utf8.withContiguousStorageIfAvailable { theirs -> Bool in
                guard let left = mine.baseAddress, let right = theirs.baseAddress else { return mine.isEmpty }
                return memcmp(left, right, mine.count) == 0
            }
        }
        // Only strings that another language owns have no contiguous bytes.
        return (compared ?? nil) ?? utf8.elementsEqual(other.utf8)
    }

    fileprivate func hashBytes(into hasher: inout Hasher) {
        let wasHashed: Void? = utf8.withContiguousStorageIfAvailable {
            hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        if wasHashed == nil { for byte in utf8 { hasher.combine(byte) } }
        // No byte of UTF-8: keeps the end of one text apart from the beginning of the next.
        hasher.combine(UInt8(0xFF))
    }
}

// MARK: - Looking into it

extension UTF8Text {
    public func hasPrefix(_ prefix: UTF8Text) -> Bool { utf8.starts(with: prefix.utf8) }

    public func contains(_ other: UTF8Text) -> Bool {
        guard let first = other.utf8.first else { return true }
        var rest = utf8[...]
        while let start = rest.firstIndex(of: first) {
            rest = rest[start...]
            if rest.starts(with: other.utf8) { return true }
            rest.removeFirst()
        }
        return false
    }

    /// The text behind a prefix; nil when it does not begin with it.
    public func dropping(prefix: UTF8Text) -> UTF8Text? {
        hasPrefix(prefix) ? Self(utf8.dropFirst(prefix.utf8.count)) : nil
    }

    /// The text before the first of an ASCII character, and that behind it; nil without one.
    /// The parts between separators, empty ones left out unless wanted.
    /// - Parameter limit: cuts at most.
    public func parts(at separator: Unicode.Scalar, atMost limit: Int = .max, keepsEmpty: Bool = false) -> [UTF8Text] {
        guard separator.isASCII else { return [self] }
        return utf8.split(
            separator: UInt8(separator.value), maxSplits: limit, omittingEmptySubsequences: !keepsEmpty
        ).map { UTF8Text(String(decoding: $0, as: UTF8.self)) }
    }

    public func divided(at separator: Unicode.Scalar) -> (head: UTF8Text, tail: UTF8Text)? {
        guard let place = utf8.firstIndex(of: UInt8(ascii: separator)) else { return nil }
        return (Self(utf8[..<place]), Self(utf8[utf8.index(after: place)...]))
    }

    /// Without spaces and tabs at both ends.
    public var trimmed: UTF8Text {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        var rest = utf8.drop(while: isSpace)
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return Self(rest)
    }

    /// A to Z in lower case; what is not ASCII stays as it is.
    public var lowercasedASCII: UTF8Text {
        guard utf8.contains(where: { (0x41...0x5A).contains($0) }) else { return self }
        return UTF8Text(
            String(decoding: utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self))
    }

    /// The beginning, to be shown in a message about it: at most so many Unicode scalars.
    public func beginning(_ scalars: Int) -> String { String(string.unicodeScalars.prefix(scalars)) }

    private init(_ bytes: Substring.UTF8View) { string = String(decoding: bytes, as: UTF8.self) }
}
