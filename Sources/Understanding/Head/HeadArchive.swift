import BERT
import ConversationDomain
public import Foundation

// The head's format, all little-endian: magic "FDIH", u16 version (1), u8 transform (0 scale, 1 standardise), u8 zero,
// u32 labels, u32 dimension, f64 temperature, f64 margin; labels times (u16 bytes, UTF-8 name,
// f64 threshold); then f32: factor, or mean[dimension] and inverse deviation[dimension]; W[labels, dimension];
// b[labels]; at the end 16 bytes of fingerprint (FNV-1a, 128 bits) over all that stands before.
extension IntentHead {
    private static let magic: [UInt8] = Array("FDIH".utf8)
    private static let version: UInt16 = 1
    /// The most labels and dimensions that a head may have.
    static let labelLimit = 10_000
    static let dimensionLimit = 8_192

    /// The head in its own format, version 1.
    public func archived() -> Data {
        var writer = ByteWriter()
        writer.write(Self.magic)
        writer.write(Self.version)
        switch classifier.transform {
        case .scale: writer.write(UInt8(0))
        case .standardise: writer.write(UInt8(1))
        }
        writer.write(UInt8(0))
        writer.write(UInt32(labels.count))
        writer.write(UInt32(dimension))
        for value in [temperature, margin] { writer.write(value.bitPattern) }
        for (label, threshold) in zip(labels, thresholds) {
            let name = Array(label.rawValue.utf8)
            writer.write(UInt16(name.count))
            writer.write(name)
            writer.write(threshold.bitPattern)
        }
        switch classifier.transform {
        case .scale(let factor): writer.write([factor])
        case .standardise(let mean, let inverse):
            writer.write(mean)
            writer.write(inverse)
        }
        writer.write(classifier.weights)
        writer.write(classifier.bias)
        var fingerprint = Fingerprint()
        fingerprint.combine(writer.bytes)
        return Data(writer.bytes) + fingerprint.bytes
    }

    /// Reads a head.
    /// - Throws: `ChatError(.internal)` that says what is wrong with the bytes.
    public init(archive: Data) throws {
        var reader = ByteReader(bytes: [UInt8](archive.dropLast(16)))
        guard archive.count > 16, try reader.bytes(4) == Self.magic else {
            throw Self.fault("not a head of this program")
        }
        let version: UInt16 = try reader.integer()
        guard version == Self.version else {
            throw Self.fault("version \(version), this program reads version \(Self.version)")
        }
        var fingerprint = Fingerprint()
        fingerprint.combine(archive.dropLast(16))
        guard fingerprint.bytes == archive.suffix(16) else { throw Self.fault("the bytes are damaged") }
        let kind: UInt8 = try reader.integer()
        let reserved: UInt8 = try reader.integer()
        let count = Int(try reader.integer() as UInt32)
        let dimension = Int(try reader.integer() as UInt32)
        guard kind <= 1, reserved == 0, (1...Self.labelLimit).contains(count),
            (1...Self.dimensionLimit).contains(dimension)
        else { throw Self.fault("a field of its header is out of range") }
        temperature = try reader.positive("temperature")
        margin = try reader.share("margin")
        var labels: [IntentName] = []
        var thresholds: [Double] = []
        for _ in 0..<count {
            let length = Int(try reader.integer() as UInt16)
            guard length > 0, let text = String(validating: try reader.bytes(length), as: UTF8.self) else {
                throw Self.fault("a label is not an intent's name")
            }
            labels.append(IntentName(trusted: text))
            thresholds.append(try reader.share("threshold"))
        }
        guard Set(labels).count == count else { throw Self.fault("a label occurs twice") }
        let transform: FeatureTransform =
            kind == 0
            ? .scale(try reader.floats(1)[0])
            : .standardise(mean: try reader.floats(dimension), inverseDeviation: try reader.floats(dimension))
        self.labels = labels
        self.thresholds = thresholds
        classifier = LinearClassifier(
            classes: count, dimension: dimension, transform: transform,
            weights: try reader.floats(count * dimension), bias: try reader.floats(count))
        guard reader.isAtEnd else { throw Self.fault("there are bytes behind its end") }
    }

    fileprivate static func fault(_ reason: String) -> ChatError {
        ChatError(.internal, "the model's head cannot be read: \(reason)")
    }
}

/// Appends little-endian values.
private struct ByteWriter {
    var bytes: [UInt8] = []

    mutating func write(_ values: [UInt8]) { bytes.append(contentsOf: values) }

    mutating func write(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ values: [Float]) {
        for value in values { write(value.bitPattern) }
    }
}

/// Takes little-endian values and never reads behind the end.
private struct ByteReader {
    private let source: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { source = bytes }

    var isAtEnd: Bool { position == source.count }

    mutating func bytes(_ count: Int) throws -> [UInt8] {
        guard count >= 0, count <= source.count - position else { throw IntentHead.fault("it is cut off") }
        defer { position += count }
        return Array(source[position..<position + count])
    }

    mutating func integer<Value: FixedWidthInteger>() throws -> Value {
        try bytes(MemoryLayout<Value>.size).withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(as: Value.self)) }
    }

    mutating func floats(_ count: Int) throws -> [Float] {
        let values = try bytes(count * 4).withUnsafeBytes { buffer in
            (0..<count).map {
                Float(bitPattern: UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
            }
        }
        guard values.allSatisfy(\.isFinite) else { throw IntentHead.fault("a weight is not a finite number") }
        return values
    }

    mutating func positive(_ field: String) throws -> Double {
        let value = Double(bitPattern: try integer())
        guard value.isFinite, value > 0 else { throw IntentHead.fault("\(field) is not a positive number") }
        return value
    }

    mutating func share(_ field: String) throws -> Double {
        let value = Double(bitPattern: try integer())
        guard (0...1).contains(value) else { throw IntentHead.fault("\(field) is not between 0 and 1") }
        return value
    }
}
