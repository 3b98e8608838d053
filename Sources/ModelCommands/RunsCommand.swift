import Application
package import ArgumentParser
import ConversationDomain
import Evaluation
import Foundation
import ModelRecords
import Terminal
import Wire

/// `frontdesk runs`: what trainings were done, with which settings, and how their curves went.
package struct RunsCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "List, show and compare training runs; export their curves for TensorBoard.",
        discussion: "A run is named by its id, a unique ending of it, or 'latest'.",
        subcommands: [List.self, Show.self, Compare.self, Export.self])
    package init() {}

    /// Runs of a data folder by their names; what the caller got wrong is an error in the data.
    static func runs(_ names: [String], of data: DataOptions) throws -> [TrainingRunRecord] {
        let folder = TrainingRunFolder(data.directory.runsDirectory)
        do {
            return try names.map { try folder.run(named: $0) }
        } catch let error as ChatError {
            let hint = error.code == .notFound ? "; see 'frontdesk runs list'" : ""
            throw CommandFailure(.data, error.message + hint)
        }
    }
}

extension RunsCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the training runs, the newest last.")

        @OptionGroup var data: DataOptions

        func run() async throws {
            try await CommandFailure.reporting {
                let (runs, unreadable) = TrainingRunFolder(data.directory.runsDirectory).runs()
                for path in unreadable { Output.error("warning: \(path): damaged, or of a newer version") }
                if data.json { return try Output.json(["runs": runs.map(Summary.init)]) }
                guard !runs.isEmpty else { return Output.line("no training runs yet; 'frontdesk train' makes one") }
                Output.table(
                    [["RUN", "STARTED", "METHOD", "ENCODER", "EXAMPLES", "ACCURACY", "TIME", "OUTCOME", "VERSION"]]
                        + runs.map { run in
                            [
                                run.id.rawValue, Timestamp.text(run.startedAt), run.method ?? run.settings.method,
                                run.settings.encoder, run.metrics.map { "\($0.examples)" } ?? "–",
                                run.metrics.map { String(format: "%.4f", $0.accuracy) } ?? "–",
                                String(format: "%.1f s", run.seconds), run.outcome.rawValue,
                                run.version?.rawValue ?? "–",
                            ]
                        })
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a run's settings, results and curves.")

        @OptionGroup var data: DataOptions

        @Argument(help: "The run.")
        var run = "latest"

        func run() async throws {
            try await CommandFailure.reporting {
                for record in try RunsCommand.runs([run], of: data) {
                    if data.json { return try Output.json(record) }
                    Output.table(record.facts.map { [$0.name, $0.value] })
                    guard !record.curves.isEmpty else { return }
                    Output.line("")
                    Output.table([["CURVE", "", "FIRST", "", "LAST", ""]] + record.renderedCurves())
                }
            }
        }
    }

    struct Compare: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compare runs: settings, results and where their curves ended, side by side.")

        @OptionGroup var data: DataOptions

        @Argument(help: "Two to six runs.")
        var runs: [String]

        func run() async throws {
            try await CommandFailure.reporting {
                guard (2...6).contains(runs.count) else {
                    throw CommandFailure(.data, "\(runs.count) run is named, expected two to six")
                }
                let records = try RunsCommand.runs(runs, of: data)
                if data.json { return try Output.json(["runs": records]) }
                Output.table(records.compared())
            }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write TensorBoard event files: one folder a run, in it one a curve.")

        @OptionGroup var data: DataOptions

        @Option(help: "The folder to write into, for 'tensorboard --logdir'.")
        var to: String

        @Argument(help: "The runs (default: all).")
        var runs: [String] = []

        func run() async throws {
            try await CommandFailure.reporting {
                let all = runs.isEmpty ? TrainingRunFolder(data.directory.runsDirectory).ids().map(\.rawValue) : runs
                let files = try RunsCommand.runs(all, of: data).flatMap { $0.eventFiles() }
                let folder = URL(userPath: to)
                do {
                    for (path, bytes) in files {
                        let file = folder.appending(path: path)
                        try FileManager.default.createDirectory(
                            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                        try bytes.write(to: file, options: .atomic)
                    }
                } catch {
                    throw CommandFailure(.cannotCreate, "\(folder.path): the event files cannot be written")
                }
                if data.json { return try Output.json(["files": files.map(\.path)]) }
                Output.line("\(files.count) event files of \(all.count) runs in \(folder.path)")
            }
        }
    }

    /// A run in `--json` lists: without its curves.
    private struct Summary: Encodable {
        let run: TrainingRunRecord

        init(_ run: TrainingRunRecord) {
            var run = run
            run.curves = []
            self.run = run
        }

        func encode(to encoder: any Encoder) throws { try run.encode(to: encoder) }
    }
}
