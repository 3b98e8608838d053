#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// An IPv4 or IPv6 address: 4 or 16 bytes, in the order of the network.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    public let bytes: [UInt8]

    /// - Parameter bytes: 4 or 16; nil for any other count.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// The usual notations, `192.0.2.1` and `2001:db8::1`; nil for anything else, such as `127.1` or `0x7f000001`.
    public init?(_ text: String) {
        var four = in_addr()
        var sixteen = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = withUnsafeBytes(of: &four) { Array($0) }
        } else if inet_pton(AF_INET6, text, &sixteen) == 1 {
            bytes = withUnsafeBytes(of: &sixteen) { Array($0) }
        } else {
            return nil
        }
    }

    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let isWritten = bytes.withUnsafeBytes { bytes in
            inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes.baseAddress, &text, socklen_t(text.count)) != nil
        }
        guard isWritten else { return "an address" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The IPv4 address that this IPv6 address stands for or leads to: mapped (RFC 4291), compatible, translated (RFC 6052) and
    /// 6to4 (RFC 3056).
    var embedded: IPAddress? {
        guard bytes.count == 16 else { return nil }
        if AddressRange.mapped.contains(self) || AddressRange.translated.contains(self) {
            return IPAddress(bytes: Array(bytes[12...]))
        }
        if AddressRange.sixToFour.contains(self) { return IPAddress(bytes: Array(bytes[2..<6])) }
        // `::` and `::1` are what they are.
        guard bytes[..<12].allSatisfy({ $0 == 0 }), bytes[12...14] != [0, 0, 0] else { return nil }
        return IPAddress(bytes: Array(bytes[12...]))
    }
}

/// Addresses that begin with the same bits.
public struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    private let first: IPAddress
    private let bits: Int

    /// `10.1.0.0/16`, `fd00::/8`, or an address alone; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(String(parts[0])) else { return nil }
        let most = address.bytes.count * 8
        guard parts.count == 2 else {
            self.init(address, most)
            return
        }
        guard let bits = Int(parts[1]), (0...most).contains(bits), parts[1].allSatisfy(\.isNumber) else { return nil }
        self.init(address, bits)
    }

    private init(_ first: IPAddress, _ bits: Int) {
        self.first = first
        self.bits = bits
    }

    /// - Parameter first: 4 or 16 bytes.
    private init(_ first: [UInt8], _ bits: Int) {
        self.init(IPAddress(bytes: first) ?? .unspecified, bits)
    }

    public func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == first.bytes.count else { return false }
        for (index, (left, right)) in zip(address.bytes, first.bytes).enumerated() {
            let wanted = min(max(bits - index * 8, 0), 8)
            if wanted == 0 { return true }
            if (left ^ right) >> UInt8(8 - wanted) != 0 { return false }
        }
        return true
    }

    public var description: String { "\(first)/\(bits)" }

    fileprivate static func v4(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8, _ bits: Int) -> AddressRange {
        AddressRange([a, b, c, d], bits)
    }

    /// - Parameter first: the leading 16-bit groups; the rest is zero.
    fileprivate static func v6(_ first: [UInt16], _ bits: Int) -> AddressRange {
        let bytes = first.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        return AddressRange(bytes + [UInt8](repeating: 0, count: 16 - bytes.count), bits)
    }

    static let mapped = v6([0, 0, 0, 0, 0, 0xFFFF], 96)
    static let translated = v6([0x64, 0xFF9B], 96)
    static let sixToFour = v6([0x2002], 16)
}

extension IPAddress {
    fileprivate static let unspecified = IPAddress(exactly: [0, 0, 0, 0])

    private init(exactly bytes: [UInt8]) { self.bytes = bytes }
}

/// Which addresses a request may go to. Whoever may name a target must not reach, by way of this server, what only this server can.
public struct TargetRules: Hashable, Sendable {
    /// Addresses of this machine and of private networks too, but not link-local ones.
    public var allowsPrivate: Bool
    /// What is allowed whatever else it is.
    public var allowed: [AddressRange]

    public init(allowsPrivate: Bool = false, allowed: [AddressRange] = []) {
        self.allowsPrivate = allowsPrivate
        self.allowed = allowed
    }

    /// Why nothing may be sent to an address; nil when it may.
    public func refusal(of address: IPAddress) -> String? {
        if allowed.contains(where: { $0.contains(address) }) { return nil }
        if let embedded = address.embedded {
            return refusal(of: embedded).map { "\(address) stands for \(embedded): \($0)" }
        }
        if Self.special.contains(where: { $0.contains(address) }) {
            return "\(address) is link-local, reserved, or a metadata service"
        }
        guard !allowsPrivate, Self.ownNetworks.contains(where: { $0.contains(address) }) else { return nil }
        return "\(address) is an address of this machine or of a private network"
    }

    /// RFC 1122, 1918, 4193, 4291, 6598, and site-local addresses (RFC 3879).
    private static let ownNetworks: [AddressRange] = [
        .v4(127, 0, 0, 0, 8), .v4(10, 0, 0, 0, 8), .v4(172, 16, 0, 0, 12), .v4(192, 168, 0, 0, 16),
        .v4(100, 64, 0, 0, 10), .v6([0, 0, 0, 0, 0, 0, 0, 1], 128), .v6([0xFC00], 7), .v6([0xFEC0], 10),
    ]

    /// What is never a target unless it is allowed by name: IANA's special-purpose registries, and metadata services that are
    /// outside of link-local ranges.
    private static let special: [AddressRange] = [
        .v4(0, 0, 0, 0, 8), .v4(169, 254, 0, 0, 16), .v4(192, 0, 0, 0, 24), .v4(192, 0, 2, 0, 24),
        .v4(192, 88, 99, 0, 24), .v4(198, 18, 0, 0, 15), .v4(198, 51, 100, 0, 24), .v4(203, 0, 113, 0, 24),
        .v4(224, 0, 0, 0, 3), .v4(100, 100, 100, 200, 32),
        .v6([0], 128), .v6([0xFE80], 10), .v6([0xFF00], 8), .v6([0xFD00, 0x0EC2], 32),
        .v6([0x64, 0xFF9B, 1], 48), .v6([0x100], 64), .v6([0x2001], 23), .v6([0x2001, 0xDB8], 32),
        .v6([0x3FFF], 20), .v6([0x5F00], 16),
    ]
}
