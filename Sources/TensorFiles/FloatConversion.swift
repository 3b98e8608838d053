/// Turns stored little-endian floating-point numbers into `Float`.
enum FloatConversion: Sendable {
    case float32
    case float16
    case bfloat16

    /// The conversion for `type`, refused when its numbers are not floating point.
    init(_ type: SafeTensorsFile.ElementType, name: String) throws {
        switch type {
        case .float32: self = .float32
        case .float16: self = .float16
        case .bfloat16: self = .bfloat16
        default:
            throw ModelError(.unsupported, "\(name) holds \(type.rawValue), expected F32, F16 or BF16")
        }
    }

    /// Converts all of `bytes`, which may be unaligned, into the beginning of `buffer`.
    ///
    /// As many numbers are written as both sides hold.
    func convert(_ bytes: UnsafeRawBufferPointer, into buffer: UnsafeMutableBufferPointer<Float>) {
        switch self {
        case .float32:
            UnsafeMutableRawBufferPointer(buffer).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: bytes[..<min(bytes.count, buffer.count * 4)]))
        case .float16:
            for index in 0..<min(bytes.count / 2, buffer.count) {
                buffer[index] = Self.float(
                    half: UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)))
            }
        case .bfloat16:
            for index in 0..<min(bytes.count / 2, buffer.count) {
                let bits = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
                buffer[index] = Float(bitPattern: UInt32(bits) << 16)
            }
        }
    }

    /// IEEE 754 binary16 to binary32, exact. (`Float16` does not exist on every platform.)
    static func float(half bits: UInt16) -> Float {
        let sign = UInt32(bits & 0x8000) << 16
        let exponent = UInt32(bits >> 10) & 0x1F
        let fraction = UInt32(bits & 0x3FF)
        switch exponent {
        case 0:
            let magnitude = Float(fraction) * 0x1p-24
            return Float(bitPattern: sign | magnitude.bitPattern)
        case 31:
            return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
        default:
            return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
        }
    }
}
