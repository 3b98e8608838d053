import Application
import ConversationDomain
import Evaluation
import Foundation
import Inference
import IntentData
import IntentModel
import Measures
import ModelRecords
import NativeContent
import SQLiteModels
import SQLiteStore
import Terminal
import Wire

extension EvaluateCommand {
    /// `--classifier`: measures a classifier beside the intents, prints the report and writes it where it is asked for.
    func evaluateLabels(of name: String) async throws -> LabelReport {
        guard holdOut == nil, split == nil, errors == nil else {
            throw CommandFailure(.data, "--hold-out, --split and --errors do not go with --classifier")
        }
        let classifier = try LabelSetImport.classifier(name)
        let result: LabelReport
        switch (file, crossValidate) {
        case (let file?, nil): result = try await labels(of: classifier, on: file)
        case (nil, let folds?): result = try await crossValidatedLabels(of: classifier, folds: folds)
        case (nil, nil), (_?, _?): throw CommandFailure(.data, "give a file, or --cross-validate K")
        }
        if let report { try write(result, to: report) }
        if data.json { try Output.json(result) } else { Output.line(result.renderedText()) }
        return result
    }

    private func labels(of classifier: ClassifierName, on path: String) async throws -> LabelReport {
        let set = try Self.labelSet(classifier, in: path)
        let bot = try await Bot.open(data.directory, settings: BotSettings(encoder: encoding.settings()))
        defer { bot.close() }
        guard let model = bot.classifier.active else { throw CommandFailure(.unavailable, "no model is active") }
        let queue = InferenceQueue(options: TrainingRun.queueOptions)
        let progress = TerminalProgress()
        do {
            let report = try await ModelEvaluator(queue: queue).evaluate(
                set, model: model, progress: { progress.step("evaluating", $0, $1) })
            await queue.shutdown()
            return report
        } catch let error as ChatError where error.code == .invalidRequest {
            throw CommandFailure(.data, "--classifier: \(error.message)")
        }
    }

    /// The test split of a file that has one, all of any other.
    private static func labelSet(_ classifier: ClassifierName, in path: String) throws -> LabelSet {
        guard FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure(.noInput, "\(path): no such file")
        }
        func read(_ split: SplitChoice) throws(ContentFileError) -> LabelSetReading {
            try LabelSetReader.read(classifier, from: [URL(userPath: path)], options: ReadOptions(split: split))
        }
        if let test = try? read(.only("test")), !test.set.texts.isEmpty { return test.set }
        do {
            return try read(.all).set
        } catch {
            throw CommandFailure(.data, error.description)
        }
    }

    private func crossValidatedLabels(of classifier: ClassifierName, folds: Int) async throws -> LabelReport {
        guard (2...20).contains(folds) else {
            throw CommandFailure(.data, "--cross-validate: \(folds) is not between 2 and 20")
        }
        let database = try data.directory.openExistingDatabase()
        defer { try? database.close() }
        let sets = try await SQLiteLabelSetStore(database).labelSets()
        guard let set = sets.first(where: { $0.classifier == classifier }) else {
            let names = sets.map(\.classifier.rawValue).joined(separator: ", ")
            throw CommandFailure(
                .data,
                "--classifier: there is no '\(classifier)'; there is \(names.isEmpty ? "none but the intents" : names)")
        }
        let queue = InferenceQueue(options: TrainingRun.queueOptions)
        let trainer = IntentTrainer(
            queue: queue, cache: SQLiteModelStore(database), options: try training.options(folds: folds))
        let report = try await trainer.crossValidate(
            set, encoder: try await Encoders(data.directory, settings: encoding.settings()).preferred(named: encoder),
            progress: TerminalProgress().show)
        await queue.shutdown()
        return report
    }

    private func write(_ result: LabelReport, to folder: String) throws {
        let url = URL(fileURLWithPath: folder, isDirectory: true)
        let name = "\(result.classifier)"
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            try JSONEncoder.frontdesk().encode(result).write(to: url.appending(path: "\(name).json"), options: .atomic)
            try Data(result.renderedText().utf8).write(to: url.appending(path: "\(name).txt"), options: .atomic)
        } catch {
            throw CommandFailure(.cannotCreate, "\(folder): the report cannot be written")
        }
    }
}
