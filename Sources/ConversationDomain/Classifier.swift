/// The name of a classifier: a named set of labels of which every message is given one, such as `sentiment`.
public struct ClassifierName: ChosenName {
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
    /// Reserved: what the bot's own intents are, which every bot has.
    public static let intent = ClassifierName(trusted: "intent")
    /// Names that no label set can have.
    public static let reserved: Set<ClassifierName> = [.intent, ClassifierName(trusted: "entities")]

    /// A letter or underscore, then letters, digits and underscores, at most 64: it names a JSON member and a file.
    public static func isValid(_ text: String) -> Bool { SlotName.isValid(text) }
}

/// The name of a label of a classifier, such as `positive`.
public struct LabelName: ChosenName {
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
}

/// A label with its calibrated probability, 0 to 1.
public struct LabelScore: Hashable, Sendable, Codable {
    public let label: LabelName
    public let confidence: Double

    public init(label: LabelName, confidence: Double) {
        self.label = label
        self.confidence = confidence
    }
}

/// What a classifier beside the intents makes of a message.
public struct LabelJudgement: Hashable, Sendable {
    public let classifier: ClassifierName
    /// All labels, best first; never empty.
    public let ranking: [LabelScore]
    /// Whether the best label reaches the confidence from which on the wanted precision was measured, with enough distance
    /// from the second.
    public let isAccepted: Bool

    public init(classifier: ClassifierName, ranking: [LabelScore], isAccepted: Bool) {
        self.classifier = classifier
        self.ranking = ranking
        self.isAccepted = isAccepted
    }

    public var top: LabelScore? { ranking.first }
}
