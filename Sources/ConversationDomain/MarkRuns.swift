/// Finds runs of combining marks that no language has, before anything compares the text that they are in.
///
/// Comparing two strings as Swift does sorts each run of marks, which takes n² steps: one example of 800 kB of them took more than a
/// minute to import. Unicode's stream-safe format (UAX #15, section 13) allows 30 marks in a row; here it is twice as many. With
/// runs bounded, whatever is done with a text of visitors or of files, by us or by a library, takes as long as the text is.
public enum MarkRuns {
    public static let limit = 60

    /// Whether a text has a run that is too long.
    public static func areTooLong(in text: String) -> Bool {
        var run = 0
        for scalar in text.unicodeScalars {
            // Below are no marks.
            run = scalar.value >= 0x300 && scalar.properties.canonicalCombiningClass != .notReordered ? run + 1 : 0
            if run > limit { return true }
        }
        return false
    }

    /// The line of the first run that is too long, from 1; nil when there is none. Marks that are written as JSON or YAML escapes, such
    /// as `\u0301`, count as marks.
    /// - Parameter text: UTF-8; what is not is left to be found by others.
    public static func line(of text: some Collection<UInt8>) -> Int? {
        let found: Int?? = text.withContiguousStorageIfAvailable { line($0) }
        return found ?? Array(text).withUnsafeBufferPointer { line($0) }
    }

    private static func line(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var scanner = Scanner(bytes: bytes)
        var run = 0
        while let isMark = scanner.next() {
            run = isMark ? run + 1 : 0
            if run > limit { return 1 + bytes[..<scanner.index].count { $0 == UInt8(ascii: "\n") } }
        }
        return nil
    }

    /// Steps from scalar to scalar, and tells whether each is a mark that normalisation moves.
    private struct Scanner {
        let bytes: UnsafeBufferPointer<UInt8>
        var index = 0

        mutating func next() -> Bool? {
            guard index < bytes.count else { return nil }
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\\"): return isMark(escaped())
            case ..<0xCC: index += 1
            // Han, Hangul and private use, which have none.
            case 0xE4...0xE9, 0xEB...0xEE: index += 3
            case 0xCC...0xDF: return isMark(scalar(2, UInt32(byte & 0x1F)))
            case 0xE0...0xEF: return isMark(scalar(3, UInt32(byte & 0x0F)))
            default: return isMark(scalar(4, UInt32(byte & 0x07)))
            }
            return false
        }

        private func isMark(_ value: UInt32) -> Bool {
            guard value >= 0x300, let scalar = Unicode.Scalar(value) else { return false }
            return scalar.properties.canonicalCombiningClass != .notReordered
        }

        private mutating func scalar(_ length: Int, _ first: UInt32) -> UInt32 {
            let end = min(index + length, bytes.count)
            let value = bytes[(index + 1)..<end].reduce(first) { $0 << 6 | UInt32($1 & 0x3F) }
            index = end
            return value
        }

        /// `\u0301`, `\U00000301` or a surrogate pair of two escapes; any other escape is no mark.
        private mutating func escaped() -> UInt32 {
            index += 1
            guard let first = digits() else {
                // The escaped character itself may be a backslash.
                index += index < bytes.count && bytes[index] < 0x80 ? 1 : 0
                return 0
            }
            guard UTF16.isLeadSurrogate(UInt16(truncatingIfNeeded: first)), first <= 0xFFFF, index < bytes.count,
                bytes[index] == UInt8(ascii: "\\")
            else { return first }
            let start = index
            index += 1
            guard let second = digits(), (0xDC00...0xDFFF).contains(second) else {
                index = start
                return 0
            }
            return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
        }

        /// The value of `u` and four digits, or of `U` and eight; steps over them.
        private mutating func digits() -> UInt32? {
            guard index < bytes.count else { return nil }
            let count: Int
            switch bytes[index] {
            case UInt8(ascii: "u"): count = 4
            case UInt8(ascii: "U"): count = 8
            default: return nil
            }
            guard index + count < bytes.count else { return nil }
            var value: UInt32 = 0
            for byte in bytes[(index + 1)...(index + count)] {
                let digit: UInt8
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
                case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
                case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
                default: return nil
                }
                value = value << 4 | UInt32(digit)
            }
            index += count + 1
            return value
        }
    }
}
