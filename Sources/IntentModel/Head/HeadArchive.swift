import BERT
import ConversationDomain
public import Foundation
import LinearModels

// The head's format, all little-endian: magic "FDIH", u16 version (1), u8 transform (0 scale, 1 standardise), u8 zero,
// u32 labels, u32 dimension, f64 temperature, f64 margin; labels times (u16 bytes, UTF-8 name,
// f64 threshold); then f32: factor, or mean[dimension] and inverse deviation[dimension]; W[labels, dimension];
// b[labels]; at the end 16 bytes of fingerprint (FNV-1a, 128 bits) over all that stands before.
extension IntentHead {
    private static let magic: [UInt8] = Array("FDIH".utf8)
    private static let version: UInt16 = 1
    /// The most labels that a head may have.
    static let labelLimit = 10_000

    /// The head in its own format, version 1.
    public func archived() -> Data {
        var writer = ByteWriter()
        writer.write(Self.magic)
        writer.write(Self.version)
        writer.write(classifier.transform.kind)
        writer.write(UInt8(0))
        writer.write(UInt32(labels.count))
        writer.write(UInt32(dimension))
        for value in [temperature, margin] { writer.write(value.bitPattern) }
        for (label, threshold) in zip(labels, thresholds) {
            writer.write(name: label.rawValue)
            writer.write(threshold.bitPattern)
        }
        writer.write(classifier)
        return writer.sealed()
    }

    /// Reads a head.
    /// - Throws: `ChatError(.internal)` that says what is wrong with the bytes.
    public init(archive: Data) throws {
        var reader = try ByteReader(archive, magic: Self.magic, version: Self.version, what: "a head of this program")
        let kind: UInt8 = try reader.integer()
        let reserved: UInt8 = try reader.integer()
        let count = Int(try reader.integer() as UInt32)
        let dimension = Int(try reader.integer() as UInt32)
        guard kind <= 1, reserved == 0, (1...Self.labelLimit).contains(count),
            (1...LinearClassifier.dimensionLimit).contains(dimension)
        else { throw ByteReader.fault("a field of its header is out of range") }
        temperature = try reader.positive("temperature")
        margin = try reader.share("margin")
        var labels: [IntentName] = []
        var thresholds: [Double] = []
        for _ in 0..<count {
            labels.append(IntentName(trusted: try reader.name()))
            thresholds.append(try reader.share("threshold"))
        }
        guard Set(labels).count == count else { throw ByteReader.fault("a label occurs twice") }
        self.labels = labels
        self.thresholds = thresholds
        classifier = try reader.classifier(kind: kind, classes: count, dimension: dimension)
        guard reader.isAtEnd else { throw ByteReader.fault("there are bytes behind its end") }
    }
}
