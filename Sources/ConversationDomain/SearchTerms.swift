/// The terms that full-text search compares: lower-case words, and overlapping pairs of CJK characters, since Chinese has no spaces
/// and trigrams find nothing for two-character words such as 退款.
public enum SearchTerms {
    /// At most `limit` terms, in order of appearance, repeats kept.
    public static func terms(of text: String, limit: Int = 4096) -> [String] {
        var terms: [String] = []
        var word = String.UnicodeScalarView()
        var ideographs: [Unicode.Scalar] = []

        func flush() {
            if !word.isEmpty { terms.append(String(word)) }
            word = String.UnicodeScalarView()
            if ideographs.count == 1 { terms.append(String(Character(ideographs[0]))) }
            for (first, second) in zip(ideographs, ideographs.dropFirst()) {
                terms.append(String(Character(first)) + String(Character(second)))
            }
            ideographs.removeAll(keepingCapacity: true)
        }

        for scalar in text.lowercased().unicodeScalars {
            if terms.count >= limit { break }
            if isCJK(scalar) {
                if !word.isEmpty { flush() }
                ideographs.append(scalar)
            } else if isWordPart(scalar) {
                if !ideographs.isEmpty { flush() }
                word.append(scalar)
            } else if scalar != "'" && scalar != "’" {
                flush()
            }
        }
        flush()
        return Array(terms.prefix(limit))
    }

    /// A letter in lower case or a digit, of any script; looking properties up takes longer than comparing.
    private static func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x30...0x39, 0x61...0x7A: true
        case ..<0x80: false
        default: scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        }
    }

    /// Han, kana and Hangul.
    public static func isCJK(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x323AF, 0x3040...0x30FF, 0xAC00...0xD7AF:
            true
        default: false
        }
    }
}

extension SearchTerms {
    /// The text in lower case with everything but letters, digits and single spaces taken away: what two spellings of one phrase share.
    public static func plain(_ text: String) -> String {
        var plain = String.UnicodeScalarView()
        for scalar in text.lowercased().unicodeScalars {
            if isWordPart(scalar) {
                plain.append(scalar)
            } else if scalar.properties.isWhitespace, let last = plain.last, last != " " {
                plain.append(" ")
            }
        }
        if plain.last == " " { plain.removeLast() }
        return String(plain)
    }
}
