import ConversationDomain
import Foundation

/// An IPv4 or IPv6 address; an IPv4 address that came over an IPv6 socket, `::ffff:a.b.c.d`, is an IPv4 address.
struct IPAddress: Hashable, Sendable {
    /// 4 or 16 bytes, in the order of the network.
    let bytes: [UInt8]

    /// The longest form of an address, with a zone that may stand behind it.
    private static let textBytes = 64

    /// - Parameter text: without port and brackets; nil for what is no address.
    init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Self.textBytes else { return nil }
        let bare = String(decoding: text.utf8.prefix { $0 != UInt8(ascii: "%") }, as: UTF8.self)
        var four = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, bare, &four) == 1 {
            bytes = four
            return
        }
        var sixteen = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, bare, &sixteen) == 1 else { return nil }
        let isMapped = sixteen[0..<10].allSatisfy { $0 == 0 } && sixteen[10] == 0xFF && sixteen[11] == 0xFF
        bytes = isMapped ? Array(sixteen[12...]) : sixteen
    }

    /// An address as proxies write it: bare, or with a port, `192.0.2.1:4711` and `[2001:db8::1]:4711`.
    init?(node text: String) {
        if text.utf8.first == UInt8(ascii: "[") {
            guard let end = text.utf8.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            self.init(text[text.utf8.index(after: text.startIndex)..<end])
        } else if text.utf8.count(where: { $0 == UInt8(ascii: ":") }) == 1,
            let colon = text.utf8.firstIndex(of: UInt8(ascii: ":"))
        {
            self.init(text[..<colon])
        } else {
            self.init(text)
        }
    }

    /// The usual text form.
    var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return "unknown" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// The addresses that share the first bits of one: `10.0.0.0/8`, or a single address.
struct AddressBlock: Hashable, Sendable {
    private let base: IPAddress
    private let bits: Int

    /// - Throws: `ChatError(.invalidRequest)` that says what was expected.
    init(_ text: String) throws {
        let parts = UTF8Text(text).parts(at: "/", atMost: 1, keepsEmpty: true).map(\.string)
        let refusal = ChatError(
            .invalidRequest,
            "'\(text.prefix(64))' is neither an address nor a block of addresses such as 10.0.0.0/8 or 2001:db8::/32")
        guard let head = parts.first, let base = IPAddress(head) else { throw refusal }
        var bits = base.bytes.count * 8
        if parts.count == 2 {
            guard let given = Int(parts[1]), (0...bits).contains(given), parts[1].utf8.first != UInt8(ascii: "+") else {
                throw refusal
            }
            bits = given
        }
        self.base = base
        self.bits = bits
        guard IPAddress(masking: base, to: bits) == base else {
            throw ChatError(
                .invalidRequest,
                "'\(text.prefix(64))' has bits beyond its length; the block is \(IPAddress(masking: base, to: bits).description)/\(bits)"
            )
        }
    }

    func contains(_ address: IPAddress) -> Bool {
        address.bytes.count == base.bytes.count && IPAddress(masking: address, to: bits) == base
    }
}

extension IPAddress {
    /// The first `bits` of an address; all others are 0.
    fileprivate init(masking address: IPAddress, to bits: Int) {
        bytes = address.bytes.enumerated().map { place, byte in
            let kept = min(8, max(0, bits - place * 8))
            return kept == 0 ? 0 : byte & (0xFF << UInt8(8 - kept))
        }
    }
}

/// The reverse proxies whose word about a request's origin is taken.
///
/// `Forwarded` (RFC 7239) and `X-Forwarded-For` are read from the right: every proxy adds, behind what it was sent, the address
/// that it was called from, so the last entry which is no proxy of ours is the client. What stands before that, the client may
/// have written. From anybody else these headers mean nothing.
public struct TrustedProxies: Hashable, Sendable {
    /// Nobody is trusted.
    public static let none = Self(blocks: [])

    private let blocks: [AddressBlock]
    /// Entries of a list that are looked at; a longer way than this is no way of ours.
    private static let hops = 32

    private init(blocks: [AddressBlock]) { self.blocks = blocks }

    /// - Parameter texts: addresses and blocks of them: `127.0.0.1`, `10.0.0.0/8`, `fd00::/8`.
    /// - Throws: `ChatError(.invalidRequest)` for what is neither.
    public init(_ texts: [String]) throws { blocks = try texts.map(AddressBlock.init) }

    /// Whether connections from this address are a proxy's, and so those of many clients.
    public func contains(_ address: String) -> Bool {
        !blocks.isEmpty && (IPAddress(address).map(contains) ?? false)
    }

    private func contains(_ address: IPAddress) -> Bool { blocks.contains { $0.contains(address) } }

    /// Where a request comes from.
    /// - Parameters:
    ///   - peer: the address that the connection comes from.
    ///   - isEncrypted: whether the connection to this server is.
    ///   - field: all values of a header, one for each of its lines; `host` included.
    public func origin(peer: String, isEncrypted: Bool = false, field: (String) -> [String]) -> RequestOrigin {
        let hop = contains(peer) ? forwarded(peer, field) : Hop(address: peer)
        return RequestOrigin(
            origin: field("Origin").first, host: hop.host ?? field("Host").first,
            scheme: hop.scheme ?? (isEncrypted ? "https" : nil), fetchSite: field("Sec-Fetch-Site").first,
            address: hop.address, isByProxy: contains(peer))
    }

    /// What is known of a client through a proxy.
    private struct Hop {
        var address: String
        var host: String?
        var scheme: String?
    }

