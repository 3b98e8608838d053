public import ConversationDomain
import Entities

/// A labelled stretch of a text: offsets in Unicode scalars, `end` exclusive.
public struct LabelledSpan: Hashable, Sendable, Codable {
    public let label: String
    public let start: Int
    public let end: Int

    public init(label: String, start: Int, end: Int) {
        self.label = label
        self.start = start
        self.end = end
    }
}

/// A text whose entities are known: what an extractor is measured with.
public struct TaggedSentence: Hashable, Sendable {
    /// A word with its place in the text, in Unicode scalars, `end` exclusive.
    public struct Token: Hashable, Sendable {
        public let start: Int
        public let end: Int
    }

    public let text: String
    /// From left to right; the words of the text when only spans are known.
    public let tokens: [Token]
    /// One a token: `O`, `B-label` or `I-label`.
    public let tags: [String]
    public let spans: [LabelledSpan]

    /// From tokens and their tags; the spans follow from the tags.
    /// - Parameter text: nil for the tokens joined by spaces.
    /// - Throws: `ChatError(.invalidRequest)` when tags and tokens differ in number, a tag is malformed, or a token does
    ///   not stand in the text after those before it.
    public init(text: String?, tokens: [String], tags: [String]) throws {
        let text = text ?? tokens.joined(separator: " ")
        guard tokens.count == tags.count else {
            throw ChatError(.invalidRequest, "\(tokens.count) tokens but \(tags.count) tags, expected one tag a token")
        }
        if let tag = tags.first(where: { BIO.parts(of: $0) == nil }) {
            throw ChatError(.invalidRequest, "the tag '\(tag.prefix(80))' is none, expected O, B-label or I-label")
        }
        self.text = text
        self.tokens = try Self.places(of: tokens, in: Array(text.unicodeScalars))
        self.tags = tags
        spans = BIO.spans(tags).map { [places = self.tokens] span in
            LabelledSpan(
                label: span.label, start: places[span.tokens.lowerBound].start,
                end: places[span.tokens.upperBound - 1].end)
        }
    }

    /// From spans alone: tokens are the text's words, as the entity head reads them.
    /// - Throws: `ChatError(.invalidRequest)` when a span lies outside of the text or overlaps another one.
    public init(text: String, spans: [LabelledSpan]) throws {
        let length = text.unicodeScalars.count
        if let span = spans.first(where: { $0.start < 0 || $0.end > length || $0.start >= $0.end }) {
            throw ChatError(
                .invalidRequest,
                "the slot '\(span.label.prefix(80))' from \(span.start) to \(span.end) is not in the text of \(length)")
        }
        self.text = text
        self.spans = spans.sorted { $0.start < $1.start }
        if let (span, next) = zip(self.spans, self.spans.dropFirst()).first(where: { $0.end > $1.start }) {
            throw ChatError(
                .invalidRequest, "the slots '\(span.label.prefix(80))' and '\(next.label.prefix(80))' overlap")
        }
        tokens = WordBorders(of: Array(text.unicodeScalars)).words.map {
            Token(start: $0.lowerBound, end: $0.upperBound)
        }
        tags = BIO.tags(of: tokens, spans: self.spans)
    }

    /// From the marks of an example.
    /// - Throws: `ChatError(.invalidRequest)` when a mark lies outside of the text or overlaps another one.
    public init(text: String, marks: [EntitySpan]) throws {
        try self.init(
            text: text, spans: marks.map { LabelledSpan(label: $0.entity.rawValue, start: $0.start, end: $0.end) })
    }

    /// The tags that found spans give the tokens: a token belongs to the first span that it overlaps.
    public func tags(of found: [LabelledSpan]) -> [String] {
        BIO.tags(of: tokens, spans: found.sorted { ($0.start, $0.end) < ($1.start, $1.end) })
    }

    private static func places(of tokens: [String], in scalars: [Unicode.Scalar]) throws -> [Token] {
        var position = 0
        return try tokens.map { token in
            let wanted = Array(token.unicodeScalars)
            while position + wanted.count <= scalars.count, !scalars[position...].starts(with: wanted) { position += 1 }
            guard !wanted.isEmpty, position + wanted.count <= scalars.count else {
                throw ChatError(
                    .invalidRequest, "the token '\(token.prefix(80))' does not stand in the text, in its order")
            }
            defer { position += wanted.count }
            return Token(start: position, end: position + wanted.count)
        }
    }
}
