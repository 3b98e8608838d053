import ArgumentParser
import ConversationDomain
import Foundation
import IntentData
import SQLiteStore
import Understanding

/// `frontdesk evaluate`: how good the understanding is, on a file or by cross-validation.
struct EvaluateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measure the active model on a file, or the bot's own examples by cross-validation.",
        discussion: "Prints precision, recall, F1 and support per intent with micro, macro and weighted averages.")

    @OptionGroup var data: DataOptions

    @Option(help: "Cross-validate the stored examples in K folds, 2 to 20.")
    var crossValidate: Int?

    @Option(help: "The encoder to cross-validate with (default: the multilingual one).")
    var encoder: String?

    @Option(help: "Also write the report as report.json and report.txt into this folder.")
    var report: String?

    @Flag(
        help:
            "Measure entities instead of intents, by token and by entity: on a file with marks, or by cross-validation (in 5 parts unless given)."
    )
    var entities = false

    @OptionGroup var encoding: EncoderFlags
    @OptionGroup var training: TrainingFlags

    @Argument(
        help: "A file of texts with intents: CSV, TSV, JSON lines or CLINC150's JSON (its test split if it has one).")
    var file: String?

    func run() async throws {
        try await CommandFailure.reporting {
            if entities { return try await evaluateEntities() }
            let result: EvaluationReport
            switch (file, crossValidate) {
            case (let file?, nil): result = try await onFile(file)
            case (nil, let folds?): result = try await crossValidated(folds)
            case (nil, nil), (_?, _?):
                throw CommandFailure(.data, "give a file, or --cross-validate K")
            }
            if let report { try write(result, to: report) }
            if data.json { return try Output.json(result) }
            Output.line(result.renderedText())
        }
    }

    private func crossValidated(_ folds: Int) async throws -> EvaluationReport {
        guard (2...20).contains(folds) else {
            throw CommandFailure(.data, "--cross-validate: \(folds) is not between 2 and 20")
        }
        let database = try data.directory.openExistingDatabase()
        defer { try? database.close() }
        let content = try await SQLiteContentStore(database).content().content
        let queue = InferenceQueue(options: TrainingRun.queueOptions)
        let trainer = IntentTrainer(
            queue: queue, cache: SQLiteModelStore(database), options: try training.options(folds: folds))
        let report = try await trainer.crossValidate(
            samples(of: content),
            encoder: try await Encoders(data.directory, settings: encoding.settings()).preferred(named: encoder),
            progress: TrainingDisplay().show)
        await queue.shutdown()
        return report
    }

    private func onFile(_ path: String) async throws -> EvaluationReport {
        guard FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure(.noInput, "\(path): no such file")
        }
        let samples: [LabelledText]
        do {
            let read = { (split: SplitChoice) throws(ContentFileError) in
                try ContentReader.read(paths: [URL(userPath: path)], options: ReadOptions(split: split)).content
            }
            let test = self.samples(of: try read(.only("test")))
            samples = test.isEmpty ? self.samples(of: try read(.all)) : test
        } catch {
            throw CommandFailure(.data, error.description)
        }
        let bot = try await Bot.open(data.directory, settings: BotSettings(encoder: encoding.settings()))
        defer { bot.close() }
        guard let model = bot.classifier.active else { throw CommandFailure(.unavailable, "no model is active") }
        let queue = InferenceQueue(options: TrainingRun.queueOptions)
        let progress = ProgressLine("evaluating")
        let report = try await ModelEvaluator(queue: queue).evaluate(
            samples, model: model, progress: { progress.update($0, $1) })
        await queue.shutdown()
        return report
    }

    private func samples(of content: BotContent) -> [LabelledText] {
        content.intents.flatMap { intent in intent.examples.map { LabelledText(text: $0.text, intent: intent.name) } }
    }

    private func write(_ result: EvaluationReport, to folder: String) throws {
        let url = URL(fileURLWithPath: folder, isDirectory: true)
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            try JSONEncoder.frontdesk().encode(result).write(to: url.appending(path: "report.json"), options: .atomic)
            try Data(result.renderedText().utf8).write(to: url.appending(path: "report.txt"), options: .atomic)
        } catch {
            throw CommandFailure(.cannotCreate, "\(folder): the report cannot be written")
        }
    }
}
