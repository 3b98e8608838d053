public import Foundation

/// Something that whoever answers for a server may have to account for. Never a text, a name that a visitor gave, or a key.
public struct AuditEvent: Hashable, Sendable {
    /// What happened.
    public enum Action: String, Hashable, Sendable, CaseIterable {
        case keyCreated = "key.created"
        case keyRotated = "key.rotated"
        case keyRevoked = "key.revoked"
        case credentialRefused = "credential.refused"
        case limitHit = "limit.hit"
        case contentImported = "content.imported"
        case modelActivated = "model.activated"
        case modelRolledBack = "model.rolled_back"
        case backupRestored = "backup.restored"
        case agentSignedIn = "agent.signed_in"
        case visitorErased = "visitor.erased"
        case serverStarted = "server.started"
    }

    public let at: Date
    public let action: Action
    /// Who did it: a key's id, or `command line`.
    public let actor: String
    /// What it was done to: the id of a key, a version or a conversation; nil for the server as a whole.
    public let subject: String?
    /// In a few words, such as which limit it was.
    public let detail: String?
    /// The network that it came from, with the last part of an address left away; nil for the machine itself.
    public let source: String?
    /// How often, within the minute that begins at ``at`` for what is counted.
    public let count: Int

    public init(
        at: Date, action: Action, actor: String, subject: String? = nil, detail: String? = nil, source: String? = nil,
        count: Int = 1
    ) {
        self.at = at
        self.action = action
        self.actor = actor
        self.subject = subject
        self.detail = detail
        self.source = source
        self.count = count
    }
}

/// Keeps what has happened, oldest first.
public protocol AuditLog: Sendable {
    func record(_ events: [AuditEvent]) async throws
    /// The events since a time, the newest `limit` of them, oldest first.
    func events(since: Date, limit: Int) async throws -> [AuditEvent]
    /// Removes what is older.
    /// - Returns: how many events were removed.
    func removeEvents(before: Date) async throws -> Int
}

extension ClientNetwork {
    /// The network without what tells one household from another: the first three parts of an IPv4 address, or the first three
    /// groups of an IPv6 one. What is no address is `unknown`.
    public var prefix: String {
        let parts = description.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count == 4, parts.allSatisfy({ UInt8($0) != nil }) {
            return parts.prefix(3).joined(separator: ".") + ".0/24"
        }
        let groups = description.split(separator: ":", omittingEmptySubsequences: false)
        guard description.hasSuffix("::/64"), groups.count > 4 else { return "unknown" }
        return groups.prefix(3).joined(separator: ":") + "::/48"
    }
}
