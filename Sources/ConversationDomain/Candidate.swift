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
    /// The sentences of a passage that answer, best first, see ``Passage``; empty for all else.
    public var sentences: [Int]

    public init(subject: Subject, probability: Double, sentences: [Int] = []) {
        self.sentences = sentences
        self.subject = subject
        self.probability = probability
    }
}
