package import ConversationDomain

/// Makes one list of what the typed extractors, the owner's lists and patterns, and the entity head found.
///
/// No two of the result overlap. Where finds do:
/// 1. a typed value wins over a find of the head of the same kind, and so does a listed one;
/// 2. otherwise the longer find wins, and of equally long ones: list, pattern, head (the more certain first), typed value;
/// 3. a find of the head that is less probable than one half gives way to anything.
/// What the head finds of a built-in kind counts only when its text can be read as a value of that kind.
package struct EntityMerge {
    /// Where a find comes from, in the order of trust.
    private enum Source: Int {
        case list, pattern, head, typed
    }

    private struct Candidate {
        let entity: Entity
        let source: Source

        var range: Range<Int> { entity.start..<entity.end }
        var isDoubtful: Bool { source == .head && (entity.confidence ?? 1) < 0.5 }
    }

    let extractor: EntityExtractor
    let lexicon: EntityLexicon
    let locale: BotLocale?

    package init(extractor: EntityExtractor, lexicon: EntityLexicon, locale: BotLocale?) {
        self.extractor = extractor
        self.lexicon = lexicon
        self.locale = locale
    }

    /// - Parameter tagged: what the head found, places in `text`.
    package func entities(in text: String, tagged: [EntityHead.Find]) -> [Entity] {
        let typed = extractor.entities(in: text, locale: locale)
        guard !tagged.isEmpty || !lexicon.isEmpty else { return typed }
        let scalars = Array(text.unicodeScalars)
        var candidates = typed.map { Candidate(entity: $0, source: .typed) }
        candidates += lexicon.finds(in: text, locale: locale).map { find in
            Candidate(entity: find.entity(in: scalars), source: find.isPattern ? .pattern : .list)
        }
        let certain = candidates
        candidates += tagged.compactMap { find in
            guard find.range.upperBound <= scalars.count,
                !certain.contains(where: { $0.entity.entity == find.entity && $0.range.overlaps(find.range) })
            else { return nil }
            return value(of: find, in: scalars, typed: typed).map { value in
                Candidate(
                    entity: Entity(
                        entity: find.entity, value: value, text: Self.text(scalars[find.range]),
                        start: find.range.lowerBound, end: find.range.upperBound, confidence: find.confidence),
                    source: .head)
            }
        }
        return Self.chosen(candidates)
    }

    /// The value that a find of the head stands for; nil when its kind has typed values and this is none.
    private func value(of find: EntityHead.Find, in text: [Unicode.Scalar], typed: [Entity]) -> String? {
        let part = Self.text(text[find.range])
        if EntityExtractor.entities.contains(find.entity) {
            return extractor.value(for: find.entity, in: part, locale: locale)?.value
        }
        if let listed = lexicon.value(of: find.entity, for: part, locale: locale) { return listed }
        // A kind of the owner's own that is written as a date, an amount, … has the typed value.
        let same = typed.first { $0.start == find.range.lowerBound && $0.end == find.range.upperBound }
        return same?.value ?? part
    }

    private static func chosen(_ candidates: [Candidate]) -> [Entity] {
        let sorted = candidates.sorted { left, right in
            if left.isDoubtful != right.isDoubtful { return right.isDoubtful }
            if left.range.count != right.range.count { return left.range.count > right.range.count }
            if left.source != right.source { return left.source.rawValue < right.source.rawValue }
            let (first, second) = (left.entity.confidence ?? 1, right.entity.confidence ?? 1)
            return first != second ? first > second : left.range.lowerBound < right.range.lowerBound
        }
        var chosen: [Candidate] = []
        for candidate in sorted where !chosen.contains(where: { $0.range.overlaps(candidate.range) }) {
            chosen.append(candidate)
        }
        return chosen.map(\.entity).sorted { $0.start < $1.start }
    }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }
}
