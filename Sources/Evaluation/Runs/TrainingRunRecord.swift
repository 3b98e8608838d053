public import ConversationDomain
public import Foundation
public import ModelRecords

/// Names one training run.
public struct TrainingRunID: PrefixedIdentifier {
    public static let prefix = "run"
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
}

/// One training with its settings, its curves and what it gave. As JSON: snake_case.
public struct TrainingRunRecord: Hashable, Sendable, Codable, Identifiable {
    /// How a run ended. One that was killed stays `unfinished`.
    public enum Outcome: String, Hashable, Sendable, Codable {
        case unfinished
        case finished
        case failed
    }

    /// What the run was asked to do; nil where the method decides.
    public struct Settings: Hashable, Sendable, Codable {
        public var encoder: String
        public var method: String
        public var seed: UInt64
        public var targetPrecision: Double
        public var inverseRegularisation: Double?
        public var epochs: Int?
        public var learningRate: Double?
        /// How many texts the encoder was to adapt to first.
        public var unlabelled: Int?

        public init(
            encoder: String, method: String, seed: UInt64, targetPrecision: Double,
            inverseRegularisation: Double? = nil,
            epochs: Int? = nil, learningRate: Double? = nil, unlabelled: Int? = nil
        ) {
            self.encoder = encoder
            self.method = method
            self.seed = seed
            self.targetPrecision = targetPrecision
            self.inverseRegularisation = inverseRegularisation
            self.epochs = epochs
            self.learningRate = learningRate
            self.unlabelled = unlabelled
        }

        enum CodingKeys: String, CodingKey {
            case encoder, method, seed, epochs, unlabelled
            case targetPrecision = "target_precision"
            case inverseRegularisation = "inverse_regularisation"
            case learningRate = "learning_rate"
        }
    }

    public let id: TrainingRunID
    public let startedAt: Date
    public let settings: Settings
    public var outcome: Outcome
    /// How long it took, or had taken when it was last heard of.
    public var seconds: Double
    /// Why it failed; nil otherwise.
    public var failure: String?
    /// The version that it made, and what that measured; nil before the end.
    public var version: ModelVersionID?
    /// The method that was used, which `auto` chose, and why; nil before the end.
    public var method: String?
    public var reason: String?
    /// A fingerprint of the examples: runs of equal data have the same.
    public var dataHash: String?
    public var intents: Int?
    public var metrics: ModelMetrics?
    public var curves: [RunCurve]

    public init(id: TrainingRunID, startedAt: Date, settings: Settings) {
        self.id = id
        self.startedAt = startedAt
        self.settings = settings
        outcome = .unfinished
        seconds = 0
        curves = []
    }

    enum CodingKeys: String, CodingKey {
        case id, settings, outcome, seconds, failure, version, method, reason, intents, metrics, curves
        case startedAt = "started_at"
        case dataHash = "data_hash"
    }
}

/// What was measured over the steps of one part of a run: of the encoder's last training, of one fold, or of the head.
public struct RunCurve: Hashable, Sendable, Codable {
    public struct Point: Hashable, Sendable, Codable {
        /// Steps of the optimiser, or iterations of the head's fit.
        public let step: Int
        /// Since the run began.
        public let seconds: Double
        public let loss: Double?
        /// The share named rightly: of held-out examples for an encoder, of those learnt from for a head.
        public let accuracy: Double?
        public let learningRate: Double?

        public init(
            step: Int, seconds: Double, loss: Double? = nil, accuracy: Double? = nil, learningRate: Double? = nil
        ) {
            self.step = step
            self.seconds = seconds
            self.loss = loss
            self.accuracy = accuracy
            self.learningRate = learningRate
        }

        enum CodingKeys: String, CodingKey {
            case step, seconds, loss, accuracy
            case learningRate = "learning_rate"
        }
    }

    /// `adaptation`, `fold-1`, `encoder`, `head`.
    public let name: String
    /// By rising step.
    public var points: [Point]

    public init(name: String, points: [Point] = []) {
        self.name = name
        self.points = points
    }

    /// The quantities that a curve can have, by name.
    public static let quantities: [(name: String, value: @Sendable (Point) -> Double?)] = [
        ("loss", { $0.loss }), ("accuracy", { $0.accuracy }), ("learning_rate", { $0.learningRate }),
    ]
}
