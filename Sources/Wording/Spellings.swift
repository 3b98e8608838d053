import ConversationDomain

/// Brings a text that was typed in a hurry to the spelling that examples have: capitals throughout become lower case,
/// abbreviations and usual slips become the word that is meant.
struct Spellings: Sendable {
    private struct Variant {
        let scalars: [Unicode.Scalar]
        let word: [Unicode.Scalar]
    }

    /// The variants that begin with a scalar, longest first.
    private let byFirst: [Unicode.Scalar: [Variant]]

    /// Unicode scalars that are looked at.
    private static let textLimit = 4_000
    /// Letters from which on capitals are no abbreviation or name.
    private static let leastShouted = 8
    /// The share of capitals among the letters of such a text.
    private static let shoutedShare = 0.8

    /// - Parameter tables: other spellings by the word that they stand for.
    init(_ tables: [[String: [String]]]) {
        var byFirst: [Unicode.Scalar: [Variant]] = [:]
        for (word, variants) in tables.flatMap({ $0.sorted { $0.key < $1.key } }) {
            for variant in variants {
                let scalars = Array(variant.lowercased().unicodeScalars)
                guard let first = scalars.first else { continue }
                byFirst[first, default: []].append(Variant(scalars: scalars, word: Array(word.unicodeScalars)))
            }
        }
        self.byFirst = byFirst.mapValues { $0.sorted { $0.scalars.count > $1.scalars.count } }
    }

    /// Nil where the text is spelled as usual, or too long to be looked at.
    func spelledOut(_ text: String) -> String? {
        let scalars = Array(text.unicodeScalars)
        guard scalars.count <= Self.textLimit else { return nil }
        let isShouted = Self.isShouted(scalars)
        let lower = scalars.map(Self.lowered)
        let source = isShouted ? lower : scalars
        var result = String.UnicodeScalarView()
        var position = 0
        var isChanged = isShouted
        while position < source.count {
            if let variant = variant(at: position, in: lower) {
                result.append(contentsOf: variant.word)
                position += variant.scalars.count
                isChanged = true
            } else {
                result.append(source[position])
                position += 1
            }
        }
        return isChanged ? String(result) : nil
    }

    private func variant(at start: Int, in text: [Unicode.Scalar]) -> Variant? {
        guard Self.isBorder(start, in: text) else { return nil }
        return byFirst[text[start]]?.first { variant in
            let end = start + variant.scalars.count
            return end <= text.count && text[start..<end].elementsEqual(variant.scalars) && Self.isBorder(end, in: text)
        }
    }

    /// Whether a word may begin or end here. Chinese and Japanese have no spaces between words.
    private static func isBorder(_ place: Int, in text: [Unicode.Scalar]) -> Bool {
        guard place > 0, place < text.count else { return true }
        let (before, after) = (text[place - 1], text[place])
        return !isInWord(before) || !isInWord(after) || SearchTerms.isCJK(before) || SearchTerms.isCJK(after)
    }

    private static func isInWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "'" || scalar == "’"
    }

    private static func isShouted(_ scalars: [Unicode.Scalar]) -> Bool {
        let capitals = scalars.count { $0.properties.isUppercase }
        let letters = capitals + scalars.count { $0.properties.isLowercase }
        return letters >= leastShouted && Double(capitals) >= shoutedShare * Double(letters)
    }

    /// One scalar for one, so that places stay.
    private static func lowered(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        let mapping = scalar.properties.lowercaseMapping.unicodeScalars
        return mapping.count == 1 ? mapping.first ?? scalar : scalar
    }
}
