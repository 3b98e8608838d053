import BERT
package import ConversationDomain
package import Foundation
import TensorFiles

/// Appends little-endian values.
package struct ByteWriter {
    var bytes: [UInt8] = []

    package init(bytes: [UInt8] = []) {
        self.bytes = bytes
    }

    package mutating func write(_ values: [UInt8]) { bytes.append(contentsOf: values) }

    package mutating func write(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ values: [Float]) {
        for value in values { write(value.bitPattern) }
    }

    /// A name of at most 65,535 bytes with its length before it.
    package mutating func write(name: String) {
        let bytes = Array(name.utf8.prefix(Int(UInt16.max)))
        write(UInt16(bytes.count))
        write(bytes)
    }

    /// The bytes with their fingerprint (FNV-1a, 128 bits) behind them.
    package func sealed() -> Data {
        var fingerprint = Fingerprint()
        fingerprint.combine(bytes)
        return Data(bytes) + fingerprint.bytes
    }
}

/// Takes little-endian values and never reads behind the end.
package struct ByteReader {
    private let source: [UInt8]
    private var position = 0

    package static func fault(_ reason: String) -> ChatError {
        ChatError(.internal, "the model's head cannot be read: \(reason)")
    }

    /// Opens sealed bytes that begin with `magic` and a version.
    /// - Throws: `ChatError(.internal)` when they do not, belong to a newer version or are damaged.
    package init(_ archive: Data, magic: [UInt8], version: UInt16, what: String) throws {
        source = [UInt8](archive.dropLast(16))
        guard archive.count > 16, try bytes(4) == magic else { throw Self.fault("not \(what)") }
        let found: UInt16 = try integer()
        guard found == version else { throw Self.fault("version \(found), this program reads version \(version)") }
        var fingerprint = Fingerprint()
        fingerprint.combine(archive.dropLast(16))
        guard fingerprint.bytes == archive.suffix(16) else { throw Self.fault("the bytes are damaged") }
    }

    package var isAtEnd: Bool { position == source.count }

    package mutating func bytes(_ count: Int) throws -> [UInt8] {
        guard count >= 0, count <= source.count - position else { throw Self.fault("it is cut off") }
        defer { position += count }
        return Array(source[position..<position + count])
    }

    package mutating func integer<Value: FixedWidthInteger>() throws -> Value {
        try bytes(MemoryLayout<Value>.size).withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(as: Value.self)) }
    }

    /// A name with its length before it, not empty.
    package mutating func name() throws -> String {
        let length = Int(try integer() as UInt16)
        guard length > 0, let text = String(validating: try bytes(length), as: UTF8.self) else {
            throw Self.fault("a label is not a name")
        }
        return text
    }

    mutating func floats(_ count: Int) throws -> [Float] {
        let values = try bytes(count * 4).withUnsafeBytes { buffer in
            (0..<count).map {
                Float(bitPattern: UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
            }
        }
        guard values.allSatisfy(\.isFinite) else { throw Self.fault("a weight is not a finite number") }
        return values
    }

    package mutating func positive(_ field: String) throws -> Double {
        let value = Double(bitPattern: try integer())
        guard value.isFinite, value > 0 else { throw Self.fault("\(field) is not a positive number") }
        return value
    }

    package mutating func share(_ field: String) throws -> Double {
        let value = Double(bitPattern: try integer())
        guard (0...1).contains(value) else { throw Self.fault("\(field) is not between 0 and 1") }
        return value
    }
}

extension FeatureTransform {
    /// How archives name it: 0 scale, 1 standardise.
    package var kind: UInt8 {
        switch self {
        case .scale: 0
        case .standardise: 1
        }
    }
}

extension ByteWriter {
    /// The transform's factor, or mean and inverse deviation; then weights and bias.
    package mutating func write(_ classifier: LinearClassifier) {
        switch classifier.transform {
        case .scale(let factor): write([factor])
        case .standardise(let mean, let inverse):
            write(mean)
            write(inverse)
        }
        write(classifier.weights)
        write(classifier.bias)
    }
}

extension ByteReader {
    /// - Parameter kind: of the transform, see `FeatureTransform.kind`.
    package mutating func classifier(kind: UInt8, classes: Int, dimension: Int) throws -> LinearClassifier {
        let transform: FeatureTransform =
            kind == 0
            ? .scale(try floats(1)[0])
            : .standardise(mean: try floats(dimension), inverseDeviation: try floats(dimension))
        return LinearClassifier(
            classes: classes, dimension: dimension, transform: transform, weights: try floats(classes * dimension),
            bias: try floats(classes))
    }
}
