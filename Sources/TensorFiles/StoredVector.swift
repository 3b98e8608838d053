public import Foundation

/// A vector as databases keep it: a byte 1, then halves, little-endian. Earlier programs kept float32 without a byte before, which
/// have another remainder by 4 and are read too.
public enum StoredVector {
    private static let marker: UInt8 = 1

    public static func bytes(_ vector: [Float]) -> Data {
        var data = Data(capacity: 1 + 2 * vector.count)
        data.append(marker)
        for value in vector {
            let half = bits(value)
            data.append(UInt8(truncatingIfNeeded: half))
            data.append(UInt8(half >> 8))
        }
        return data
    }

    /// Nil when the bytes are no vector.
    public static func vector(_ data: Data) -> [Float]? {
        data.withUnsafeBytes { raw in
            if raw.count % 4 == 0 {
                return (0..<raw.count / 4).map { index in
                    Float(
                        bitPattern: UInt32(
                            littleEndian: raw.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)))
                }
            }
            guard raw.count % 2 == 1, raw.first == marker else { return nil }
            return (0..<raw.count / 2).map { index in
                FloatConversion.float(
                    half: UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: 1 + index * 2, as: UInt16.self)))
            }
        }
    }

    /// What would be read after it was kept: a vector that comes fresh from the encoder is then the same as one that was kept.
    public static func rounded(_ vector: [Float]) -> [Float] {
        vector.map { FloatConversion.float(half: bits($0)) }
    }

    /// binary32 to binary16, to the nearest, ties to even; what is too large becomes infinite.
    private static func bits(_ value: Float) -> UInt16 {
        let sign = UInt16(truncatingIfNeeded: value.bitPattern >> 16) & 0x8000
        let magnitude = value.magnitude
        guard !value.isNaN else { return sign | 0x7E00 }
        guard magnitude < 65520 else { return sign | 0x7C00 }
        // Below the smallest normal half the step is 2^-24.
        guard magnitude >= 0x1p-14 else {
            return sign | UInt16((magnitude * 0x1p24).rounded(.toNearestOrEven))
        }
        let pattern = magnitude.bitPattern - (112 << 23)
        let rounded = pattern + 0xFFF + (pattern >> 13 & 1)
        return sign | UInt16(rounded >> 13)
    }
}
