/// A sentence that measures a bot, with what it should lead to.
public struct LabelledUtterance: Hashable, Sendable {
    public enum Label: Hashable, Sendable {
        /// An intent, `out_of_scope` included, or an entry of this id where the bot has no such intent.
        case name(IntentName)
        case knowledge(KnowledgeID)
    }

    public let text: String
    /// Each of them is right; at least one.
    public let labels: [Label]

    public init(text: String, labels: [Label]) {
        self.text = text
        self.labels = labels
    }
}

/// What a bot does with the first message of a conversation.
public enum OpeningReply: Hashable, Sendable {
    /// It answers, asks for a value that the intent needs, or hands over.
    case acted(on: Candidate.Subject)
    /// It asks which of these was meant.
    case askedBack([Candidate.Subject])
    /// It says that it does not know.
    case rejected
}
