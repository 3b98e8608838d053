import ConversationDomain

/// The tags of words inside and outside of entities, as numbers: 0 outside, 1 + 2·e begins entity e, 2 + 2·e goes on with
/// it (L. Ramshaw, M. Marcus, Text chunking using transformation-based learning, 1995).
package enum EntityTags {
    static let outside = 0

    package static func count(entities: Int) -> Int { 1 + 2 * entities }
    static func begin(_ entity: Int) -> Int { 1 + 2 * entity }
    static func inside(_ entity: Int) -> Int { 2 + 2 * entity }
    static func entity(of tag: Int) -> Int? { tag == outside ? nil : (tag - 1) / 2 }
    static func begins(_ tag: Int) -> Bool { tag != outside && tag % 2 == 1 }

    /// The tags of words by marked spans. A word belongs to the span that at least half of it lies in.
    /// - Parameters:
    ///   - words: from left to right.
    ///   - spans: entity numbers with their places, which do not overlap.
    static func tags(of words: [Range<Int>], spans: [(entity: Int, range: Range<Int>)]) -> [Int] {
        var previous: Int?
        return words.map { word in
            let index = spans.firstIndex { span in
                let shared = min(span.range.upperBound, word.upperBound) - max(span.range.lowerBound, word.lowerBound)
                return shared > 0 && shared * 2 >= word.count
            }
            defer { previous = index }
            guard let index else { return outside }
            return index == previous ? inside(spans[index].entity) : begin(spans[index].entity)
        }
    }

    /// The most probable sequence of tags in which an entity only goes on where it is (Viterbi's algorithm).
    /// - Parameter scores: logarithms of probabilities [words, tags].
    static func best(_ scores: [[Float]]) -> [Int] {
        guard let first = scores.first, !first.isEmpty else { return [] }
        var total = first
        for tag in total.indices where tag != outside && !begins(tag) { total[tag] = -.infinity }
        var origins: [[Int]] = []
        for row in scores.dropFirst() {
            let leader = total.indices.reduce(0) { total[$1] > total[$0] ? $1 : $0 }
            var next = row
            var origin = [Int](repeating: leader, count: row.count)
            for tag in row.indices {
                if tag == outside || begins(tag) {
                    next[tag] += total[leader]
                } else {
                    // It goes on from its own beginning or inside.
                    let from = total[tag - 1] >= total[tag] ? tag - 1 : tag
                    next[tag] += total[from]
                    origin[tag] = from
                }
            }
            origins.append(origin)
            total = next
        }
        var tag = total.indices.reduce(0) { total[$1] > total[$0] ? $1 : $0 }
        var tags = [tag]
        for origin in origins.reversed() {
            tag = origin[tag]
            tags.append(tag)
        }
        return tags.reversed()
    }
}
