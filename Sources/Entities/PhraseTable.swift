/// Phrases that are looked for at a place of a text, by their first scalars.
struct PhraseTable: Sendable {
    private var phrases: [Unicode.Scalar: [(phrase: String, scalars: [Unicode.Scalar])]] = [:]

    /// - Parameter list: as a scanned text has them: folded, in lower case.
    init(_ list: some Sequence<String>) {
        for phrase in list {
            let scalars = Array(phrase.unicodeScalars)
            guard let first = scalars.first else { continue }
            phrases[first, default: []].append((phrase, scalars))
        }
        for first in phrases.keys { phrases[first]?.sort { $0.scalars.count > $1.scalars.count } }
    }

    /// The longest phrase that begins at a place.
    func longest(at start: Int, in text: ScannedText) -> (phrase: String, end: Int)? {
        guard let candidates = phrases[text[start]] else { return nil }
        for (phrase, scalars) in candidates where text.has(scalars, at: start) {
            return (phrase, start + scalars.count)
        }
        return nil
    }

    /// The longest phrase that ends at a place, and where it begins; a word of ASCII letters only as a whole.
    func longest(before end: Int, in text: ScannedText) -> (phrase: String, start: Int)? {
        for start in max(0, end - 16)..<max(0, end) {
            guard let found = longest(at: start, in: text), found.end == end,
                !text.isLetter(start) || text.isWordStart(start)
            else { continue }
            return (found.phrase, start)
        }
        return nil
    }
}
