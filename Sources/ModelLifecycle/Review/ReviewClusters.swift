import ConversationDomain
import IntentModel
import LinearModels
import ModelRecords

/// Groups texts that mean the same.
enum ReviewClusters {
    /// Takes the items from the oldest to the newest and puts each into the group with the highest average cosine to its
    /// members, if that reaches what its language demands, else into one of its own. What comes later never changes how
    /// earlier items are grouped, so a group keeps its id.
    /// - Parameters:
    ///   - items: oldest first.
    ///   - embeddings: one an item, of norm 1.
    /// - Throws: `CancellationError`, and `ChatError(.internal)` when embeddings differ in length.
    static func group(
        _ items: [ReviewItem], embeddings: [[Float]], thresholds: [BotLocale: NeighbourThresholds],
        isCancelled: () -> Bool = { false }
    ) throws -> [ReviewCluster] {
        var rows = VectorRows(expected: items.count, columns: embeddings.first?.count ?? 0)
        try rows.append(embeddings)
        var groups: [[ReviewItem]] = []
        // The group of each item so far.
        var placed: [Int] = []
        for (item, embedding) in zip(items, embeddings) {
            if isCancelled() { throw CancellationError() }
            var sums = [Float](repeating: 0, count: groups.count)
            for (group, cosine) in zip(placed, rows.products(with: embedding)) { sums[group] += cosine }
            let averages = sums.indices.map { Double(sums[$0]) / Double(groups[$0].count) }
            if let best = averages.indices.max(by: { averages[$0] < averages[$1] }),
                averages[best] >= thresholds[for: item.locale].group
            {
                groups[best].append(item)
                placed.append(best)
            } else {
                placed.append(groups.count)
                groups.append([item])
            }
        }
        return groups.compactMap(ReviewCluster.init)
    }
}
