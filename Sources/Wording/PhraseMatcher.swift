import ConversationDomain

/// Finds words and phrases in a text: whole words where words have spaces between them, anything where they have not.
/// Case, punctuation and apostrophes do not count.
public struct PhraseMatcher: Sendable {
    /// A text as it is compared, prepared once for several matchers.
    public struct Text: Sendable {
        /// Lower-case words, each with a space before and after; Chinese characters are no words of their own.
        fileprivate let bytes: [UInt8]

        /// - Parameter limit: Unicode scalars that are looked at.
        public init(_ text: String, limit: Int = 4_000) {
            var bytes: [UInt8] = [Self.space]
            for scalar in text.lowercased().unicodeScalars.prefix(limit) {
                if scalar == "'" || scalar == "’" { continue }
                if scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
                    bytes += Array(String(scalar).utf8)
                } else if bytes.last != Self.space {
                    bytes.append(Self.space)
                }
            }
            if bytes.last != Self.space { bytes.append(Self.space) }
            self.bytes = bytes
        }

        public var isEmpty: Bool { bytes.count <= 1 }

        fileprivate static let space = UInt8(ascii: " ")
    }

    /// What begins an entry that is passed over: "!不好意思" among 不.
    private static let exception: Character = "!"

    private let phrases: [[UInt8]]
    /// Which of them are passed over.
    private let isException: [Bool]
    /// The phrases that begin with a byte.
    private let byFirst: [[Int]]

    public init(_ phrases: [String]) {
        var all: [[UInt8]] = []
        var isException: [Bool] = []
        for entry in phrases {
            let phrase = entry.first == Self.exception ? String(entry.dropFirst()) : entry
            var bytes = Text(phrase).bytes
            guard bytes.count > 2 else { continue }
            // Chinese, Japanese and Korean words stand anywhere.
            if let last = phrase.unicodeScalars.last, SearchTerms.isCJK(last) { bytes.removeLast() }
            if let first = phrase.unicodeScalars.first, SearchTerms.isCJK(first) { bytes.removeFirst() }
            all.append(bytes)
            isException.append(entry.first == Self.exception)
        }
        self.isException = isException
        self.phrases = all
        var byFirst = [[Int]](repeating: [], count: 256)
        for (index, phrase) in all.enumerated() { byFirst[Int(phrase[0])].append(index) }
        self.byFirst = byFirst
    }

    public var isEmpty: Bool { phrases.isEmpty }

    public func isFound(in text: Text) -> Bool {
        var start = 0
        while start < text.bytes.count {
            guard let found = longest(at: start, in: text.bytes) else {
                start += 1
                continue
            }
            guard isException[found.phrase] else { return true }
            // The space behind it may be the one before the next word.
            start += max(1, found.length - 1)
        }
        return false
    }

    /// Whether the text begins with one of the phrases.
    public func begins(_ text: Text) -> Bool {
        longest(at: 0, in: text.bytes) != nil || longest(at: 1, in: text.bytes) != nil
    }

    /// Whether the text is one of the phrases.
    public func isWhole(_ text: Text) -> Bool {
        [0, 1].contains { start in
            guard start < text.bytes.count, let found = longest(at: start, in: text.bytes) else { return false }
            return text.bytes[(start + found.length)...].allSatisfy { $0 == Text.space }
        }
    }

    private func longest(at start: Int, in bytes: [UInt8]) -> (phrase: Int, length: Int)? {
        guard start < bytes.count else { return nil }
        var best: (phrase: Int, length: Int)?
        for index in byFirst[Int(bytes[start])] {
            let phrase = phrases[index]
            guard start + phrase.count <= bytes.count, phrase.count > best?.length ?? 0 else { continue }
            if bytes[start..<start + phrase.count].elementsEqual(phrase) { best = (index, phrase.count) }
        }
        return best
    }
}
