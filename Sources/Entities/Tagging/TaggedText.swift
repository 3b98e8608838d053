public import ConversationDomain

/// A text whose entities are marked: what an entity head learns from.
public struct TaggedText: Hashable, Sendable {
    public let text: String
    /// Offsets in Unicode scalars, without overlap.
    public let spans: [EntitySpan]
    private let read: ReadableText

    public init(text: String, spans: [EntitySpan]) {
        self.text = text
        self.spans = spans
        read = ReadableText(text)
    }

    /// An order that depends on nothing but the texts and their marks.
    static func precedes(_ left: TaggedText, _ right: TaggedText) -> Bool {
        let (first, second) = (UTF8Text(left.text), UTF8Text(right.text))
        guard first == second else { return first < second }
        func key(_ text: TaggedText) -> [String] { text.spans.map { "\($0.start) \($0.end) \($0.entity)" } }
        return key(left).lexicographicallyPrecedes(key(right))
    }

    /// The text as encoders read it, with numbers and addresses masked.
    public var readable: String { read.text }

    /// Where a stretch of ``readable`` stands in the text as it was written.
    func origin(of range: Range<Int>) -> Range<Int> { read.origin(of: range) }

    /// The tag of each token of ``readable`` as `EntityTags` numbers them; nil where nothing is to be learnt: special tokens and the
    /// pieces of a word behind its first.
    /// - Parameters:
    ///   - places: of the tokens, see `TokenizedText`.
    ///   - entities: those to learn; spans of others count as outside.
    public func tags(of places: [Range<Int>], entities: [EntityName]) -> [Int?] {
        let words = TokenWord.words(in: Array(read.text.unicodeScalars), places: places)
        let marked = spans.compactMap { span in
            entities.firstIndex(of: span.entity).map { (entity: $0, range: span.start..<max(span.start, span.end)) }
        }
        var tags = [Int?](repeating: nil, count: places.count)
        for (word, tag) in zip(words, EntityTags.tags(of: words.map { read.origin(of: $0.range) }, spans: marked)) {
            tags[word.token] = tag
        }
        return tags
    }
}
