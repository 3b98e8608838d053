public import ConversationDomain
internal import Crypto
public import Foundation
public import People
internal import Wire

/// What a shop's own server vouches for: who sits before its page.
public struct VisitorTokenRequest: Hashable, Sendable {
    /// With an id.
    public var visitor: Visitor
    /// The only origin whose pages may use the token; nil for any that the page's key allows.
    public var origin: String?
    /// Seconds.
    public var lifetime: Int

    public init(visitor: Visitor, origin: String? = nil, lifetime: Int = VisitorTokens.usualLifetime) {
        self.visitor = visitor
        self.origin = origin
        self.lifetime = lifetime
    }
}

/// Makes and reads visitor tokens: `fv1.PAYLOAD.SIGNATURE`. The payload is JSON, `{"visitor": {"id", "name"?, "email"?}, "origin"?,
/// "exp"}`, in base64url; the signature is HMAC-SHA256 with a secret of the app over `fv1.PAYLOAD`, in base64url. A shop's server can
/// make them by itself.
public struct VisitorTokens: Sendable {
    /// Bytes of a token: what the longest fields of a visitor take, within what a header can have.
    public static let limit = 8_000
    /// What is looked at, as a regular expression.
    public static let pattern = #"^fv1\.[A-Za-z0-9_=-]+\.[A-Za-z0-9_=-]+$"#
    /// Seconds that a token may be good for, from when it is shown: 31 days.
    public static let lifetimes = 60...31 * 86_400
    public static let usualLifetime = 86_400

    private static let version = "fv1"

    private let secrets: any VisitorSecretStore
    private let limits: Limits
    private let ids: IdentifierGenerator
    private let now: @Sendable () -> Date

    public init(
        secrets: any VisitorSecretStore, limits: Limits = Limits(), ids: IdentifierGenerator = IdentifierGenerator(),
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.secrets = secrets
        self.limits = limits
        self.ids = ids
        self.now = now
    }

    /// A new secret, not stored yet: what a shop's server signs with.
    public static func newSecret(for app: AppName, ids: IdentifierGenerator, at time: Date) -> VisitorSecret {
        VisitorSecret(
            id: ids.next(), app: app, secret: "vs_" + SecretText.make { UInt64.random(in: .min ... .max) },
            createdAt: time)
    }
}

// MARK: - Making

extension VisitorTokens {
    /// Without the members that have no value.
    private static func object(_ members: (name: String, value: JSONValue?)...) -> JSONValue {
        .object(Dictionary(uniqueKeysWithValues: members.compactMap { name, value in value.map { (name, $0) } }))
    }

    /// Signs with the newest secret of the app, and makes one for an app that has none.
    /// - Throws: `ChatError(.invalidRequest)` for an origin that is none, or a visitor who makes the token too long.
    public func make(_ request: VisitorTokenRequest, for app: AppName) async throws -> (token: String, expiresAt: Date)
    {
        let origin = try request.origin.map(Self.origin)
        let expiresAt = Date(
            timeIntervalSince1970: (now().timeIntervalSince1970 + Double(request.lifetime)).rounded(.down))
        let (id, name, email) = (request.visitor.id, request.visitor.name, request.visitor.email)
        let visitor = Self.object(
            ("id", id.map(JSONValue.string)), ("name", name.map(JSONValue.string)),
            ("email", email.map(JSONValue.string)))
        let payload = Self.object(
            ("visitor", visitor), ("exp", .integer(Int64(expiresAt.timeIntervalSince1970))),
            ("origin", origin.map(JSONValue.string)))
        let bytes = try JSONEncoder.frontdesk().encode(payload)
        let signed = "\(Self.version).\(Base64URL.text(bytes))"
        let token = signed + "." + Base64URL.text(Data(Self.signature(of: signed, by: try await secret(of: app))))
        guard token.utf8.count <= Self.limit else {
            throw ChatError(.invalidRequest, "the visitor's id, name and e-mail are too long for a token together")
        }
        return (token, expiresAt)
    }

    private func secret(of app: AppName) async throws -> VisitorSecret {
        if let newest = try await secrets.visitorSecrets(of: app).first { return newest }
        let made = Self.newSecret(for: app, ids: ids, at: now())
        try await secrets.add(made)
        return made
    }

    private static func origin(_ text: String) throws -> String {
        guard text.utf8.count <= HeadLimits.origin, text != APIKey.sameOrigin, text != "*" else {
            throw ChatError(.invalidRequest, "'origin' must be an origin such as https://shop.example")
        }
        return try WebOrigin.text(text)
    }

    private static func signature(of signed: String, by secret: VisitorSecret) -> HMAC<SHA256>.MAC {
        HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: SymmetricKey(data: Data(secret.secret.utf8)))
    }
}

// MARK: - Reading

extension VisitorTokens {
    /// Whether the app's server signs with whom it has before it.
    public func areUsed(by app: AppName) async throws -> Bool { try await !secrets.visitorSecrets(of: app).isEmpty }

