public import ConversationDomain
public import Foundation

/// A key in a list, or one that was just made: all but its hash, and the key itself only in the second case.
public struct KeyView: Encodable, Sendable {
    private let id: String
    private let name: String
    private let app: String
    private let kind: String
    private let scopes: [String]
    private let origins: [String]
    private let key: String?
    private let createdAt: Date
    private let expiresAt: Date?
    private let revokedAt: Date?
    private let lastUsedAt: Date?

    /// - Parameters:
    ///   - key: the key itself, which is shown once.
    ///   - lastUsed: nil for one that never was.
    public init(_ record: APIKey, key: String?, lastUsed: Date? = nil) {
        id = record.id.rawValue
        name = record.name
        app = record.app.rawValue
        kind = record.kind.rawValue
        scopes = record.scopes.map(\.rawValue).sorted()
        origins = record.origins
        self.key = key
        createdAt = record.createdAt
        expiresAt = record.expiresAt
        revokedAt = record.revokedAt
        lastUsedAt = lastUsed
    }

    enum CodingKeys: String, CodingKey {
        case id, name, app, kind, scopes, origins, key
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case revokedAt = "revoked_at"
        case lastUsedAt = "last_used_at"
    }
}

/// An event of the audit log.
public struct AuditEventView: Encodable, Sendable {
    private let at: Date
    private let action: String
    private let actor: String
    private let subject: String?
    private let detail: String?
    private let source: String?
    private let count: Int

    public init(_ event: AuditEvent) {
        at = event.at
        action = event.action.rawValue
        actor = event.actor
        subject = event.subject
        detail = event.detail
        source = event.source
        count = event.count
    }
}
