import Application
package import ArgumentParser
import ConversationDomain
import Evaluation
import Foundation
import Terminal

/// `frontdesk evaluate`: how good the understanding is, on a file or on the bot's own examples.
package struct EvaluateCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract:
            "Measure the bot's replies on a file, or its intent head on its own examples by cross-validation or on a part of them.",
        discussion: """
            On a file: what the bot would reply to each sentence as the first message of a conversation (answered rightly or \
            wrongly, asked back, did not know), at shares of 0, 20 and 50 % foreign messages. The file says what is right: an \
            intent, out_of_scope, or a knowledge entry (its id as the label or in a column 'knowledge'). Without foreign \
            sentences in it those that ship with the program stand for them. A sentence that occurs again is counted once.

            Of the intent head, which is all that cross-validation measures: accuracy with its 95 % interval, precision, recall, F1 and support per intent with micro, macro and \
            weighted averages, the most confused intents with their sentences, what other thresholds would answer, and what \
            they would do to questions out of scope. With --fail-under the exit code is 1 when a figure is missed.
            """)

    @OptionGroup var data: DataOptions

    @Option(help: "Cross-validate the stored examples in K folds, 2 to 20.")
    var crossValidate: Int?

    @Option(help: "Keep this share of the stored examples back, learn from the rest, and measure on it; 0.01 to 0.9.")
    var holdOut: Double?

    @OptionGroup var foreign: ForeignLabelFlags

    @Flag(inversion: .prefixedNo, help: "Measure whole replies on a file; without, the intent head alone.")
    var replies = true

    @Option(help: "The split of the file to measure on (default: test if the file has one, everything else).")
    var split: String?

    @Option(help: "The encoder to measure the stored examples with (default: the multilingual one).")
    var encoder: String?

    @Option(
        help:
            "Write the report into this folder: report.html to read and to pass on, report.json, report.txt and errors.csv."
    )
    var report: String?

    @Flag(
        help:
            "Measure entities instead of intents, by token and by entity: on a file with marks, or by cross-validation (in 5 parts unless given)."
    )
    var entities = false

    @Option(help: "Write the sentences that were understood wrongly into this file, .csv or .jsonl.")
    var errors: String?

    @Option(
        help: ArgumentHelp(
            "Exit with 1 unless a figure reaches a value, such as accuracy=0.9; may be repeated. Figures: \(QualityBound.Figure.allCases.map(\.rawValue).joined(separator: ", ")); of calibration_error (or ece) the value is the highest that will do.",
            valueName: "name=value"))
    var failUnder: [String] = []

    @Flag(inversion: .prefixedNo, help: "Measure how long understanding takes (default: with --report).")
    var latency: Bool?

    @Flag(
        inversion: .prefixedNo,
        help:
            "Measure whether more examples are worth it, and for which intent; takes up to two minutes (default: with --report)."
    )
    var learningCurve: Bool?

    @Option(help: "Measure this classifier beside the intents, such as sentiment, on a file or by cross-validation.")
    var classifier: String?

    @Option(
        help:
            "Hold the conversations of this file or folder with the bot and compare its replies, as 'test-conversations' does; --report gets conversations.xml too."
    )
    var conversations: String?

    @OptionGroup var dates: TimeZoneFlags
    @OptionGroup var encoding: EncoderFlags
    @OptionGroup var training: TrainingFlags

    @Argument(
        help:
            "A file of texts with intents or knowledge entries: CSV, TSV, JSON lines, CLINC150's JSON, or content in YAML."
    )
    var file: String?

    package init() {}

    package func run() async throws {
        try await CommandFailure.reporting {
            guard !entities || classifier == nil else {
                throw CommandFailure(.data, "--entities does not go with --classifier")
            }
            guard foreign.labels.isEmpty || (!entities && classifier == nil && conversations == nil) else {
                throw CommandFailure(
                    .data, "--foreign does not go with --entities, --classifier or --conversations: it is for intents")
            }
            if let conversations { return try await evaluateConversations(conversations) }
            let bounds = try failUnder.map(bound)
            if entities { return try Self.check(bounds, on: try await evaluateEntities()) }
            if let classifier, classifier != ClassifierName.intent.rawValue {
                return try Self.check(bounds, on: try await evaluateLabels(of: classifier))
            }
            let errorFile = try errors.map(Self.format)
            let evaluation = try await measured()
            do {
                if let report { try EvaluationFiles.write(evaluation, to: URL(userPath: report)) }
            } catch {
                throw CommandFailure(.cannotCreate, "\(report ?? ""): the report cannot be written")
            }
            if let errors, let errorFile {
                do {
                    try errorFile.data(evaluation.mistakes).write(to: URL(userPath: errors), options: .atomic)
                } catch {
                    throw CommandFailure(.cannotCreate, "\(errors): the errors cannot be written")
                }
            }
            if data.json {
                try Output.json(evaluation)
            } else {
                Output.line(evaluation.renderedText())
                if let report { Output.line("the page: \(URL(userPath: report).path)/\(EvaluationFiles.page)") }
            }
            try Self.check(bounds, on: evaluation.report)
        }
    }

    private static func check(_ bounds: [QualityBound], on report: some BoundedReport) throws {
        let misses = bounds.compactMap { $0.miss(report.value(of: $0.figure)) }
        for miss in misses { Output.error("frontdesk: \(miss)") }
        if !misses.isEmpty { throw ExitCode(1) }
    }

    private func measured() async throws -> Evaluation {
        let folds = crossValidate ?? 5
        guard (2...20).contains(folds) else {
            throw CommandFailure(.data, "--cross-validate: \(folds) is not between 2 and 20")
        }
        if let holdOut, !(0.01...0.9).contains(holdOut) {
            throw CommandFailure(.data, "--hold-out: \(holdOut) is not between 0.01 and 0.9")
        }
        guard split == nil || file != nil else { throw CommandFailure(.data, "--split goes with a file") }
        let foreignLabels = try foreign.checked()
        guard foreignLabels.isEmpty || file != nil else {
            throw CommandFailure(.data, "--foreign goes with a file")
        }
        let run = EvaluationRun(
            directory: data.directory, encoders: Encoders(data.directory, settings: encoding.settings()),
            encoder: encoder,
            options: try training.options(folds: folds),
            parts: .init(
                replies: replies, latency: latency ?? (report != nil), learningCurve: learningCurve ?? (report != nil)),
            progress: TerminalProgress())
        switch (file, crossValidate, holdOut) {
        case (let file?, nil, nil):
            return try await run.onFile(LabelledFile(path: file, split: split, foreign: foreignLabels))
        case (nil, let folds?, nil): return try await run.crossValidated(folds: folds)
        case (nil, nil, let share?): return try await run.heldOut(share: share)
        default: throw CommandFailure(.data, "give a file, or --cross-validate K, or --hold-out SHARE")
        }
    }

    private func bound(_ text: String) throws -> QualityBound {
        do {
            return try QualityBound(text)
        } catch let error as ChatError {
            throw CommandFailure(.data, "--fail-under: \(error.message)")
        }
    }

    private static func format(_ path: String) throws -> MistakeFile {
        guard let format = MistakeFile(rawValue: URL(userPath: path).pathExtension.lowercased()) else {
            throw CommandFailure(.data, "--errors: '\(path)' ends neither in .csv nor in .jsonl")
        }
        return format
    }
}
