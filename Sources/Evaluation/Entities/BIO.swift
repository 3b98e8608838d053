/// The tags of words in and outside of entities (L. Ramshaw, M. Marcus, Text chunking using transformation-based
/// learning, 1995).
enum BIO {
    static let outside = "O"

    /// Whether a tag begins an entity, and its label; label nil outside; nil when it is no tag.
    static func parts(of tag: String) -> (begins: Bool, label: String?)? {
        if tag == outside { return (false, nil) }
        guard tag.hasPrefix("B-") || tag.hasPrefix("I-"), tag.unicodeScalars.count > 2 else { return nil }
        return (tag.hasPrefix("B-"), String(tag.dropFirst(2)))
    }

    /// The label of a tag without `B-` or `I-`; `O` itself outside.
    static func label(of tag: String) -> String { parts(of: tag)?.label ?? outside }

    /// The tags that spans, in their order, give to tokens: a token belongs to the first span that it overlaps.
    static func tags(of tokens: [TaggedSentence.Token], spans: [LabelledSpan]) -> [String] {
        var previous: Int?
        return tokens.map { token in
            let index = spans.firstIndex { $0.start < token.end && token.start < $0.end }
            defer { previous = index }
            guard let index else { return outside }
            return (index == previous ? "I-" : "B-") + spans[index].label
        }
    }

    /// The entities of a sentence, as conlleval and seqeval read them: an `I` that continues nothing begins one.
    static func spans(_ tags: [String]) -> [(label: String, tokens: Range<Int>)] {
        var spans: [(label: String, tokens: Range<Int>)] = []
        for (index, tag) in tags.enumerated() {
            guard let (begins, label) = parts(of: tag), let label else { continue }
            if !begins, let last = spans.last, last.label == label, last.tokens.upperBound == index {
                spans[spans.count - 1].tokens = last.tokens.lowerBound..<index + 1
            } else {
                spans.append((label, index..<index + 1))
            }
        }
        return spans
    }
}
