public import ConversationDomain
public import Foundation
public import Outbox

/// Where a service of the shop is, and what requests to it are signed with.
public struct ActionTarget: Hashable, Sendable {
    public let name: ActionName
    public let url: String
    public let secrets: WebhookSecrets
    public let createdAt: Date

    /// Targets of one bot.
    public static let limit = 100

    public init(name: ActionName, url: String, secrets: WebhookSecrets, createdAt: Date) {
        self.name = name
        self.url = url
        self.secrets = secrets
        self.createdAt = createdAt
    }
}

/// Keeps the targets of a bot's actions.
public protocol ActionTargetStore: Sendable {
    /// A fresh look at the disk, cheap enough for every call.
    func target(_ name: ActionName) throws -> ActionTarget?
    /// By name.
    func targets() throws -> [ActionTarget]
    /// Adds the targets, or replaces those of the same names.
    /// - Throws: `ChatError(.conflict)` when there would be more than ``ActionTarget/limit``.
    func put(_ targets: [ActionTarget]) async throws
    /// The names of those that there were.
    func remove(_ names: [ActionName]) async throws -> [ActionName]
}

/// What is known of a call that was made for the same message before.
public enum EarlierCall: Hashable, Sendable {
    case none
    /// It began; nothing is known of its end.
    case begun
    case ended(ActionOutcome)
}

/// Remembers calls that may be made once only, from before they are made, so that a server that is killed in between does not make
/// them again.
public protocol ActionJournal: Sendable {
    /// Notes that a call begins, unless it is known by its identifier or by its place; returns when it is on disk.
    func begin(_ request: ActionRequest, at time: Date) async throws -> EarlierCall
    /// Notes what came of it.
    func end(_ request: ActionRequest, _ outcome: ActionOutcome) async throws
    /// Forgets what nobody can send again any more.
    func forget(at time: Date) async throws
}
