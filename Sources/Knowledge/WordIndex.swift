package import ConversationDomain
import Foundation

/// Which entries have the words of a query: BM25 over the entries' questions and answers
/// (S. Robertson, H. Zaragoza, The Probabilistic Relevance Framework, 2009), with everything that does not depend on the
/// query worked out beforehand. A search walks the lists of the query's words once, common words included.
package struct WordIndex: Sendable {
    /// A question's words weigh three times an answer's.
    static let questionWeight: Float = 3
    static let saturation: Float = 1.2
    static let lengthNormalisation: Float = 0.75

    private struct Posting: Sendable {
        let entry: UInt32
        /// What the word adds to the entry's score.
        var weight: Float
    }

    private let entries: Int
    private var lists: [UTF8Text: Range<Int>] = [:]
    private var postings: [Posting] = []

    package init(_ entries: [KnowledgeEntry]) {
        self.entries = entries.count
        var lengths = [Float](repeating: 0, count: entries.count)
        var found: [UTF8Text: [Posting]] = [:]
        for (index, entry) in entries.enumerated() {
            var counts: [UTF8Text: Float] = [:]
            func count(_ text: String, _ weight: Float) {
                for term in SearchTerms.terms(of: text) {
                    counts[UTF8Text(term), default: 0] += weight
                    lengths[index] += 1
                }
            }
            for question in entry.questions { count(question, Self.questionWeight) }
            count(entry.answer, 1)
            for (term, weight) in counts {
                found[term, default: []].append(Posting(entry: UInt32(index), weight: weight))
            }
        }
        let mean = max(1, lengths.reduce(0, +) / Float(max(1, lengths.count)))
        postings.reserveCapacity(found.values.reduce(0) { $0 + $1.count })
        for (term, list) in found {
            let matching = Float(list.count)
            let rarity = max(1e-6, log((Float(entries.count) - matching + 0.5) / (matching + 0.5)))
            let begin = postings.count
            for posting in list {
                let length = lengths[Int(posting.entry)] / mean
                let damping = Self.saturation * (1 - Self.lengthNormalisation + Self.lengthNormalisation * length)
                let weight = rarity * posting.weight * (Self.saturation + 1) / (posting.weight + damping)
                postings.append(Posting(entry: posting.entry, weight: weight))
            }
            lists[term] = begin..<postings.count
        }
    }

    /// BM25 of every entry, `[entries]`; nil when no entry has any of the words.
    package func scores(of terms: [String]) -> [Float]? {
        let ranges = Set(terms.map(UTF8Text.init(_:))).compactMap { lists[$0] }
        guard !ranges.isEmpty else { return nil }
        var scores = [Float](repeating: 0, count: entries)
        scores.withUnsafeMutableBufferPointer { scores in
            postings.withUnsafeBufferPointer { postings in
                for range in ranges {
                    for posting in postings[range] { scores[Int(posting.entry)] += posting.weight }
                }
            }
        }
        return scores
    }
}
