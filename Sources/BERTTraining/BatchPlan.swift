import BERT

/// Which examples run together in which step. Everything follows from seed and epoch, so that a resumed run goes on
/// as the first one would have.
struct BatchPlan: Sendable {
    private enum Order {
        /// Examples of similar length side by side.
        case byLength([Int])
        /// Examples by label, for batches of several examples of each of its labels.
        case byLabel([[Int]], perLabel: Int)
    }

    private let order: Order
    private let batchSize: Int
    private let seed: UInt64
    /// Steps per epoch.
    let steps: Int

    /// Batches of `size` out of examples with these `lengths`.
    init(lengths: [Int], size: Int, seed: UInt64) {
        order = .byLength(lengths)
        batchSize = size
        self.seed = seed
        steps = (lengths.count + size - 1) / size
    }

    /// Batches of `size` with `perLabel` examples of each of their labels.
    init(labels: [Int], perLabel: Int, size: Int, seed: UInt64) {
        var groups: [Int: [Int]] = [:]
        for (index, label) in labels.enumerated() { groups[label, default: []].append(index) }
        order = .byLabel(groups.sorted { $0.key < $1.key }.map(\.value), perLabel: perLabel)
        batchSize = size
        self.seed = seed
        steps = max(1, (labels.count + size - 1) / size)
    }

    /// The batches of `epoch`, each a list of examples.
    func batches(epoch: Int) -> [[Int]] {
        var random = SeededGenerator.derived(from: seed, 0xBA7C, UInt64(epoch))
        switch order {
        case .byLength(let lengths): return byLength(lengths, &random)
        case .byLabel(let groups, let perLabel): return byLabel(groups, perLabel, &random)
        }
    }

    /// Lengths are blurred by up to a few tokens, so that the batches differ from epoch to epoch.
    private func byLength(_ lengths: [Int], _ random: inout SeededGenerator) -> [[Int]] {
        let keys = lengths.map { Float($0) + random.float(in: 3) }
        let sorted = lengths.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
        var batches = stride(from: 0, to: sorted.count, by: batchSize).map {
            Array(sorted[$0..<min(sorted.count, $0 + batchSize)])
        }
        random.shuffle(&batches)
        return batches
    }

    /// Every label's examples are dealt out in a random order, some at a time, until they are used up.
    private func byLabel(_ groups: [[Int]], _ perLabel: Int, _ random: inout SeededGenerator) -> [[Int]] {
        var hands: [[Int]] = []
        for group in groups {
            var examples = group
            random.shuffle(&examples)
            for begin in stride(from: 0, to: examples.count, by: perLabel) {
                var hand = Array(examples[begin..<min(examples.count, begin + perLabel)])
                // A lonely example has no partner to come closer to, unless one is met again.
                if hand.count == 1, examples.count > 1 {
                    hand.append(examples[random.index(below: examples.count - 1)])
                }
                hands.append(hand)
            }
        }
        random.shuffle(&hands)
        var batches: [[Int]] = Array(repeating: [], count: steps)
        for (index, hand) in hands.enumerated() { batches[index % steps].append(contentsOf: hand) }
        return batches.filter { !$0.isEmpty }
    }
}
