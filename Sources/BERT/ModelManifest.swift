public import Foundation
import TensorFiles
public import Tokenizers

/// The installer's note in a model directory (`manifest.json`): what the model is, and how it wants to be fed.
public struct ModelManifest: Codable, Sendable, Equatable {
    /// How token states become one sentence embedding.
    public enum Pooling: String, Codable, Sendable {
        /// The mean over all tokens, then L2 norm 1.
        case mean
    }

    /// How a classification head should scale the embedding's features.
    public enum FeatureScaling: String, Codable, Sendable {
        /// Take the L2-normalised embedding as it is.
        case unit
        /// Subtract each feature's mean and divide by its deviation, both measured on the training set.
        case standardise
    }

    /// The name of the manifest inside a model directory.
    public static let fileName = "manifest.json"
    /// The only manifest format that this version reads and writes.
    public static let currentFormat = 1
    /// The most bytes that a manifest may have.
    public static let sizeLimit = 64 * 1024

    /// The manifest's format, 1.
    public var format: Int
    /// The model's name, also the name of its directory: letters, digits, `.`, `_` and `-`.
    public var name: String
    /// Where the weights came from, for people.
    public var source: String
    /// The licence of the weights, an SPDX identifier.
    public var license: String
    /// SHA-256 of `model.safetensors`, 64 lower-case hexadecimal digits.
    public var weightsSHA256: String
    /// The tokenizer family.
    public var tokenizer: TokenizerKind
    /// Width of the hidden states, and so of an embedding.
    public var hidden: Int
    /// Number of transformer layers.
    public var layers: Int
    /// Put before an utterance.
    public var queryPrefix: String
    /// Put before a passage of knowledge.
    public var passagePrefix: String
    /// How token states become an embedding.
    public var pooling: Pooling
    /// How a head should scale the features.
    public var featureScaling: FeatureScaling
    /// Stands in ``languages`` for all that a model of many languages knows.
    public static let multilingual = "multilingual"

    /// BCP 47 languages that the model is good at, or `multilingual`.
    public var languages: [String]

    enum CodingKeys: String, CodingKey {
        case format, name, source, license, tokenizer, hidden, layers, pooling, languages
        case weightsSHA256 = "weights_sha256"
        case queryPrefix = "query_prefix"
        case passagePrefix = "passage_prefix"
        case featureScaling = "feature_scaling"
    }

    /// Makes a manifest of the current format. `validate()` tells whether its values can be used.
    public init(
        name: String, source: String, license: String, weightsSHA256: String, tokenizer: TokenizerKind,
        hidden: Int, layers: Int, queryPrefix: String, passagePrefix: String, pooling: Pooling = .mean,
        featureScaling: FeatureScaling, languages: [String]
    ) {
        self.format = Self.currentFormat
        self.name = name
        self.source = source
        self.license = license
        self.weightsSHA256 = weightsSHA256
        self.tokenizer = tokenizer
        self.hidden = hidden
        self.layers = layers
        self.queryPrefix = queryPrefix
        self.passagePrefix = passagePrefix
        self.pooling = pooling
        self.featureScaling = featureScaling
        self.languages = languages
    }
}

extension ModelManifest {
    /// Reads and checks `manifest.json` of a model directory.
    ///
    /// - Throws: `ModelError` with `io`, `tooLarge`, `invalidFile` or `unsupported`.
    public static func load(from directory: URL) throws -> ModelManifest {
        let file = directory.appendingPathComponent(fileName)
        let data = try BoundedFile.read(file, limit: sizeLimit)
        let manifest: ModelManifest
        do {
            manifest = try JSONDecoder().decode(ModelManifest.self, from: data)
        } catch {
            throw ModelError(.invalidFile, "\(file.path): not a model manifest (\(DecodingFault.summary(of: error)))")
        }
        do {
            try manifest.validate()
        } catch let error as ModelError {
            throw ModelError(error.code, "\(file.path): \(error.message)")
        }
        return manifest
    }

    /// The manifest as JSON with sorted keys, ready to be written as `manifest.json`.
    public func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }

    /// Checks every value against its documented range.
    public func validate() throws {
        guard format == Self.currentFormat else {
            throw ModelError(.unsupported, "manifest format \(format), expected \(Self.currentFormat)")
        }
        guard Self.isName(name) else {
            throw ModelError(
                .invalidFile, "name must be 1 to 64 letters, digits, '.', '_' or '-', and not start with '.'")
        }
        guard weightsSHA256.utf8.count == 64, weightsSHA256.utf8.allSatisfy(Self.isLowerHex) else {
            throw ModelError(.invalidFile, "weights_sha256 must be 64 lower-case hexadecimal digits")
        }
        guard (1...8192).contains(hidden) else {
            throw ModelError(.invalidFile, "hidden is \(hidden), expected 1 to 8192")
        }
        guard (1...128).contains(layers) else {
            throw ModelError(.invalidFile, "layers is \(layers), expected 1 to 128")
        }
        guard max(queryPrefix.utf8.count, passagePrefix.utf8.count) <= 1024 else {
            throw ModelError(.tooLarge, "a prefix may have 1,024 bytes at most")
        }
        guard (1...256).contains(languages.count) else {
            throw ModelError(.invalidFile, "languages must name 1 to 256 languages")
        }
    }

    private static func isName(_ name: String) -> Bool {
        guard (1...64).contains(name.utf8.count), name.utf8.first != UInt8(ascii: ".") else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                return true
            default:
                return false
            }
        }
    }

    private static func isLowerHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}

extension TokenizerLoader {
    /// The tokenizer of the model in `directory`, which must be of the family that its manifest names.
    ///
    /// - Throws: as `load(directory:kind:)`.
    public static func load(directory: URL, manifest: ModelManifest) throws -> any Tokenizer {
        try load(directory: directory, kind: manifest.tokenizer)
    }
}
