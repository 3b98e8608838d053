public import ConversationDomain
import Measures

/// How a version B decides beside a version A: on recent messages, whose meaning nobody has said, and on texts whose meaning
/// is known.
public struct VersionComparison: Hashable, Sendable {
    /// Where the labelled texts are from, which says how far their figures can be trusted.
    public enum Source: Hashable, Sendable {
        /// A file of the owner's.
        case file(String)
        /// The bot's own examples: a version has learned from those that were there when it was trained.
        /// - Parameters a, b: whether the version was trained on exactly these.
        case examples(a: Bool, b: Bool)
    }

    public let a: ModelVersionID
    public let b: ModelVersionID
    /// The newest first.
    public let recent: [ReplayedText]
    public let labelled: [ReplayedText]
    public let source: Source

    public init(
        a: ModelVersionID, b: ModelVersionID, recent: [ReplayedText], labelled: [ReplayedText], source: Source
    ) {
        self.a = a
        self.b = b
        self.recent = recent
        self.labelled = labelled
        self.source = source
    }

    /// Every text that the versions act on differently: labelled ones first, those that only A gets right before the others.
    public var changes: [ReplayedText] {
        func rank(_ text: ReplayedText) -> Int {
            guard let expected = text.text.expected else { return 2 }
            return text.a.isRight(for: expected) ? 0 : 1
        }
        let changed = labelled.filter(\.isChanged)
        return changed.filter { rank($0) == 0 } + changed.filter { rank($0) == 1 } + recent.filter(\.isChanged)
    }

    /// How often both act the same, messages that came more than once counted as often.
    public static func agreement(_ texts: [ReplayedText]) -> (same: Int, all: Int) {
        texts.reduce((0, 0)) { sum, text in
            (sum.0 + (text.isChanged ? 0 : text.text.count), sum.1 + text.text.count)
        }
    }

    /// Share of the labelled texts whose most likely label is right, as `frontdesk evaluate` counts it.
    public var accuracy: (a: AccuracyEstimate, b: AccuracyEstimate) {
        (
            AccuracyEstimate(labelled.count { $0.a.best.intent == $0.text.expected }, of: labelled.count),
            AccuracyEstimate(labelled.count { $0.b.best.intent == $0.text.expected }, of: labelled.count)
        )
    }

    /// One entry for each intent of the labelled texts, the greatest loss first.
    public var intents: [IntentChange] {
        Dictionary(grouping: labelled) { $0.text.expected }.compactMap { intent, texts in
            intent.map { IntentChange([$0], texts) }
        }.sorted { ($0.points, $0.name) < ($1.points, $1.name) }
    }
}

/// A share with its Wilson interval, 95 %.
public struct AccuracyEstimate: Hashable, Sendable, Encodable {
    public let value: Double
    public let lower: Double
    public let upper: Double

    init(_ right: Int, of all: Int) {
        value = all == 0 ? 0 : Double(right) / Double(all)
        (lower, upper) = Wilson.interval(successes: right, trials: all)
    }
}

/// How many texts of an intent, or of several together, each version does the right thing with.
public struct IntentChange: Hashable, Sendable {
    public let intents: [IntentName]
    public let texts: Int
    public let rightInA: Int
    public let rightInB: Int

    public init(intents: [IntentName], texts: Int, rightInA: Int, rightInB: Int) {
        self.intents = intents
        self.texts = texts
        self.rightInA = rightInA
        self.rightInB = rightInB
    }

    init(_ intents: [IntentName], _ texts: [ReplayedText]) {
        func right(_ side: KeyPath<ReplayedText, VersionDecision>) -> Int {
            texts.count { text in text.text.expected.map { text[keyPath: side].isRight(for: $0) } ?? false }
        }
        self.init(intents: intents, texts: texts.count, rightInA: right(\.a), rightInB: right(\.b))
    }

    /// The intent, or how many there are.
    public var name: String { intents.count == 1 ? intents[0].rawValue : "\(intents.count) rarer intents together" }

    /// What B gains over A, in points: hundredths of the texts; negative for a loss.
    public var points: Double { texts == 0 ? 0 : Double(rightInB - rightInA) / Double(texts) * 100 }
}
