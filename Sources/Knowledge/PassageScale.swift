package import ConversationDomain

/// What the similarity of a passage with a message means.
///
/// Some passages are near to everything, mostly short ones of common words, and would be found for anything. How near each one is to
/// messages that nothing of the bot answers is therefore taken off: cross-domain similarity local scaling (A. Conneau et al., Word
/// Translation without Parallel Data, 2018), with the mean of all those messages beside that of the nearest, which too few make.
struct PassageScale: Sendable {
    /// The share of messages that are the nearest ones.
    static let nearest = 20
    /// Messages that a scale is measured with, at least and at most.
    static let fewest = 40
    static let most = 450

    /// What is taken off, one an entry; 0 for what is no passage.
    private let centres: [Float]
    /// The mean deviation of a passage's similarities with those messages.
    private let deviation: Float
    /// The page of each passage; -1 for what is none.
    private let pages: [Int32]
    private let pageSizes: [Float]
    /// How much the mean of its page counts beside a passage's own score.
    private static let pageWeight: Float = 0.2

    /// - Parameters:
    ///   - messages: embeddings of messages that nothing of the bot answers.
    ///   - check: is called now and then; what it throws ends the measuring.
    init?(
        _ entries: [KnowledgeEntry], _ answers: CompactRows, messages: [[Float]], check: () throws -> Void
    ) rethrows {
        guard messages.count >= Self.fewest, entries.count == answers.count else { return nil }
        let queries = messages.prefix(Self.most).map { answers.query($0) }
        let top = max(1, queries.count / Self.nearest)
        var centres = [Float](repeating: 0, count: entries.count)
        var (sum, count) = (Float(0), 0)
        for index in entries.indices where entries[index].isPassage {
            if count.isMultiple(of: 256) { try check() }
            let cosines = queries.map { answers.product(of: index, with: $0) }
            let mean = cosines.reduce(0, +) / Float(cosines.count)
            let near = KnowledgeVectors.largest(top, of: cosines).reduce(0) { $0 + cosines[$1] } / Float(top)
            centres[index] = (mean + near) / 2
            let squares = cosines.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            sum += (squares / Float(cosines.count)).squareRoot()
            count += 1
        }
        guard count > 0, sum / Float(count) > 1e-4 else { return nil }
        var numbers: [Substring: Int32] = [:]
        var sizes: [Float] = []
        pages = entries.map { entry in
            guard entry.isPassage else { return -1 }
            let number = numbers[entry.pageOfPassage] ?? Int32(sizes.count)
            if number == sizes.count {
                numbers[entry.pageOfPassage] = number
                sizes.append(0)
            }
            sizes[Int(number)] += 1
            return number
        }
        pageSizes = sizes
        self.centres = centres
        deviation = sum / Float(count)
    }

    /// In deviations.
    func score(_ cosine: Float, of entry: Int) -> Float { (cosine - centres[entry]) / deviation }

    /// A page on which more is near speaks for each of its passages.
    func addPages(to scores: inout [Float]) {
        guard scores.count == pages.count else { return }
        var sums = [Float](repeating: 0, count: pageSizes.count)
        for (index, page) in pages.enumerated() where page >= 0 { sums[Int(page)] += scores[index] }
        for (index, page) in pages.enumerated() where page >= 0 {
            scores[index] += Self.pageWeight * sums[Int(page)] / pageSizes[Int(page)]
        }
    }
}

extension KnowledgeEntry {
    /// What the passages of a page have in common: the identifier of a passage ends with that of its heading.
    package var pageOfPassage: Substring {
        id.rawValue[..<(id.rawValue.lastIndex(of: ".") ?? id.rawValue.endIndex)]
    }
}
