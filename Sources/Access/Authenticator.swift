public import ConversationDomain
public import Foundation

/// Where a request comes from, as far as its headers tell.
public struct RequestOrigin: Hashable, Sendable {
    /// The `Origin` header.
    public var origin: String?
    /// The `Host` header.
    public var host: String?
    /// The `Sec-Fetch-Site` header.
    public var fetchSite: String?
    /// The peer's IP address.
    public var address: String

    public init(origin: String? = nil, host: String? = nil, fetchSite: String? = nil, address: String) {
        self.origin = origin
        self.host = host
        self.fetchSite = fetchSite
        self.address = address
    }
}

/// Finds out who calls.
public struct Authenticator: Sendable {
    private let keys: any KeyStore
    private let now: @Sendable () -> Date

    public init(keys: any KeyStore, now: @escaping @Sendable () -> Date = { Date() }) {
        self.keys = keys
        self.now = now
    }

    /// Looks the key up afresh, so that one that was revoked a moment ago is refused.
    /// - Parameter key: `fd_sk_…` or `fd_pk_…`.
    /// - Throws: `ChatError(.unauthorized)` for a key that does not work, `ChatError(.forbidden)` for one that does not work from there.
    public func authenticate(_ key: String?, from origin: RequestOrigin) async throws -> Principal {
        guard let key else { throw ChatError(.unauthorized, "an API key is needed: Authorization: Bearer fd_…") }
        guard key.hasPrefix("fd_"), key.utf8.count <= 128 else { throw Self.invalid }
        let hash = KeyHash.of(key)
        guard let record = try await keys.key(hash: hash), KeyHash.isEqual(record.hash, hash),
            record.isUsable(at: now())
        else {
            throw Self.invalid
        }
        if record.kind == .publishable {
            guard Self.isAllowed(origin, by: record.origins) else {
                throw ChatError(.forbidden, "this publishable key may not be used from this origin")
            }
        }
        return Principal(
            key: record.id, kind: record.kind, app: record.app, scopes: record.scopes,
            client: record.kind == .publishable ? ClientNetwork(origin.address) : nil)
    }

    /// Whether any usable publishable key allows the origin: what a CORS preflight, which carries no key, is answered by.
    public func allowsPreflight(from origin: RequestOrigin) async throws -> Bool {
        let now = now()
        return try await keys.list().contains {
            $0.kind == .publishable && $0.isUsable(at: now) && Self.isAllowed(origin, by: $0.origins)
        }
    }

    private static let invalid = ChatError(.unauthorized, "the API key is unknown, expired or revoked")

    private static func isAllowed(_ request: RequestOrigin, by origins: [String]) -> Bool {
        if origins.contains("*") { return true }
        if origins.contains(APIKey.sameOrigin), isSameOrigin(request) { return true }
        guard let origin = request.origin?.lowercased() else { return false }
        return origins.contains { $0.lowercased() == origin }
    }

    private static func isSameOrigin(_ request: RequestOrigin) -> Bool {
        if request.fetchSite == "same-origin" { return true }
        guard let origin = request.origin?.lowercased(), let host = request.host?.lowercased(), !host.isEmpty else {
            return false
        }
        return origin == "http://\(host)" || origin == "https://\(host)"
    }
}
