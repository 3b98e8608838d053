/// Names a text in the review queue.
public struct ReviewID: PrefixedIdentifier {
    public static let prefix = "rev"
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
}

/// Why a person should look at a message.
public enum ReviewReason: String, Hashable, Sendable, Codable, CaseIterable {
    /// The bot had no answer.
    case rejected
    /// The bot was not sure and asked back.
    case lowConfidence = "low_confidence"
    /// The visitor rated the reply down.
    case ratedDown = "rated_down"
    /// An agent named another intent than the bot had understood.
    case corrected
    /// The shadow model understood something else than the active one.
    case disagreement
}

/// A labelled text that decided instead of the head of the model.
public struct LabelledMatch: Hashable, Sendable, Codable {
    public let intent: IntentName
    /// The cosine of the two texts, 1 for the same text.
    public let similarity: Double

    public init(intent: IntentName, similarity: Double) {
        self.intent = intent
        self.similarity = similarity
    }
}
