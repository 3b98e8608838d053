import ConversationDomain

/// Which sentences of a passage answer a message: the nearest one token by token, and others that come close to it. A line that
/// introduces what follows brings the lines after it.
enum PassageQuotes {
    /// Passages of a message whose sentences are looked at.
    static let passages = 4
    /// How much of the nearest sentence's similarity the second and the third have.
    static let second: Float = 0.6
    static let third: Float = 0.8
    /// What a sentence gains that goes on from the nearest one.
    static let continuation: Float = 0.05

    /// - Parameter similarities: of the passage's sentences with the message, in their order.
    /// - Returns: their numbers, best first, at most ``Passage/quoted``.
    static func choose(_ similarities: [Float], isIntroduction: (Int) -> Bool) -> [Int] {
        guard let best = similarities.indices.max(by: { similarities[$0] < similarities[$1] }) else { return [] }
        var chosen = [best]
        if isIntroduction(best) {
            return chosen + (best + 1..<max(best + 1, min(best + Passage.quoted, similarities.count)))
        }
        let others = similarities.indices.filter { $0 != best }
            .map { (number: $0, similarity: similarities[$0] + ($0 == best + 1 ? continuation : 0)) }
            .sorted { ($1.similarity, $0.number) < ($0.similarity, $1.number) }
        for (share, other) in zip([second, third], others) where other.similarity >= share * similarities[best] {
            chosen.append(other.number)
        }
        return chosen
    }
}

/// The sentences of all passages as rows of the pack of the content.
struct PassageSentences: Sendable {
    /// Which locale's passages there are.
    let locales: Set<BotLocale>
    private let places: [KnowledgeID: Range<Int>]
    /// Rows of the pack; the negative ones introduce what follows.
    private let rows: [Int32]

    init(_ passages: [CandidateSource.Passage], _ pack: SentencePack) {
        var rows: [Int32] = []
        var places: [KnowledgeID: Range<Int>] = [:]
        for passage in passages {
            let first = rows.count
            for sentence in passage.sentences {
                // What the pack does not have is like nothing, and keeps its number.
                let row = pack.row(of: sentence).map { Int32($0) } ?? Int32.max
                let isIntroduction = sentence.last.map { ":：".contains($0) } ?? false
                rows.append(isIntroduction ? ~row : row)
            }
            places[passage.id] = first..<rows.count
        }
        (self.rows, self.places) = (rows, places)
        locales = Set(passages.map(\.locale))
    }

    var isEmpty: Bool { places.isEmpty }

    /// - Parameter similarity: of a row of the pack with the message.
    func quote(_ id: KnowledgeID, _ similarity: (Int32) -> Float) -> [Int] {
        guard let place = places[id] else { return [] }
        let own = rows[place]
        let similarities = own.map { row -> Float in
            let row = row < 0 ? ~row : row
            return row == .max ? 0 : similarity(row)
        }
        return PassageQuotes.choose(similarities) { own[own.startIndex + $0] < 0 }
    }
}
