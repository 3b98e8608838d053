public import ConversationDomain
internal import Crypto
public import Foundation

/// What a new key should be.
public struct KeyRequest: Hashable, Sendable {
    public var name: String
    public var app: AppName
    public var kind: KeyKind
    public var scopes: Set<Scope>
    public var origins: [String]
    public var expiresAt: Date?

    public init(
        name: String, app: AppName, kind: KeyKind, scopes: Set<Scope>, origins: [String] = [], expiresAt: Date? = nil
    ) {
        self.name = name
        self.app = app
        self.kind = kind
        self.scopes = scopes
        self.origins = origins
        self.expiresAt = expiresAt
    }
}

/// A new key: the record to store, and the key itself, which is shown once.
public struct MintedKey: Sendable {
    public let record: APIKey
    public let secret: String
}

/// Makes API keys.
public struct KeyMinter: Sendable {
    private let ids: IdentifierGenerator
    private let now: @Sendable () -> Date
    private let random: @Sendable () -> UInt64

    /// - Parameter random: 64 random bits a call; the system's secure generator unless a test wants repeatable keys.
    public init(
        ids: IdentifierGenerator = IdentifierGenerator(), now: @escaping @Sendable () -> Date = { Date() },
        random: @escaping @Sendable () -> UInt64 = { UInt64.random(in: .min ... .max) }
    ) {
        self.ids = ids
        self.now = now
        self.random = random
    }

    /// - Throws: `ChatError(.invalidRequest)` for a blank or long name, a publishable key with other scopes than chat or without
    ///   origins, a secret key with origins, or an origin that is none.
    public func mint(_ request: KeyRequest) throws -> MintedKey {
        guard (1...128).contains(request.name.unicodeScalars.count) else {
            throw ChatError(.invalidRequest, "a key's name must have 1 to 128 characters")
        }
        guard !request.scopes.isEmpty else { throw ChatError(.invalidRequest, "a key needs at least one scope") }
        let origins = try request.origins.map(WebOrigin.text)
        switch request.kind {
        case .publishable:
            guard request.scopes == [.chat] else {
                throw ChatError(
                    .invalidRequest, "a publishable key stands in a web page and can have the scope chat only")
            }
            guard !origins.isEmpty else {
                throw ChatError(.invalidRequest, "a publishable key needs the origins that it may be used from")
            }
        case .secret:
            guard origins.isEmpty else { throw ChatError(.invalidRequest, "origins are for publishable keys") }
        }
        let secret = (request.kind == .secret ? "fd_sk_" : "fd_pk_") + SecretText.make(random)
        let record = APIKey(
            id: ids.next(), name: request.name, app: request.app, kind: request.kind, scopes: request.scopes,
            origins: origins,
            hash: KeyHash.of(secret), display: request.kind == .secret ? String(secret.prefix(10)) + "…" : secret,
            createdAt: now(), expiresAt: request.expiresAt)
        return MintedKey(record: record, secret: secret)
    }
}

/// An origin as browsers send it, `scheme://host[:port]`: what a key's origins are compared with, byte for byte.
enum WebOrigin {
    private static let ports = ["https": 443, "http": 80]

    /// The origin in lower case and without the scheme's own port; `self` or `*`.
    /// - Throws: `ChatError(.invalidRequest)` for what no browser ever sends, with what to write instead.
    static func text(_ given: String) throws -> String {
        if given == APIKey.sameOrigin || given == "*" { return given }
        let shown = "'\(UTF8Text(given).beginning(80))'"
        let lower = given.lowercased()
        guard let url = URLComponents(string: lower), let scheme = url.scheme, let host = url.encodedHost,
            !host.isEmpty,
            let own = ports[scheme]
        else {
            let guess = suggestion("https://\(lower)").map { "; \($0)" } ?? ""
            throw ChatError(
                .invalidRequest,
                "\(shown) is not an origin; expected scheme://host[:port] such as https://shop.example, or self\(guess)"
            )
        }
        guard !host.contains("*") else {
            throw ChatError(
                .invalidRequest,
                "\(shown): origins are compared whole, a wildcard in one never matches; give each of them, or * for any"
            )
        }
        let port = url.port.flatMap { $0 == own ? nil : ":\($0)" } ?? ""
        let origin = "\(scheme)://\(host)\(port)"
        let isWhole = url.path.isEmpty && url.query == nil && url.fragment == nil && url.user == nil
        // Another spelling of the port is the same origin; of anything else, it is one that browsers never send.
        guard isWhole, lower.hasPrefix("\(scheme)://\(host)") else {
            throw ChatError(.invalidRequest, "\(shown) never matches, since browsers send \(origin); give that")
        }
        return origin
    }

    private static func suggestion(_ text: String) -> String? {
        guard text.utf8.allSatisfy({ $0 > 0x20 }), !text.dropFirst(8).contains(":"), text.contains("."),
            let host = URLComponents(string: text)?.encodedHost, host.utf8.count == text.utf8.count - 8
        else { return nil }
        return "did you mean https://\(host)?"
    }
}

/// The form in which keys are stored and compared.
enum KeyHash {
    static func of(_ secret: String) -> Data { Data(SHA256.hash(data: Data(secret.utf8))) }

    /// Takes the same time whatever the bytes are.
    static func isEqual(_ left: Data, _ right: Data) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
