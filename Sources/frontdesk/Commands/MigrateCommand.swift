import Application
import ArgumentParser
import SQLiteStore
import Terminal

/// `frontdesk migrate`: brings the database to this program's schema (every other command does so too) and checks it.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring the database to this program's schema and check it page by page.")

    @OptionGroup var data: DataOptions

    func run() async throws {
        try await CommandFailure.reporting {
            let database = try data.directory.openDatabase()
            defer { try? database.close() }
            try database.checkIntegrity()
            if data.json { return try Output.json(["database": database.path, "state": "up to date"]) }
            Output.line("\(database.path): up to date, every page checked")
        }
    }
}
