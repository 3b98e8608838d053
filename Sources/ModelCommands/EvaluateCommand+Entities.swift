import Application
import ConversationDomain
import Evaluation
import Foundation
import Inference
import IntentData
import IntentModel
import NativeContent
import SQLiteStore
import Terminal
import Wire

// `frontdesk evaluate --entities`: how well entities are found.
extension EvaluateCommand {
    private static let defaultFolds = 5

    /// Prints the report and writes it where it is asked for.
    func evaluateEntities() async throws -> EntityReport {
        guard holdOut == nil, split == nil, errors == nil else {
            throw CommandFailure(.data, "--hold-out, --split and --errors do not go with --entities")
        }
        guard file == nil || crossValidate == nil else {
            throw CommandFailure(.data, "give a file, or --cross-validate K")
        }
        let result =
            if let file {
                try await entities(in: file)
            } else {
                try await entitiesCrossValidated(crossValidate ?? Self.defaultFolds)
            }
        if let report { try write(result, to: report) }
        if data.json { try Output.json(result) } else { Output.line(result.renderedText()) }
        return result
    }

    private func entities(in path: String) async throws -> EntityReport {
        let sentences = try Self.sentences(of: path)
        let bot = try await Bot.open(
            data.directory, settings: BotSettings(timeZone: try dates.timeZone(), encoder: encoding.settings()))
        defer { bot.close() }
        guard let model = bot.classifier.active else { throw CommandFailure(.unavailable, "no model is active") }
        let progress = TerminalProgress()
        return try await EntityEvaluator(classifier: bot.classifier).evaluate(sentences, model: model) {
            progress.step("evaluating", $0, $1)
        }
    }

    private func entitiesCrossValidated(_ folds: Int) async throws -> EntityReport {
        guard (2...20).contains(folds) else {
            throw CommandFailure(.data, "--cross-validate: \(folds) is not between 2 and 20")
        }
        let database = try data.directory.openExistingDatabase()
        defer { try? database.close() }
        let queue = InferenceQueue(options: TrainingRun.queueOptions)
        let trainer = IntentTrainer(queue: queue, cache: nil, options: try training.options(folds: folds))
        let progress = TerminalProgress()
        let report = try await trainer.crossValidateEntities(
            of: try await SQLiteContentStore(database).content().content,
            encoder: try await Encoders(data.directory, settings: encoding.settings()).preferred(named: encoder),
            now: Date(), timeZone: try dates.timeZone()
        ) { part, done, total in
            progress.step("part \(part) of \(folds)", done, total)
        }
        await queue.shutdown()
        return report
    }

    /// JSON lines may have entities without intents; other files are content with marked examples.
    private static func sentences(of path: String) throws -> [TaggedSentence] {
        let url = URL(userPath: path)
        guard FileManager.default.fileExists(atPath: url.path) else {
            throw CommandFailure(.noInput, "\(path): no such file")
        }
        do {
            if ["jsonl", "ndjson"].contains(url.pathExtension.lowercased()) {
                return try TaggedSentenceFile.read(Data(contentsOf: url, options: .mappedIfSafe), path: path)
            }
            return try ContentReader.read(paths: [url], options: ReadOptions()).content.intents
                .flatMap(\.examples).map { try TaggedSentence(text: $0.text, marks: $0.spans) }
        } catch let error as ContentFileError {
            throw CommandFailure(.data, error.description)
        } catch let error as ChatError {
            throw CommandFailure(.data, error.message)
        } catch {
            throw CommandFailure(.noInput, "\(path): cannot be read")
        }
    }

    private func write(_ result: EntityReport, to folder: String) throws {
        let url = URL(fileURLWithPath: folder, isDirectory: true)
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            try JSONEncoder.frontdesk().encode(result).write(to: url.appending(path: "entities.json"), options: .atomic)
            try Data(result.renderedText().utf8).write(to: url.appending(path: "entities.txt"), options: .atomic)
        } catch {
            throw CommandFailure(.cannotCreate, "\(folder): the report cannot be written")
        }
    }
}
