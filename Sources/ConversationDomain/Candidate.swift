/// Something that the bot could reply with, and how likely it is what the visitor needs.
public struct Candidate: Hashable, Sendable {
    /// An intent and a knowledge entry compete in one list.
    public enum Subject: Hashable, Sendable {
        case intent(IntentName)
        case knowledge(KnowledgeID)
    }

    public var subject: Subject
    /// Calibrated, 0 to 1. What all candidates of a message leave of 1 is "nothing of this".
    public var probability: Double

    public init(subject: Subject, probability: Double) {
        self.subject = subject
        self.probability = probability
    }
}
