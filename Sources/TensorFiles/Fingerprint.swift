package import Foundation

/// A stable 128-bit fingerprint of bytes: FNV-1a with the 128-bit parameters of the FNV reference
/// (G. Fowler, L. C. Noll, K.-P. Vo, D. Eastlake, RFC 9923). It names cached values and finds damage; it is no
/// protection against forgery.
package struct Fingerprint: Hashable, Sendable {
    @usableFromInline static let offsetBasis: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
    @usableFromInline static let prime: UInt128 = (1 << 88) + 0x13b

    @usableFromInline var state = Self.offsetBasis

    package init() {}

    @inlinable package mutating func combine(_ byte: UInt8) { state = (state ^ UInt128(byte)) &* Self.prime }

    @inlinable package mutating func combine(_ bytes: some Sequence<UInt8>) {
        var state = self.state
        for byte in bytes { state = (state ^ UInt128(byte)) &* Self.prime }
        self.state = state
    }

    /// The text's UTF-8 bytes and a zero byte, so that neighbours cannot run into each other.
    package mutating func combine(_ text: String) {
        combine(text.utf8)
        combine(0)
    }

    package var value: UInt128 { state }

    /// 16 bytes, most significant first.
    package var bytes: Data {
        Data((0..<16).map { UInt8(truncatingIfNeeded: state >> UInt128(8 * (15 - $0))) })
    }

    /// 32 lower-case hexadecimal digits.
    package var hex: String {
        let digits = String(state, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }
}
