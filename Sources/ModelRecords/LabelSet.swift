public import ConversationDomain

/// A text that a bot owner gave a label.
public struct LabelSetText: Hashable, Sendable {
    public let text: String
    public let label: LabelName
    public let place: SourcePlace?

    public init(text: String, label: LabelName, place: SourcePlace? = nil) {
        self.text = text
        self.label = label
        self.place = place
    }
}

/// The texts that a classifier is learnt from; each text has one label.
public struct LabelSet: Hashable, Sendable {
    public let classifier: ClassifierName
    public let texts: [LabelSetText]

    public init(classifier: ClassifierName, texts: [LabelSetText]) {
        self.classifier = classifier
        self.texts = texts
    }

    /// The bounds on what is kept.
    public static let labelCounts = 2...200
    public static let textLimit = 100_000
    /// Label sets of one bot.
    public static let countLimit = 32
}

/// A label set as lists show it.
public struct LabelSetSummary: Hashable, Sendable {
    public let classifier: ClassifierName
    /// How many texts each label has.
    public let labels: [LabelName: Int]

    public init(classifier: ClassifierName, labels: [LabelName: Int]) {
        self.classifier = classifier
        self.labels = labels
    }

    public var texts: Int { labels.values.reduce(0, +) }
}

/// What an import of a label set would change, or has changed.
public struct LabelSetChange: Hashable, Sendable {
    /// What there is afterwards.
    public let after: LabelSetSummary
    public let isNew: Bool
    public let added: Int
    /// Texts that got another label.
    public let relabelled: Int
    public let removed: Int
    /// Labels that no text has any more, sorted.
    public let vanished: [LabelName]

    public init(
        after: LabelSetSummary, isNew: Bool, added: Int, relabelled: Int, removed: Int, vanished: [LabelName] = []
    ) {
        self.after = after
        self.isNew = isNew
        self.added = added
        self.relabelled = relabelled
        self.removed = removed
        self.vanished = vanished
    }

    public var isEmpty: Bool { !isNew && added == 0 && relabelled == 0 && removed == 0 }
}

/// Keeps the label sets of the classifiers beside the intents.
public protocol LabelSetStore: Sendable {
    /// By name.
    func summaries() async throws -> [LabelSetSummary]
    /// All of them with their texts, by name; the texts in an order that depends on nothing but them.
    func labelSets() async throws -> [LabelSet]
    /// Adds the texts; one that is there gets the new label. With `replacing`, texts that are not in `set` are removed. One
    /// transaction; a dry run undoes it.
    /// - Throws: `ChatError(.invalidRequest)` when there would be too few or too many labels, `ChatError(.tooLarge)` when
    ///   there would be too many texts or label sets.
    func apply(_ set: LabelSet, replacing: Bool, dryRun: Bool) async throws -> LabelSetChange
    /// False when there is no such label set.
    func remove(_ classifier: ClassifierName) async throws -> Bool
}
