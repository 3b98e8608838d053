public import Foundation

/// TensorBoard's event file: records that hold protobuf messages of the kind `Event` with scalar summaries.
///
/// A record is its length (u64), a masked CRC-32C of these eight bytes, the message, and a masked CRC-32C of it, all
/// little-endian. Of `Event` these fields are written: 1 wall_time (double), 2 step (int64), 3 file_version (string),
/// 5 summary; of `Summary` 1 value; of `Value` 1 tag (string) and 2 simple_value (float).
public struct EventFile: Sendable {
    /// What stands in the file so far.
    public private(set) var data = Data()

    /// - Parameter begun: in seconds since 1970.
    public init(begun: Double) {
        var event = Message()
        event.double(1, begun)
        event.bytes(3, Data("brain.Event:2".utf8))
        append(event)
    }

    /// Adds one value.
    /// - Parameter time: in seconds since 1970.
    public mutating func add(_ tag: String, _ number: Double, step: Int, time: Double) {
        var value = Message()
        value.bytes(1, Data(tag.utf8))
        value.float(2, Float(number))
        var summary = Message()
        summary.bytes(1, value.data)
        var event = Message()
        event.double(1, time)
        event.integer(2, UInt64(max(0, step)))
        event.bytes(5, summary.data)
        append(event)
    }

    private mutating func append(_ message: Message) {
        let length = Data(littleEndian: UInt64(message.data.count))
        data += length + Data(littleEndian: CRC32C.masked(length))
        data += message.data + Data(littleEndian: CRC32C.masked(message.data))
    }

    /// One protobuf message while it is written.
    private struct Message {
        var data = Data()

        private mutating func varint(_ number: UInt64) {
            var rest = number
            while rest >= 0x80 {
                data.append(UInt8(truncatingIfNeeded: rest) | 0x80)
                rest >>= 7
            }
            data.append(UInt8(rest))
        }

        mutating func integer(_ field: UInt64, _ value: UInt64) {
            varint(field << 3)
            varint(value)
        }

        mutating func double(_ field: UInt64, _ value: Double) {
            varint(field << 3 | 1)
            data += Data(littleEndian: value.bitPattern)
        }

        mutating func bytes(_ field: UInt64, _ value: Data) {
            varint(field << 3 | 2)
            varint(UInt64(value.count))
            data += value
        }

        mutating func float(_ field: UInt64, _ value: Float) {
            varint(field << 3 | 5)
            data += Data(littleEndian: value.bitPattern)
        }
    }
}

extension Data {
    fileprivate init(littleEndian number: some FixedWidthInteger) {
        self = Swift.withUnsafeBytes(of: number.littleEndian) { Data($0) }
    }
}

/// The cyclic redundancy check of iSCSI (G. Castagnoli et al., 1993; RFC 3720): polynomial 0x1EDC6F41, reflected.
enum CRC32C {
    static func checksum(_ bytes: Data) -> UInt32 {
        var state = UInt32.max
        for byte in bytes {
            state ^= UInt32(byte)
            for _ in 0..<8 { state = state & 1 == 0 ? state >> 1 : state >> 1 ^ 0x82F6_3B78 }
        }
        return ~state
    }

    /// As records keep it, so that a check over data that holds checks still finds errors: rotated, and a number added.
    static func masked(_ bytes: Data) -> UInt32 {
        let sum = checksum(bytes)
        return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
    }
}
