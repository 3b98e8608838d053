import BERT
import ConversationDomain
public import Entities
public import Foundation
import LinearModels
import TensorFiles

// The format of several heads, little-endian: magic "FDHS", u16 version (1), u16 number of parts; per part u16 bytes and its
// name in UTF-8, u32 bytes and the head in its own format; at the end 16 bytes of fingerprint. A version with nothing but an
// intent head is that head alone, as it was before there were others.

/// The heads of a model version, which belong to one encoder.
public struct ModelHeads: Hashable, Sendable {
    private static let magic: [UInt8] = Array("FDHS".utf8)
    private static let version: UInt16 = 1
    private static let partLimit = 256
    private static let intentName = "intent"
    private static let entitiesName = "entities"
    /// What stands before the name of a classifier beside the intents.
    private static let labelsPrefix = "labels:"

    public let intent: IntentHead
    /// nil when no examples mark entities.
    public let entities: EntityHead?
    /// Of the classifiers beside the intents.
    public var labels: [LabelHead]

    public init(intent: IntentHead, entities: EntityHead? = nil, labels: [LabelHead] = []) {
        self.intent = intent
        self.entities = entities
        self.labels = labels
    }

    /// Identifies the entity head by all of its bytes; empty without one.
    var entitiesFingerprint: String {
        guard let entities else { return "" }
        var fingerprint = Fingerprint()
        fingerprint.combine(entities.archived())
        return fingerprint.hex
    }

    /// The heads in one piece.
    public func archived() -> Data {
        guard entities != nil || !labels.isEmpty else { return intent.archived() }
        var writer = ByteWriter()
        writer.write(Self.magic)
        writer.write(Self.version)
        var parts = [(Self.intentName, intent.archived())]
        if let entities { parts.append((Self.entitiesName, entities.archived())) }
        parts += labels.map { (Self.labelsPrefix + $0.classifier.rawValue, $0.head.archived()) }
        writer.write(UInt16(parts.count))
        for (name, part) in parts {
            writer.write(name: name)
            writer.write(UInt32(part.count))
            writer.write([UInt8](part))
        }
        return writer.sealed()
    }

    /// Reads what `archived` wrote, now or before there were several heads.
    /// - Throws: `ChatError(.internal)` that says what is wrong with the bytes.
    public init(archive: Data) throws {
        guard archive.starts(with: Self.magic) else {
            self.init(intent: try IntentHead(archive: archive))
            return
        }
        var reader = try ByteReader(archive, magic: Self.magic, version: Self.version, what: "heads of this program")
        let count = Int(try reader.integer() as UInt16)
        guard (1...Self.partLimit).contains(count) else { throw ByteReader.fault("it has \(count) parts") }
        var parts: [String: Data] = [:]
        for _ in 0..<count {
            let name = try reader.name()
            let length = Int(try reader.integer() as UInt32)
            guard parts.updateValue(Data(try reader.bytes(length)), forKey: name) == nil else {
                throw ByteReader.fault("the part '\(name)' occurs twice")
            }
        }
        guard reader.isAtEnd else { throw ByteReader.fault("there are bytes behind its end") }
        let labels = try parts.keys.sorted().compactMap { name -> LabelHead? in
            guard name != Self.intentName, name != Self.entitiesName else { return nil }
            guard name.hasPrefix(Self.labelsPrefix), let part = parts[name],
                let classifier = ClassifierName(String(name.dropFirst(Self.labelsPrefix.count)))
            else { throw ByteReader.fault("the head '\(name)' belongs to a newer program") }
            return LabelHead(classifier: classifier, head: try IntentHead(archive: part))
        }
        guard let intent = parts[Self.intentName] else { throw ByteReader.fault("it has no intent head") }
        self.init(
            intent: try IntentHead(archive: intent),
            entities: try parts[Self.entitiesName].map { try EntityHead(archive: $0) }, labels: labels)
    }
}
