import Application
package import ArgumentParser
import ConversationDomain
import Foundation
import Hosting
import IntentData
import IntentModel
import ModelRecords
import NativeContent
import SQLiteModels
import SQLiteStore
import Terminal

/// `frontdesk train`: a new model version from the stored examples.
package struct TrainCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a new model version on the stored examples; it is a candidate until it is activated.")

    @OptionGroup var data: DataOptions

    @Flag(help: "Make the new version live; a running server changes over by itself.")
    var activate = false

    @Option(help: "The encoder's name (default: the multilingual one).")
    var encoder: String?

    @OptionGroup var encoding: EncoderFlags
    @OptionGroup var training: TrainingFlags
    @OptionGroup var tuning: TuningFlags
    @OptionGroup var promotion: PromotionFlags

    package init() {}

    package func run() async throws {
        try await CommandFailure.reporting {
            let database = try data.directory.openExistingDatabase()
            defer { try? database.close() }
            let models = SQLiteModelStore(database)
            let encoders = Encoders(data.directory, settings: encoding.settings())
            let foreign = try promotion.foreign.checked()
            guard foreign.isEmpty || promotion.file != nil || tuning.validation != nil else {
                throw CommandFailure(.data, "--foreign goes with --file or --validation")
            }
            let tuning = try tuning.settings(foreign: foreign)
            let losses = try promotion.guarding()
            guard losses == nil || activate else {
                throw CommandFailure(.data, "--max-loss goes with --activate")
            }
            ProcessPriority.lower()
            let base = try await encoders.trainable(named: encoder)
            let progress = TerminalProgress()
            var run = TrainingRun(
                directory: data.directory, models: models, contents: SQLiteContentStore(database),
                labelSets: SQLiteLabelSetStore(database), encoder: base, settings: encoders.settings,
                options: try training.options(), progress: progress, tuning: tuning)
            if tuning.unlabelled != nil { run.others = try await encoders.others(than: base) }
            let result = try await run.run()
            if activate {
                let shelf = VersionShelf(models: models, encoders: encoders)
                try await Promotion(
                    database: database, shelf: shelf, guarding: losses, progress: progress,
                    refused: { if data.json { try Output.json($0) } }
                ).activate(result.model.id)
            }
            if data.json { return try Output.json(TrainingView(result, isActive: activate)) }
            let metrics = result.model.metrics
            let classifiers = metrics.classifiers.map(\.line).joined()
            Output.line(
                """
                \(result.model.id): \(metrics.examples) examples, \(result.model.labels.count) intents, \(result.model.encoder), \
                \(String(format: "%.1f", metrics.seconds)) s
                cross-validated accuracy \(String(format: "%.4f", metrics.accuracy)), answers \
                \(String(format: "%.1f %%", metrics.coverage * 100)) at precision \(String(format: "%.4f", metrics.precision)), \
                calibration error \(String(format: "%.4f", metrics.calibrationError))
                \(classifiers)\(activate ? "active" : "candidate; make it live with 'frontdesk model activate \(result.model.id)'")
                """)
        }
    }
}

extension ClassifierMetrics {
    /// For a terminal.
    fileprivate var line: String {
        String(
            format: "%@: %d texts, %d labels, accuracy %.4f on unseen texts, calibration error %.4f\n", name.rawValue,
            examples, labels.count, accuracy, calibrationError)
    }
}

/// Options of what is done to the encoder.
struct TuningFlags: ParsableArguments {
    @Option(
        help:
            "What is trained: head (the encoder stays as it is, seconds), lora, full, contrastive (for few examples), or auto: what does best on labelled text that the examples' author did not write (--validation, or the review queue's), head without such text."
    )
    var method = "head"

    @Option(help: "How often the encoder sees each example, 1 to 1000 (default: the method's own).")
    var epochs: Int?

    @Option(help: "The encoder's highest learning rate, above 0 and below 0.1 (default: the method's own).")
    var learningRate: Float?

    @Option(
        help:
            "A file of what customers wrote (one message a line, or JSON lines with 'text'): the encoder adapts to it and learns from what it makes of it, if that helps."
    )
    var unlabelled: String?

    @Option(
        help:
            "With --method auto: a file of at least 50 texts of customers with their intents, which are not among the examples; methods are compared on it (default: what was labelled in the review queue)."
    )
    var validation: String?

    /// - Parameter foreign: labels of the validation file that mean out of scope.
    func settings(foreign: [String]) throws -> TuningSettings {
        let choice: TuningChoice
        if method == "auto" {
            choice = .automatic
        } else if let method = TuningMethod(rawValue: method) {
            choice = .method(method)
        } else {
            let methods = TuningMethod.allCases.map(\.rawValue).joined(separator: ", ")
            throw CommandFailure(.data, "--method: '\(method)' is none of \(methods), auto")
        }
        if let epochs, !(1...1000).contains(epochs) {
            throw CommandFailure(.data, "--epochs: \(epochs) is not between 1 and 1000")
        }
        if let learningRate, !(learningRate > 0 && learningRate < 0.1) {
            throw CommandFailure(.data, "--learning-rate: \(learningRate) is not above 0 and below 0.1")
        }
        return TuningSettings(
            choice: choice, epochs: epochs, learningRate: learningRate, unlabelled: try unlabelledTexts(),
            validation: try validationTexts(foreign: foreign))
    }

    private func validationTexts(foreign: [String]) throws -> TuningSettings.Validation? {
        guard let validation else { return nil }
        guard method == "auto" else { throw CommandFailure(.data, "--validation goes with --method auto") }
        return TuningSettings.Validation(
            name: URL(userPath: validation).lastPathComponent,
            texts: try LabelledFile(path: validation, foreign: foreign).texts())
    }

    private func unlabelledTexts() throws -> UnlabelledTexts? {
        guard let unlabelled else { return nil }
        do {
            return try UnlabelledTexts.read(URL(userPath: unlabelled))
        } catch {
            throw CommandFailure(.data, "--unlabelled: \(error.description)")
        }
    }
}

private struct TrainingView: Encodable {
    let id: ModelVersionID
    let encoder: String
    let dataHash: String
    let intents: Int
    let metrics: ModelMetrics
    let active: Bool
    let warnings: [String]

    init(_ result: TrainingResult, isActive: Bool) {
        id = result.model.id
        encoder = result.model.encoder
        dataHash = result.model.dataHash
        intents = result.model.labels.count
        metrics = result.model.metrics
        active = isActive
        warnings = result.warnings.map(\.description)
    }

    enum CodingKeys: String, CodingKey {
        case id, encoder, intents, metrics, active, warnings
        case dataHash = "data_hash"
    }
}
