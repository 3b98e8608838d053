import BERT

/// A word of a text with the token that speaks for it.
///
/// A token that covers several words (in Chinese one piece is often two characters) makes one word of them. The first
/// token of a word carries its tag; those behind it carry none.
struct TokenWord: Hashable, Sendable {
    /// The number of the word's first token.
    let token: Int
    /// Where it stands in the text, in Unicode scalars.
    var range: Range<Int>

    /// The words of a text.
    /// - Parameter places: of its tokens, see `TokenizedText`.
    static func words(in text: [Unicode.Scalar], places: [Range<Int>]) -> [TokenWord] {
        let borders = WordBorders(of: text)
        var words: [TokenWord] = []
        for (token, place) in places.enumerated() where !place.isEmpty && place.upperBound <= text.count {
            if let last = words.last, place.lowerBound < last.range.upperBound || !borders.isBorder(place.lowerBound) {
                let end = max(last.range.upperBound, place.upperBound)
                words[words.count - 1].range = last.range.lowerBound..<end
            } else {
                words.append(TokenWord(token: token, range: place))
            }
        }
        return words.map { word in
            // What a tokenizer drops, such as an accent that stands alone, still belongs to its word.
            var end = word.range.upperBound
            while end < text.count, !borders.isBorder(end) { end += 1 }
            return TokenWord(token: word.token, range: word.range.lowerBound..<end)
        }
    }
}
