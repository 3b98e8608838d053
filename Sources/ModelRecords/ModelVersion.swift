public import ConversationDomain
public import Foundation

/// A trained version of the model: which encoder, which labels, how good, and the head's weights.
public struct ModelVersion: Hashable, Sendable {
    public let id: ModelVersionID
    public let createdAt: Date
    /// Name of the encoder's directory, such as `multilingual-e5-small`.
    public let encoder: String
    /// SHA-256 of the encoder's published weights, hex; when the encoder was trained, a plus sign and the hash of what
    /// changed follow.
    public let encoderHash: String
    /// A 128-bit fingerprint of the training examples, hex: equal data gives an equal hash.
    public let dataHash: String
    public let labels: [IntentName]
    public let metrics: ModelMetrics
    /// The head in its own format (see `Understanding`).
    public let head: Data

    public init(
        id: ModelVersionID, createdAt: Date, encoder: String, encoderHash: String, dataHash: String,
        labels: [IntentName],
        metrics: ModelMetrics, head: Data
    ) {
        self.id = id
        self.createdAt = createdAt
        self.encoder = encoder
        self.encoderHash = encoderHash
        self.dataHash = dataHash
        self.labels = labels
        self.metrics = metrics
        self.head = head
    }
}

extension ModelVersion {
    /// Whether its encoder was trained, so that it has weights of its own beside the published ones.
    public var hasOwnWeights: Bool { ownWeightsHash != nil }

    /// Of what training changed of the encoder; nil when it is as it was published.
    public var ownWeightsHash: String? {
        let hashes = encoderHash.split(separator: "+")
        return hashes.count > 1 ? String(hashes[1]) : nil
    }

    /// SHA-256 of the published weights.
    public var publishedHash: String { String(encoderHash.prefix { $0 != "+" }) }
}

/// What training measured by cross-validation on its own examples.
public struct ModelMetrics: Hashable, Sendable, Codable {
    public let examples: Int
    public let accuracy: Double
    /// Share of in-scope examples that the thresholds let pass.
    public let coverage: Double
    /// Precision among those.
    public let precision: Double
    /// Share of out-of-scope examples that were rejected; nil without any.
    public let outOfScopeRecall: Double?
    public let calibrationError: Double
    public let seconds: Double
    /// Of the classifiers beside the intents, by their names.
    public var classifiers: [ClassifierMetrics]

    public init(
        examples: Int, accuracy: Double, coverage: Double, precision: Double, outOfScopeRecall: Double?,
        calibrationError: Double, seconds: Double, classifiers: [ClassifierMetrics] = []
    ) {
        self.examples = examples
        self.accuracy = accuracy
        self.coverage = coverage
        self.precision = precision
        self.outOfScopeRecall = outOfScopeRecall
        self.calibrationError = calibrationError
        self.seconds = seconds
        self.classifiers = classifiers
    }

    enum CodingKeys: String, CodingKey {
        case examples, accuracy, coverage, precision, seconds, classifiers
        case outOfScopeRecall = "out_of_scope_recall"
        case calibrationError = "calibration_error"
    }

    /// Versions that were stored before there were classifiers have none.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            examples: try container.decode(Int.self, forKey: .examples),
            accuracy: try container.decode(Double.self, forKey: .accuracy),
            coverage: try container.decode(Double.self, forKey: .coverage),
            precision: try container.decode(Double.self, forKey: .precision),
            outOfScopeRecall: try container.decodeIfPresent(Double.self, forKey: .outOfScopeRecall),
            calibrationError: try container.decode(Double.self, forKey: .calibrationError),
            seconds: try container.decode(Double.self, forKey: .seconds),
            classifiers: try container.decodeIfPresent([ClassifierMetrics].self, forKey: .classifiers) ?? [])
    }
}

/// What training measured of a classifier beside the intents, on texts that the heads which judged them had not seen.
public struct ClassifierMetrics: Hashable, Sendable, Codable {
    public let name: ClassifierName
    public let labels: [LabelName]
    /// Texts that it learnt from.
    public let examples: Int
    public let accuracy: Double
    public let calibrationError: Double
    /// A 128-bit fingerprint of the texts and their labels, hex.
    public let dataHash: String

    public init(
        name: ClassifierName, labels: [LabelName], examples: Int, accuracy: Double, calibrationError: Double,
        dataHash: String
    ) {
        self.name = name
        self.labels = labels
        self.examples = examples
        self.accuracy = accuracy
        self.calibrationError = calibrationError
        self.dataHash = dataHash
    }

    enum CodingKeys: String, CodingKey {
        case name, labels, examples, accuracy
        case calibrationError = "calibration_error"
        case dataHash = "data_hash"
    }
}

/// A model version without its weights, as lists show it.
public struct ModelSummary: Hashable, Sendable {
    public let id: ModelVersionID
    public let createdAt: Date
    public let encoder: String
    public let dataHash: String
    public let intents: Int
    public let metrics: ModelMetrics
    public let isActive: Bool

    public init(
        id: ModelVersionID, createdAt: Date, encoder: String, dataHash: String, intents: Int, metrics: ModelMetrics,
        isActive: Bool
    ) {
        self.id = id
        self.createdAt = createdAt
        self.encoder = encoder
        self.dataHash = dataHash
        self.intents = intents
        self.metrics = metrics
        self.isActive = isActive
    }
}

/// Keeps model versions and the encoder's outputs for texts that were seen before.
public protocol ModelStore: Sendable {
    func add(_ model: ModelVersion) async throws
    func list() async throws -> [ModelSummary]
    func model(_ id: ModelVersionID) async throws -> ModelVersion?
    func activeID() async throws -> ModelVersionID?
    /// - Throws: `ChatError(.notFound)`.
    func activate(_ id: ModelVersionID, at: Date) async throws
    /// Activates the version that was active before; its id.
    /// - Throws: `ChatError(.conflict)` when there is none.
    func rollback(at: Date) async throws -> ModelVersionID
    /// Embeddings by the key that `cacheEmbeddings` stored them under, for the keys that are there.
    func cachedEmbeddings(_ keys: [Data], encoderHash: String) async throws -> [Data: [Float]]
    func cacheEmbeddings(_ embeddings: [Data: [Float]], encoderHash: String) async throws
}
