import BERTTraining
import ConversationDomain
import LinearModels

/// A bot's examples, parted into those to learn from and those to measure with.
public struct HeldOutSplit: Hashable, Sendable {
    public let training: [LabelledText]
    public let testing: [LabelledText]

    /// Takes the same share of every intent, and leaves every intent at least one example to learn from.
    /// - Parameters:
    ///   - examples: in any order; repeats count once, so that no sentence is on both sides with the same intent. Hints are
    ///     learnt from.
    ///   - share: to measure with, between 0 and 1.
    ///   - seed: which ones; the same seed chooses the same.
    public init(_ examples: [LabelledText], share: Double, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var (training, testing): ([LabelledText], [LabelledText]) = ([], [])
        let byIntent = Dictionary(grouping: Set(examples.filter { !$0.isHint }), by: \.intent)
        for (_, members) in byIntent.sorted(by: { $0.key < $1.key }) {
            let shuffled = members.sorted { $0.text < $1.text }.shuffled(using: &generator)
            let count = min(members.count - 1, Int((share * Double(members.count)).rounded()))
            testing += shuffled.prefix(count)
            training += shuffled.dropFirst(count)
        }
        self.training = training + examples.filter(\.isHint)
        self.testing = testing
    }
}
