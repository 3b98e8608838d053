import ConversationDomain
import NativeContent

/// Finds passages that stand on several pages: those with the same sentences, but for a tenth of them that only one of the two has, such
/// as the date of a change. Passages that differ inside of a sentence say different things and stay apart.
struct PassageMerge {
    /// Of the letters, how many the common sentences have.
    static let common = 0.9
    /// Letters; shorter passages mean something else below other titles.
    static let shortest = 100
    /// Passages with the same sentence that are compared.
    private static let candidates = 8

    /// The hashes of a passage's sentences with their letters.
    private struct Print {
        let sentences: [UInt64: Int]
        let letters: Int
    }

    private var prints: [Print] = []
    private var bySentence: [UInt64: [Int32]] = [:]

    /// - Returns: the number of the earlier passage that says the same; nil when it is a new one, which gets the next number.
    mutating func earlier(_ passage: CutPassage) -> Int? {
        let print = Self.print(of: passage)
        // The longest sentences of two that agree cannot all be missing in one of them.
        let longest = print.sentences.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(2).map(\.key)
        for sentence in longest {
            for number in bySentence[sentence] ?? [] where agree(prints[Int(number)], print) { return Int(number) }
        }
        for sentence in longest where bySentence[sentence, default: []].count < Self.candidates {
            bySentence[sentence, default: []].append(Int32(prints.count))
        }
        prints.append(print)
        return nil
    }

    private func agree(_ first: Print, _ second: Print) -> Bool {
        let shared = first.sentences.reduce(0) { $0 + (second.sentences[$1.key] == nil ? 0 : $1.value) }
        // Only one of the two may have more than they share.
        guard shared == first.letters || shared == second.letters else { return false }
        return Double(shared) >= Self.common * Double(max(first.letters, second.letters))
    }

    private static func print(of passage: CutPassage) -> Print {
        var sentences: [UInt64: Int] = [:]
        var letters = 0
        for sentence in Passage.sentences(of: passage.text) {
            let key = ComparableText.key(Passage.plain(sentence))
            let count = max(1, key.string.unicodeScalars.count)
            guard sentences.updateValue(count, forKey: StableHash.of(key.string)) == nil else { continue }
            letters += count
        }
        if letters < shortest {
            // A short text says what it says of its page and heading.
            sentences[StableHash.of("\u{1}" + passage.pathText)] = shortest
            letters += shortest
        }
        return Print(sentences: sentences, letters: letters)
    }
}

/// FNV-1a of 64 bits (RFC 9923), the same in every run.
enum StableHash {
    static func of(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// 12 hexadecimal digits.
    static func name(_ parts: [String]) -> String {
        let digits = String(of(parts.joined(separator: "\u{1F}")) & 0xFFFF_FFFF_FFFF, radix: 16)
        return String(repeating: "0", count: 12 - digits.count) + digits
    }
}
