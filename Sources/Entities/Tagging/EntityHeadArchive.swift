import BERT
import ConversationDomain
public import Foundation
import LinearModels

// The format, all little-endian: magic "FDEH", u16 version (1), u8 transform (0 scale, 1 standardise), u8 zero, u32 entities,
// u32 dimension; per entity u16 bytes and its name in UTF-8; then f32: factor, or mean[dimension] and inverse
// deviation[dimension]; W[1 + 2 · entities, dimension]; b[1 + 2 · entities]; at the end 16 bytes of fingerprint.
extension EntityHead {
    private static let magic: [UInt8] = Array("FDEH".utf8)
    private static let version: UInt16 = 1
    /// The most entities that a head may have.
    static let entityLimit = 1_000

    /// The head in its own format, version 1.
    public func archived() -> Data {
        var writer = ByteWriter()
        writer.write(Self.magic)
        writer.write(Self.version)
        writer.write(classifier.transform.kind)
        writer.write(UInt8(0))
        writer.write(UInt32(entities.count))
        writer.write(UInt32(dimension))
        for entity in entities { writer.write(name: entity.rawValue) }
        writer.write(classifier)
        return writer.sealed()
    }

    /// Reads a head.
    /// - Throws: `ChatError(.internal)` that says what is wrong with the bytes.
    public init(archive: Data) throws {
        var reader = try ByteReader(archive, magic: Self.magic, version: Self.version, what: "an entity head")
        let kind: UInt8 = try reader.integer()
        let reserved: UInt8 = try reader.integer()
        let count = Int(try reader.integer() as UInt32)
        let dimension = Int(try reader.integer() as UInt32)
        guard kind <= 1, reserved == 0, (1...Self.entityLimit).contains(count),
            (1...LinearClassifier.dimensionLimit).contains(dimension)
        else { throw ByteReader.fault("a field of its header is out of range") }
        let entities = try (0..<count).map { _ in EntityName(trusted: try reader.name()) }
        let classifier = try reader.classifier(
            kind: kind, classes: EntityTags.count(entities: count), dimension: dimension)
        guard reader.isAtEnd else { throw ByteReader.fault("there are bytes behind its end") }
        guard let head = EntityHead(entities: entities, classifier: classifier) else {
            throw ByteReader.fault("an entity occurs twice")
        }
        self = head
    }
}
