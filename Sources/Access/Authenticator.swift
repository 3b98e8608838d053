public import ConversationDomain
public import Foundation

/// Finds out who calls.
public struct Authenticator: Sendable {
    private let keys: any KeyStore
    private let origins: AllowedOrigins
    private let now: @Sendable () -> Date

    public init(keys: any KeyStore, now: @escaping @Sendable () -> Date = { Date() }) {
        self.keys = keys
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
            record.isUsable(at: now())
        else {
            throw Self.invalid
        }
        if record.kind == .publishable {
            guard origin.isAllowed(by: { wanted in record.origins.contains { UTF8Text($0).lowercasedASCII == wanted } })
            else {
                throw ChatError(.forbidden, "this publishable key may not be used from this origin")
            }
        }
        return Principal(
            key: record.id, kind: record.kind, app: record.app, scopes: record.scopes,
            client: record.kind == .publishable ? ClientNetwork(origin.address) : nil)
    }

    /// Whether any usable publishable key allows the origin: what a CORS preflight, which carries no key, is answered by.
    public func allowsPreflight(from origin: RequestOrigin) async throws -> Bool {
        try await origins.current().allows(origin, at: now())
    }

    /// Bytes of the longest text that is looked up.
    private static let keyBytes = 128
    private static let invalid = ChatError(.unauthorized, "the API key is unknown, expired or revoked")
}
