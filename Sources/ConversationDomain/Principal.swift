public import Foundation

/// What a key allows.
public enum Scope: String, Hashable, Sendable, Codable, CaseIterable {
    case chat, classify, search, agent, admin
}

/// Whether a key is kept secret or stands in a web page.
public enum KeyKind: String, Hashable, Sendable, Codable {
    case secret, publishable
}

/// Who calls: what a credential was found to allow.
public struct Principal: Hashable, Sendable {
    public let key: KeyID
    public let kind: KeyKind
    public let app: AppName
    public let scopes: Set<Scope>
    /// Where a publishable key's caller is; nil for a secret key, whose callers are not told apart.
    public let client: ClientNetwork?
    /// SHA-256 of the token that the caller shows for a conversation, or starts one with.
    public var resumeHash: Data?
    /// Whom the caller has proven to be, with a token of the app's own server.
    public var visitor: Visitor?

    public init(key: KeyID, kind: KeyKind, app: AppName, scopes: Set<Scope>, client: ClientNetwork? = nil) {
        self.key = key
        self.kind = kind
        self.app = app
        self.scopes = scopes
        self.client = client
    }

    /// `admin` sees the conversations of every app.
    public var seesAllApps: Bool { scopes.contains(.admin) }

    /// - Parameter other: a scope that is enough too.
    /// - Throws: `ChatError(.forbidden)` when neither of the scopes nor `admin` is there.
    public func require(_ scope: Scope, or other: Scope? = nil) throws {
        guard scopes.contains(scope) || scopes.contains(.admin) || other.map(scopes.contains) == true else {
            let isAgents = scope == .chat && scopes.contains(.agent)
            let hint = "; agents do not speak for visitors, they write to /v1/conversations/{id}/replies"
            throw ChatError(.forbidden, "this key lacks the scope '\(scope.rawValue)'" + (isAgents ? hint : ""))
        }
    }
}

/// An API key as the store keeps it.
public struct APIKey: Hashable, Sendable {
    public let id: KeyID
    public let name: String
    public let app: AppName
    public let kind: KeyKind
    public let scopes: Set<Scope>
    /// Allowed origins of a publishable key; `self` stands for the server's own pages.
    public let origins: [String]
    /// SHA-256 of the whole key.
    public let hash: Data
    /// The first characters, to recognise it in a list; the whole key when it is publishable.
    public let display: String
    public let createdAt: Date
    public let expiresAt: Date?
    public let revokedAt: Date?

    public init(
        id: KeyID, name: String, app: AppName, kind: KeyKind, scopes: Set<Scope>, origins: [String], hash: Data,
        display: String,
        createdAt: Date, expiresAt: Date? = nil, revokedAt: Date? = nil
    ) {
        self.id = id
        self.name = name
        self.app = app
        self.kind = kind
        self.scopes = scopes
        self.origins = origins
        self.hash = hash
        self.display = display
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
    }

    /// The origin entry that stands for pages of the server itself.
    public static let sameOrigin = "self"

    public func isUsable(at now: Date) -> Bool {
        revokedAt == nil && expiresAt.map { now < $0 } ?? true
    }
}
