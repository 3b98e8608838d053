public import ConversationDomain
public import Foundation

/// Finds out who calls.
public struct Authenticator: Sendable {
    private let keys: any KeyStore
    private let origins: AllowedOrigins
    private let ownHosts: OwnHosts
    private let refused: Set<KeyID>
    private let trail: AccessTrail?
    private let now: @Sendable () -> Date

    /// - Parameters:
    ///   - ownHosts: where the server's own pages are.
    ///   - refused: keys that do not work here, though the store has them.
    ///   - trail: is told which keys are used.
    public init(
        keys: any KeyStore, ownHosts: OwnHosts = .any, refused: Set<KeyID> = [], trail: AccessTrail? = nil,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.keys = keys
        self.ownHosts = ownHosts
        self.refused = refused
        self.trail = trail
        origins = AllowedOrigins(keys: keys)
        self.now = now
    }

    /// Looks the key up afresh, so that one that was revoked a moment ago is refused.
    /// - Parameter key: `fd_sk_…` or `fd_pk_…`.
    /// - Throws: `ChatError(.unauthorized)` for a key that does not work, `ChatError(.forbidden)` for one that does not work from there.
    public func authenticate(_ key: String?, from origin: RequestOrigin) async throws -> Principal {
        guard let key else { throw ChatError(.unauthorized, "an API key is needed: Authorization: Bearer fd_…") }
        guard UTF8Text(key, atMost: Self.keyBytes)?.hasPrefix("fd_") == true else { throw Self.invalid }
        let hash = KeyHash.of(key)
        guard let record = try await keys.key(hash: hash), KeyHash.isEqual(record.hash, hash),
            record.isUsable(at: now()), !refused.contains(record.id)
        else {
            throw Self.invalid
        }
        if record.kind == .publishable {
            let isAllowed = origin.isAllowed(ownHosts: ownHosts) { wanted in
                record.origins.contains { UTF8Text($0).lowercasedASCII == wanted }
            }
            guard isAllowed else {
                throw ChatError(.forbidden, "this publishable key may not be used from this origin")
            }
        }
        trail?.used(record, from: origin.address)
        return Principal(
            key: record.id, kind: record.kind, app: record.app, scopes: record.scopes,
            client: record.kind == .publishable ? ClientNetwork(origin.address) : nil)
    }

    /// The keys that work now, to end what others have begun.
    public func usableKeys() async throws -> UsableKeys {
        // First the revision, then the keys: what changes in between is found at the next look.
        let revision = try await keys.revision()
        let now = now()
        let list = try await keys.list().filter { $0.isUsable(at: now) }
        return UsableKeys(
            revision: revision, ids: Set(list.map(\.id)), until: list.compactMap(\.expiresAt).min() ?? .distantFuture)
    }

    /// Whether the keys that work are others than these; costs next to nothing.
    public func haveChanged(since known: UsableKeys) async throws -> Bool {
        guard now() < known.until else { return true }
        return try await keys.revision() != known.revision
    }

    /// Whether any usable publishable key allows the origin: what a CORS preflight, which carries no key, is answered by.
    public func allowsPreflight(from origin: RequestOrigin) async throws -> Bool {
        try await origins.current().allows(origin, ownHosts: ownHosts, at: now())
    }

    /// Bytes of the longest text that is looked up.
    private static let keyBytes = 128
    private static let invalid = ChatError(.unauthorized, "the API key is unknown, expired or revoked")
}

/// The keys that work, as of a moment.
public struct UsableKeys: Sendable {
    let revision: KeyRevision
    public let ids: Set<KeyID>
    /// When the first of them expires.
    let until: Date
}
