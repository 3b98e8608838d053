import Dispatch

/// A fast 64-bit checksum against accidents (not against attackers): four multiplying lanes, then a final mix.
///
/// Every step is a bijection of its lane, so that one changed word always changes the result.
package enum Checksum {
    /// Bytes that ``ofParts(_:finished:)`` takes at a time: a multiple of every page size.
    package static let partBytes = 4 << 20

    package static func of(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
        var (a, b, c, d) = (seed, seed &+ 1, seed &+ 2, seed &+ 3)
        var position = 0
        while position + 32 <= bytes.count {
            a = step(a, bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            b = step(b, bytes.loadUnaligned(fromByteOffset: position + 8, as: UInt64.self))
            c = step(c, bytes.loadUnaligned(fromByteOffset: position + 16, as: UInt64.self))
            d = step(d, bytes.loadUnaligned(fromByteOffset: position + 24, as: UInt64.self))
            position += 32
        }
        var hash = UInt64(bytes.count)
        for lane in [a, b, c, d] { hash = mix(hash ^ lane) }
        while position < bytes.count {
            hash = mix(hash ^ UInt64(bytes[position]))
            position += 1
        }
        return hash
    }

    /// The checksum of the checksums of parts of ``partBytes`` bytes, which are read side by side on all cores.
    ///
    /// - Parameter finished: called with the range of a part that was read, on the thread that read it.
    package static func ofParts(
        _ bytes: UnsafeRawBufferPointer, finished: @Sendable (Range<Int>) -> Void = { _ in }
    ) -> UInt64 {
        let count = (bytes.count + partBytes - 1) / partBytes
        let sums = [UInt64](unsafeUninitializedCapacity: count) { sums, initialized in
            // Each part is only read, and has its own place among the sums.
            nonisolated(unsafe) let (bytes, target) = (bytes, sums)
            DispatchQueue.concurrentPerform(iterations: count) { index in
                let range = index * partBytes..<min(bytes.count, (index + 1) * partBytes)
                let sum = of(UnsafeRawBufferPointer(rebasing: bytes[range]), seed: UInt64(index))
                target.initializeElement(at: index, to: sum)
                finished(range)
            }
            initialized = count
        }
        return sums.withUnsafeBytes { of($0, seed: UInt64(bytes.count)) }
    }

    @inline(__always)
    private static func step(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        let product = (lane ^ word) &* 0x9E37_79B9_7F4A_7C15
        return product ^ product >> 29
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        let product = value &* 0xD6E8_FEB8_6659_FD93
        return product ^ product >> 32
    }
}

/// The checksum of parts that come one after the other; where each of them ends counts.
package struct RunningChecksum {
    package private(set) var value: UInt64 = 0

    package init() {}

    package mutating func add(_ bytes: UnsafeRawBufferPointer) { value = Checksum.of(bytes, seed: value) }

    package mutating func add(_ number: Int) {
        withUnsafeBytes(of: Int64(number).littleEndian) { add($0) }
    }
}