    private func forwarded(_ peer: String, _ field: (String) -> [String]) -> Hop {
        let elements = ForwardedElement.list(field("Forwarded"), atMost: Self.hops)
        let addresses = Self.list(field("X-Forwarded-For"))
        var hop = Hop(address: peer)
        if !elements.isEmpty {
            let place = client(of: elements.map(\.node))
            if let place, let address = elements[place].node.flatMap({ IPAddress(node: $0) }) {
                hop.address = address.description
            }
            let nearest = elements[place ?? elements.count - 1]
            hop.host = nearest.host
            hop.scheme = nearest.scheme
        }
        if !addresses.isEmpty {
            let address = client(of: addresses).flatMap { IPAddress(node: addresses[$0]) }?.description ?? peer
            // A proxy writes one of the two; when they differ, the other came from the client, and neither is taken.
            hop.address = elements.isEmpty || hop.address == address ? address : peer
        }
        hop.host = hop.host ?? Self.list(field("X-Forwarded-Host")).last
        hop.scheme = hop.scheme ?? Self.list(field("X-Forwarded-Proto")).last
        return hop
    }

    /// The place of the client in a list of addresses, oldest first: the last one that is no proxy of ours, or the first if all
    /// are; nil when what stands there is no address, such as `unknown`.
    private func client(of nodes: [String?]) -> Int? {
        for place in nodes.indices.reversed() {
            guard let address = nodes[place].flatMap({ IPAddress(node: $0) }) else {
                return place + 1 < nodes.count ? place + 1 : nil
            }
            if !contains(address) || place == 0 { return place }
        }
        return nil
    }

    /// The last entries of a list, from all its lines.
    private static func list(_ lines: [String]) -> [String] {
        lines.flatMap { UTF8Text($0).parts(at: ",") }.suffix(hops).map(\.trimmed.string).filter { !$0.isEmpty }
    }
}

/// One element of `Forwarded`: `for=192.0.2.60;proto=https;host=bot.example`.
private struct ForwardedElement {
    var node: String?
    var host: String?
    var scheme: String?

    /// The last elements; empty when there is no such header or it is not well formed.
    static func list(_ lines: [String], atMost count: Int) -> [Self] {
        var elements: [Self] = []
        for line in lines {
            for text in quotedSplit(line.utf8, at: UInt8(ascii: ",")) {
                guard let element = Self(text) else { return [] }
                elements.append(element)
            }
        }
        return elements.suffix(count)
    }

    private init?(_ text: [UInt8]) {
        for pair in Self.quotedSplit(text, at: UInt8(ascii: ";")) {
            let pair = UTF8Text(String(decoding: pair, as: UTF8.self)).trimmed
            guard !pair.isEmpty else { continue }
            guard let (name, value) = pair.divided(at: "=") else { return nil }
            let bare = Self.unquoted(value.string)
            switch name.lowercasedASCII {
            case "for": node = bare
            case "host": host = bare
            case "proto": scheme = bare
            default: break
            }
        }
    }

    /// Splits at a separator that does not stand within quotes.
    private static func quotedSplit(_ bytes: some Sequence<UInt8>, at separator: UInt8) -> [[UInt8]] {
        var parts: [[UInt8]] = [[]]
        var (isQuoted, isEscaped) = (false, false)
        for byte in bytes {
            if byte == separator, !isQuoted {
                parts.append([])
                continue
            }
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\"), isQuoted {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            }
            parts[parts.count - 1].append(byte)
        }
        return parts
    }

    private static func unquoted(_ text: String) -> String {
        let quote = UInt8(ascii: "\"")
        guard text.utf8.count >= 2, text.utf8.first == quote, text.utf8.last == quote else { return text }
        var bytes: [UInt8] = []
        var isEscaped = false
        for byte in text.utf8.dropFirst().dropLast() {
            if byte == UInt8(ascii: "\\"), !isEscaped {
                isEscaped = true
                continue
            }
            isEscaped = false
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The path under which a server is reached, such as `/bot` when `https://shop.example/bot/` leads to it.
public struct BasePath: Hashable, Sendable {
    /// Empty, or `/a/b` without a slash at its end.
    public let prefix: String

    public static let root = Self(prefix: "")

    private init(prefix: String) { self.prefix = prefix }

    /// - Throws: `ChatError(.invalidRequest)` for what is no path of letters, digits and `-._~`.
    public init(_ text: String) throws {
        let segments = UTF8Text(text).parts(at: "/")
        let isPlain = segments.allSatisfy { segment in
            segment != "." && segment != ".." && segment.string.utf8.allSatisfy(Self.isPlain)
        }
        guard text.utf8.first == UInt8(ascii: "/"), text.utf8.count <= 256, isPlain else {
            throw ChatError(
                .invalidRequest,
                "'\(text.prefix(64))' is no path; expected one such as /bot, of letters, digits and - . _ ~")
        }
        prefix = segments.map { "/" + $0.string }.joined()
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "-._~".utf8.contains(byte)
    }

    /// A request's target as this server knows it. A proxy may have taken the path off already, so one without it is left as it is.
    public func removed(from target: String) -> String {
        guard !prefix.isEmpty, target.utf8.starts(with: prefix.utf8) else { return target }
        let rest = target.utf8.dropFirst(prefix.utf8.count)
        switch rest.first {
        case UInt8(ascii: "/"): return String(decoding: rest, as: UTF8.self)
        default: return target
        }
    }
}