    /// The visitor whom a token names.
    /// - Throws: `ChatError(.invalidRequest)` for what is no token, `ChatError(.forbidden)` for one that is not signed by the app, has
    ///   expired, or is for pages of another origin.
    public func visitor(of token: String, app: AppName, from request: RequestOrigin) async throws -> Visitor {
        let bytes = Array(token.utf8.prefix(Self.limit + 1))
        guard bytes.count <= Self.limit, bytes.starts(with: "\(Self.version).".utf8),
            let dot = bytes.lastIndex(of: UInt8(ascii: ".")), dot > Self.version.utf8.count,
            Base64URL.isOne(bytes[(Self.version.utf8.count + 1)..<dot]), Base64URL.isOne(bytes[(dot + 1)...])
        else {
            throw ChatError(
                .invalidRequest, "this is no visitor token: expected fv1.PAYLOAD.SIGNATURE, both in base64url")
        }
        let payload = Base64URL.bytes(bytes[(Self.version.utf8.count + 1)..<dot])
        let signature = Base64URL.bytes(bytes[(dot + 1)...]) ?? Data()
        let signed = Data(bytes[..<dot])
        let isSigned = try await secrets.visitorSecrets(of: app).contains { secret in
            HMAC<SHA256>.isValidAuthenticationCode(
                signature, authenticating: signed, using: SymmetricKey(data: Data(secret.secret.utf8)))
        }
        guard isSigned, let payload else {
            throw ChatError(.forbidden, "the visitor token is not signed with a visitor secret of this key's app")
        }
        return try read(payload, from: request)
    }

    private func read(_ payload: Data, from request: RequestOrigin) throws -> Visitor {
        var fields = try JSONFields(try JSONValue.parse(payload))
        guard let visitor = try RequestReader(limits: limits).visitor.take(from: &fields),
            visitor.id.map({ !$0.isEmpty }) == true
        else { throw ChatError(.invalidRequest, "the visitor token has no 'visitor' with an 'id'") }
        let origin = try fields.string("origin", atMost: HeadLimits.origin)
        guard let end = try fields.integer("exp", in: 0...253_402_300_799) else {
            throw ChatError(
                .invalidRequest, "the visitor token has no 'exp', the seconds since 1970 until which it is good")
        }
        try fields.finish()
        let left = Double(end) - now().timeIntervalSince1970
        guard left > 0 else { throw ChatError(.forbidden, "the visitor token has expired") }
        guard left <= Double(Self.lifetimes.upperBound) else {
            throw ChatError(.forbidden, "the visitor token is good for longer than 31 days; make one that ends sooner")
        }
        if let origin {
            let wanted = UTF8Text(try Self.origin(origin)).lowercasedASCII
            guard request.origin?.lowercasedASCII == wanted else {
                throw ChatError(.forbidden, "the visitor token is for pages of another origin")
            }
        }
        return visitor
    }
}

/// What a page says of its visitor when it begins or goes on.
public struct VisitorClaim: Hashable, Sendable {
    /// As the page says by itself.
    public var visitor: Visitor?
    /// As the shop's server says.
    public var token: String?
    /// The visitor's open conversation is wanted, if there is one.
    public var continues: Bool

    public init(visitor: Visitor? = nil, token: String? = nil, continues: Bool = false) {
        self.visitor = visitor
        self.token = token
        self.continues = continues
    }

    public static let continuesNobody = ChatError(.invalidRequest, "'continue' goes with 'visitor_token'")

    /// Whom the caller has proven to be by this claim; nil for nobody.
    /// - Parameter tokens: nil where no visitor tokens are taken.
    /// - Throws: `ChatError` for a token that is not good, and for an id that a page of an app which uses tokens claims without one.
    public func proven(_ principal: Principal, from origin: RequestOrigin, by tokens: VisitorTokens?) async throws
        -> Visitor?
    {
        guard let token else {
            guard !continues else { throw Self.continuesNobody }
            guard principal.kind == .publishable, visitor?.id != nil,
                try await tokens?.areUsed(by: principal.app) == true
            else { return nil }
            throw ChatError(
                .forbidden, "this app proves who its visitors are: send 'visitor_token' instead of 'visitor.id'")
        }
        guard principal.kind == .publishable else {
            throw ChatError(.forbidden, "'visitor_token' is for publishable keys; name the visitor in 'visitor'")
        }
        guard visitor == nil else {
            throw ChatError(.invalidRequest, "send 'visitor' or 'visitor_token', not both")
        }
        guard let tokens else { throw ChatError(.invalidRequest, "this server takes no visitor tokens") }
        return try await tokens.visitor(of: token, app: principal.app, from: origin)
    }
}

/// Base64 with the letters that need no escape in addresses (RFC 4648, section 5), without padding.
enum Base64URL {
    static func text(_ bytes: Data) -> String {
        let letters =
            bytes.base64EncodedData().compactMap { byte in
                switch byte {
                case UInt8(ascii: "+"): UInt8(ascii: "-")
                case UInt8(ascii: "/"): UInt8(ascii: "_")
                case UInt8(ascii: "="): nil
                default: byte
                }
            } as [UInt8]
        return String(decoding: letters, as: UTF8.self)
    }

    /// - Returns: nil for what is none; padding may be there or not.
    static func bytes(_ text: some Collection<UInt8>) -> Data? {
        guard isOne(text) else { return nil }
        let plain = text.filter { $0 != UInt8(ascii: "=") }.map { byte in
            byte == UInt8(ascii: "-") ? UInt8(ascii: "+") : byte == UInt8(ascii: "_") ? UInt8(ascii: "/") : byte
        }
        let padding = [UInt8](repeating: UInt8(ascii: "="), count: (4 - plain.count % 4) % 4)
        return Data(base64Encoded: Data(plain + padding))
    }

    /// Whether it has the letters of one.
    static func isOne(_ text: some Collection<UInt8>) -> Bool { !text.isEmpty && text.allSatisfy(isLetter) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || "-_=".utf8.contains(byte)
    }
}
