public import ConversationDomain

/// Where a request comes from, as far as its headers tell.
public struct RequestOrigin: Hashable, Sendable {
    /// The `Origin` header.
    public let origin: UTF8Text?
    /// The host that the client asked for: the `Host` header, or what a trusted proxy says that it was.
    public let host: UTF8Text?
    /// `http` or `https`, as the client sees it; nil when that is not known.
    public let scheme: UTF8Text?
    /// The `Sec-Fetch-Site` header.
    public let fetchSite: UTF8Text?
    /// The client's IP address.
    public let address: String
    /// A trusted proxy has passed the request on, and with it the host.
    public let isByProxy: Bool

    /// A header that is longer than any origin counts as absent, which allows nothing.
    public init(
        origin: String? = nil, host: String? = nil, scheme: String? = nil, fetchSite: String? = nil, address: String,
        isByProxy: Bool = false
    ) {
        self.origin = origin.flatMap { UTF8Text($0, atMost: HeadLimits.origin) }
        self.host = host.flatMap { UTF8Text($0, atMost: HeadLimits.origin) }
        self.scheme = scheme.flatMap { UTF8Text($0, atMost: HeadLimits.origin) }.map(Self.web)
        self.fetchSite = fetchSite.flatMap { UTF8Text($0, atMost: HeadLimits.origin) }
        self.address = address
        self.isByProxy = isByProxy
    }

    /// - Parameters:
    ///   - ownHosts: where the server's own pages are.
    ///   - isListed: whether an origin in lower case, `self` or `*` is among those that are allowed.
    func isAllowed(ownHosts: OwnHosts, by isListed: (UTF8Text) -> Bool) -> Bool {
        if isListed(Self.anywhere) { return true }
        if isSameOrigin(ownHosts), isListed(Self.ownPages) { return true }
        guard let origin = origin?.lowercasedASCII, origin != Self.ownPages, origin != Self.anywhere else {
            return false
        }
        return isListed(origin)
    }

    private static let anywhere: UTF8Text = "*"
    private static let ownPages = UTF8Text(APIKey.sameOrigin)

    /// Whether a page of this server asks. Browsers leave `Origin` away from a page's own GET, but say `Sec-Fetch-Site`.
    ///
    /// They say so only where nobody can have given the server's address another name: over TLS, and at localhost. By `Origin`
    /// and `Host` alone, the host must be known.
    private func isSameOrigin(_ ownHosts: OwnHosts) -> Bool {
        if fetchSite == "same-origin" { return true }
        guard let origin = origin?.lowercasedASCII, let host = host?.lowercasedASCII, !host.isEmpty,
            isByProxy || ownHosts.contains(host)
        else { return false }
        let schemes: [UTF8Text] = if let scheme { [scheme] } else { ["http", "https"] }
        return schemes.contains { scheme in
            origin == UTF8Text("\(scheme)://\(Self.withoutOwnPort(host, of: scheme))")
        }
    }

    /// Some proxies call the way of a socket `ws` or `wss`; its page's origin does not.
    private static func web(_ scheme: UTF8Text) -> UTF8Text {
        switch scheme.lowercasedASCII {
        case "ws": "http"
        case "wss": "https"
        case let other: other
        }
    }

    /// A browser leaves the port of the scheme away; a proxy may not.
    private static func withoutOwnPort(_ host: UTF8Text, of scheme: UTF8Text) -> UTF8Text {
        let port = scheme == "https" ? ":443" : ":80"
        guard host.utf8.count > port.utf8.count, host.utf8.suffix(port.utf8.count).elementsEqual(port.utf8) else {
            return host
        }
        return UTF8Text(String(decoding: host.utf8.dropLast(port.utf8.count), as: UTF8.self))
    }
}

/// The hosts at which a server's own pages are reached, for keys whose origin is `self`.
///
/// Whoever has a domain can let its name lead to this server's address; the pages of that name would then be of the same origin as
/// the server, as far as a browser sees. Addresses are nobody's names, and localhost is this machine's own.
public struct OwnHosts: Hashable, Sendable {
    /// All hosts, for tests.
    public static let any = Self(names: nil)

    private let names: Set<UTF8Text>?

    private init(names: Set<UTF8Text>?) { self.names = names }

    public init(names: [String]) { self.names = Set(names.map { UTF8Text($0).lowercasedASCII }) }

    /// - Parameter host: in lower case, with a port or not.
    func contains(_ host: UTF8Text) -> Bool {
        guard let names else { return true }
        if IPAddress(node: host.string) != nil { return true }
        let name = host.divided(at: ":")?.head ?? host
        return name == "localhost" || name.string.utf8.suffix(10).elementsEqual(".localhost".utf8)
            || names.contains(name)
    }
}
