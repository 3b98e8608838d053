public import ConversationDomain
public import Foundation

/// A request that its caller may send again and that is to be worked on once.
public struct RepeatableRequest: Hashable, Sendable {
    /// Whose it is.
    public let key: KeyID
    /// SHA-256 of what names it among those of the key.
    public let name: Data
    /// SHA-256 of its body.
    public let body: Data

    public init(key: KeyID, name: Data, body: Data) {
        self.key = key
        self.name = name
        self.body = body
    }
}

/// What a request was answered with.
public struct KeptAnswer: Hashable, Sendable {
    /// SHA-256 of the body of the request that it answers.
    public let body: Data
    /// The answer, sealed so that the database alone does not tell it; nil for one that was too large to keep.
    public let sealed: Data?
    /// What it tells of; it goes with the conversation.
    public let conversation: ConversationID?

    public init(body: Data, sealed: Data?, conversation: ConversationID?) {
        self.body = body
        self.sealed = sealed
        self.conversation = conversation
    }
}

/// Keeps answers to requests that may come again. Every method is one transaction.
public protocol AnswerStore: Sendable {
    /// - Parameter time: what was kept before is not there any more.
    func answer(to request: RepeatableRequest, keptSince time: Date) async throws -> KeptAnswer?
    /// Returns when it is on disk. Of one API key a bounded number is kept; the oldest give way.
    func keep(_ answer: KeptAnswer, to request: RepeatableRequest, at time: Date) async throws
    /// Removes the next few answers that were kept before a time; how many.
    func removeAnswers(keptBefore time: Date) async throws -> Int
}

extension KeptAnswer {
    /// How long a request can be sent again: 24 hours.
    public static let keptSeconds = 86_400.0
    /// Bytes of an answer that is kept.
    public static let limit = 256 * 1024
    /// Answers that are kept for one API key.
    public static let limitPerKey = 100_000
}

/// Names a secret that visitor tokens are signed with.
public struct VisitorSecretID: PrefixedIdentifier {
    public static let prefix = "vsec"
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
}

/// What an app's own server signs with whom it has before it.
public struct VisitorSecret: Hashable, Sendable {
    public let id: VisitorSecretID
    public let app: AppName
    public let secret: String
    public let createdAt: Date
    public let revokedAt: Date?

    public init(id: VisitorSecretID, app: AppName, secret: String, createdAt: Date, revokedAt: Date? = nil) {
        self.id = id
        self.app = app
        self.secret = secret
        self.createdAt = createdAt
        self.revokedAt = revokedAt
    }

    /// Secrets that an app can have at a time: one that is used and one that takes its place, twice.
    public static let limit = 4
}

/// Keeps visitor secrets. Every method is one transaction.
public protocol VisitorSecretStore: Sendable {
    /// Those of an app that are not revoked, the newest first; a fresh look at the disk.
    func visitorSecrets(of app: AppName) async throws -> [VisitorSecret]
    /// All, revoked ones too, the oldest first.
    func allVisitorSecrets() async throws -> [VisitorSecret]
    /// - Throws: `ChatError(.conflict)` when the app has as many as it can have.
    func add(_ secret: VisitorSecret) async throws
    /// False when there is no such secret that is not revoked already.
    func revoke(_ id: VisitorSecretID, at time: Date) async throws -> Bool
}
