public import ConversationDomain

/// How the accuracy grows with the number of examples, and which intents still gain by more. As JSON: snake_case.
public struct LearningCurve: Hashable, Sendable, Codable {
    public struct Point: Hashable, Sendable, Codable {
        /// Share of each intent's examples that was trained on.
        public let share: Double
        /// Examples that was, on average over the rounds.
        public let examples: Int
        /// Share of unseen sentences understood, with its 95 % interval.
        public let accuracy: Double
        public let lower: Double
        public let upper: Double
    }

    /// What the second half of an intent's examples brought.
    public struct IntentGain: Hashable, Sendable, Codable {
        public let intent: IntentName
        /// Sentences that it was measured on.
        public let support: Int
        /// Share of them understood with half of all examples, and with all.
        public let half: Double
        public let full: Double
        /// The difference is more than chance (one-sided sign test over the sentences, 5 %).
        public let isGaining: Bool

        public var gain: Double { full - half }

        enum CodingKeys: String, CodingKey {
            case intent, support, half, full
            case isGaining = "is_gaining"
        }
    }

    /// By rising share. The last is all examples unless the time ran out.
    public let points: [Point]
    /// Whether the time sufficed for all shares.
    public let isComplete: Bool
    /// The largest gain first; empty when the time did not suffice for all examples.
    public let intents: [IntentGain]
    /// What the second half of all examples brought, over all sentences; nil as above.
    public let overall: Overall?

    public struct Overall: Hashable, Sendable, Codable {
        public let half: Double
        public let full: Double
        public let isGaining: Bool

        public var gain: Double { full - half }

        enum CodingKeys: String, CodingKey {
            case half, full
            case isGaining = "is_gaining"
        }
    }

    enum CodingKeys: String, CodingKey {
        case points, intents, overall
        case isComplete = "is_complete"
    }

    /// What one share gave: whether each of the unseen sentences was understood.
    package struct Result: Hashable, Sendable {
        let share: Double
        let examples: Int
        let truths: [IntentName]
        let isRight: [Bool]

        package init(share: Double, examples: Int, truths: [IntentName], isRight: [Bool]) {
            self.share = share
            self.examples = examples
            self.truths = truths
            self.isRight = isRight
        }
    }

    static let half = 0.5
    package static let significance = 0.05

    /// - Parameter results: by rising share, all of the same sentences in the same order.
    package init(_ results: [Result], isComplete: Bool) {
        points = results.map { result in
            let right = result.isRight.count { $0 }
            let interval = Wilson.interval(successes: right, trials: result.isRight.count)
            return Point(
                share: result.share, examples: result.examples,
                accuracy: LabelCounts.share(right, of: result.isRight.count), lower: interval.lower,
                upper: interval.upper)
        }
        self.isComplete = isComplete
        guard let half = results.first(where: { $0.share == Self.half }), let full = results.last, full.share == 1
        else {
            (intents, overall) = ([], nil)
            return
        }
        let pairs = zip(half.isRight, full.isRight).map { Change(before: $0, after: $1) }
        overall = Overall(
            half: Change.before(pairs), full: Change.after(pairs), isGaining: Change.isGain(pairs))
        intents = Dictionary(grouping: zip(full.truths, pairs), by: \.0)
            .map { intent, members in
                let changes = members.map(\.1)
                return IntentGain(
                    intent: intent, support: changes.count, half: Change.before(changes), full: Change.after(changes),
                    isGaining: Change.isGain(changes))
            }
            .sorted { ($1.gain, $0.intent) < ($0.gain, $1.intent) }
    }

    /// Whether one sentence was understood with half of the examples and with all.
    private struct Change {
        let before: Bool
        let after: Bool

        static func before(_ changes: [Change]) -> Double {
            LabelCounts.share(changes.count(where: \.before), of: changes.count)
        }

        static func after(_ changes: [Change]) -> Double {
            LabelCounts.share(changes.count(where: \.after), of: changes.count)
        }

        static func isGain(_ changes: [Change]) -> Bool {
            let wins = changes.count { !$0.before && $0.after }
            let losses = changes.count { $0.before && !$0.after }
            return wins > losses && SignTest.probability(wins: wins, losses: losses) <= LearningCurve.significance
        }
    }
}
