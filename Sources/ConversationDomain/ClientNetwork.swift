import Foundation

/// Where a caller's address belongs to: an IPv4 address, or the /64 network that an IPv6 address lies in, since whoever has one
/// address of such a network has them all.
public struct ClientNetwork: Hashable, Sendable, CustomStringConvertible {
    /// As it is written: `192.0.2.1`, or the network's first address, `2001:db8::/64`.
    public let description: String

    /// - Parameter address: a peer's IP address in its usual text form, with a zone or not. What is no address counts as a
    ///   network of its own, by its first 64 bytes.
    public init(_ address: String) {
        let bare = String(decoding: address.utf8.prefix { $0 != UInt8(ascii: "%") }.prefix(64), as: UTF8.self)
        var bytes = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, bare, &bytes) == 1 else {
            description = bare
            return
        }
        // An IPv4 address that came over an IPv6 socket: ::ffff:a.b.c.d.
        if bytes[0..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
            description = bytes[12...].map(String.init).joined(separator: ".")
            return
        }
        let groups = stride(from: 0, to: 8, by: 2).map {
            String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16)
        }
        description = groups.joined(separator: ":") + "::/64"
    }
}
