import Application
import ArgumentParser
import ConversationDomain
import Foundation
import SQLiteKnowledge
import SQLiteStore
import Terminal

/// `frontdesk knowledge`: the passages of documents, collection by collection.
struct KnowledgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "knowledge",
        abstract: "Answer from documentation: synchronise, list and remove collections of passages.",
        subcommands: [Sync.self, List.self, Remove.self])

    static func collection(_ name: String) throws -> CollectionName {
        guard let collection = CollectionName(name), name.unicodeScalars.count <= 60 else {
            throw CommandFailure(
                .data,
                "--collection: '\(name.prefix(80))' is no name; expected at most 60 letters, digits and . _ - / :")
        }
        return collection
    }
}

extension KnowledgeCommand {
    struct Sync: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a collection hold what a folder of Markdown and HTML pages says.",
            discussion:
                "Only what changed is embedded, what vanished is retired; other collections and entries that somebody wrote stay as they are. All or nothing. A running server takes the change over by itself."
        )

        @OptionGroup var data: DataOptions
        @OptionGroup var encoding: EncoderFlags

        @Option(help: "What the links to the pages begin with: https://docs.example/guide.")
        var baseUrl: String?

        @Option(help: "The locale of pages that name none (default: told from the script).")
        var locale: String?

        @Option(help: "What the passages belong to (default: the folder's name).")
        var collection: String?

        @Flag(help: "Show what would change and change nothing.")
        var dryRun = false

        @Argument(help: "The folder of the pages.")
        var folder: String

        func run() async throws {
            try await CommandFailure.reporting {
                let url = URL(userPath: folder)
                var sync = KnowledgeSync(
                    collection: try collection.map(KnowledgeCommand.collection)
                        ?? CollectionName(naming: url.standardizedFileURL.lastPathComponent),
                    baseURL: try KnowledgeSync.checked(baseURL: baseUrl), isDryRun: dryRun, progress: TerminalProgress()
                )
                if let locale {
                    guard let parsed = BotLocale(locale) else {
                        throw CommandFailure(.data, "--locale: '\(locale)' is not a language tag such as en or zh-CN")
                    }
                    sync.locale = parsed
                }
                let directory = data.directory
                let database = try directory.openDatabase()
                defer { try? database.close() }
                let vectors =
                    dryRun
                    ? nil
                    : try await PassageVectors.active(
                        directory, database,
                        settings: encoding.settings(threads: ProcessInfo.processInfo.activeProcessorCount))
                let outcome = try await sync.run(url, into: database, vectors: vectors)
                if !dryRun, !outcome.change.isEmpty {
                    await AuditTrail.note(.contentImported, detail: "knowledge \(sync.collection)", in: database)
                }
                if data.json { return try Output.json(SyncView(outcome, sync.collection, isDryRun: dryRun)) }
                for line in Self.lines(outcome, sync.collection) { Output.line(line) }
                if dryRun { Output.line("dry run: nothing was changed") }
            }
        }

        private static func lines(_ outcome: KnowledgeSync.Outcome, _ collection: CollectionName) -> [String] {
            let repeated = outcome.repeated > 0 ? ", \(outcome.repeated) repeated ones left out" : ""
            let change = outcome.change
            return [
                "\(collection): \(outcome.pages) pages, \(outcome.passages) passages\(repeated)",
                "added: \(change.added), changed: \(change.changed), retired: \(change.retired), unchanged: \(change.unchanged)",
                "texts encoded: \(outcome.encoded)",
            ]
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the collections.")

        @OptionGroup var data: DataOptions

        func run() async throws {
            try await CommandFailure.reporting {
                let database = try data.directory.openExistingDatabase()
                defer { try? database.close() }
                let collections = try await KnowledgeCollections.list(database)
                if data.json {
                    return try Output.json([
                        "collections": collections.map { CollectionView(name: $0.name, passages: $0.passages) }
                    ])
                }
                guard !collections.isEmpty else {
                    return Output.line("no collections yet; 'frontdesk knowledge sync DIR' makes one")
                }
                Output.table([["COLLECTION", "PASSAGES"]] + collections.map { [$0.name.rawValue, "\($0.passages)"] })
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove a collection with all its passages.")

        @OptionGroup var data: DataOptions

        @Argument(help: "The collection.")
        var name: String

        func run() async throws {
            try await CommandFailure.reporting {
                let collection = try KnowledgeCommand.collection(name)
                let database = try data.directory.openExistingDatabase()
                defer { try? database.close() }
                let change = try await KnowledgeCollections.remove(collection, from: database)
                guard change.retired > 0 else {
                    throw CommandFailure(
                        .data, "there is no collection '\(collection)'; see 'frontdesk knowledge list'")
                }
                await AuditTrail.note(.contentImported, detail: "knowledge \(collection) removed", in: database)
                if data.json { return try Output.json(["retired": change.retired]) }
                Output.line("retired: \(change.retired)")
            }
        }
    }
}

private struct CollectionView: Encodable {
    let name: CollectionName
    let passages: Int
}

private struct SyncView: Encodable {
    let collection: CollectionName
    let dryRun: Bool
    let pages: Int
    let passages: Int
    let repeated: Int
    let added: Int
    let changed: Int
    let retired: Int
    let unchanged: Int
    let encoded: Int

    init(_ outcome: KnowledgeSync.Outcome, _ collection: CollectionName, isDryRun: Bool) {
        self.collection = collection
        dryRun = isDryRun
        (pages, passages, repeated) = (outcome.pages, outcome.passages, outcome.repeated)
        (added, changed) = (outcome.change.added, outcome.change.changed)
        (retired, unchanged) = (outcome.change.retired, outcome.change.unchanged)
        encoded = outcome.encoded
    }

    enum CodingKeys: String, CodingKey {
        case collection, pages, passages, repeated, added, changed, retired, unchanged, encoded
        case dryRun = "dry_run"
    }
}
