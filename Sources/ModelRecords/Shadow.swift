public import ConversationDomain
public import Foundation

/// A decision, and the version that made it.
public struct VersionedDecision: Hashable, Sendable {
    public let model: ModelVersionID
    public let decision: VersionDecision

    public init(model: ModelVersionID, decision: VersionDecision) {
        self.model = model
        self.decision = decision
    }
}

/// A visitor's message that the shadow would have acted on otherwise than the active version did.
public struct Disagreement: Hashable, Sendable {
    public let message: MessageID
    public let conversation: ConversationID
    public let text: String
    public let active: VersionedDecision
    public let shadow: VersionedDecision
    /// When the message was written.
    public let at: Date

    public init(
        message: MessageID, conversation: ConversationID, text: String, active: VersionedDecision,
        shadow: VersionedDecision, at: Date
    ) {
        self.message = message
        self.conversation = conversation
        self.text = text
        self.active = active
        self.shadow = shadow
        self.at = at
    }
}

/// Keeps which version runs as a shadow, and what it disagreed on.
public protocol ShadowStore: Sendable {
    /// The version that should run beside the active one.
    func shadow() async throws -> ModelVersionID?
    /// - Parameter id: nil ends it.
    /// - Throws: `ChatError(.notFound)` when there is no such version.
    func setShadow(_ id: ModelVersionID?, at: Date) async throws
    /// Keeps a disagreement with the newest ones, and puts its text into the review queue, in one transaction.
    func record(_ disagreement: Disagreement) async throws
    /// The newest first.
    func disagreements(limit: Int) async throws -> [Disagreement]
    func disagreementCount() async throws -> Int
}
