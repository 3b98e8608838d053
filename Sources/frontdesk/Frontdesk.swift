import Application
import ArgumentParser
import Foundation

/// The program: one subcommand per job, each in a file of its own.
@main
struct Frontdesk: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "frontdesk",
        abstract:
            "A customer-service chatbot backend: conversations in SQLite, understanding by a BERT encoder inside the process.",
        version: Program.version,
        subcommands: [
            ServeCommand.self, ImportCommand.self, TrainCommand.self, EvaluateCommand.self, ClassifyCommand.self,
            ChatCommand.self, KeysCommand.self, AgentsCommand.self, VisitorSecretCommand.self, ModelCommand.self,
            ExportCommand.self,
            BackupCommand.self,
            RestoreCommand.self,
            MigrateCommand.self, MigrateCheckCommand.self, ReviewCommand.self, RunsCommand.self,
            ClassifiersCommand.self, TestConversationsCommand.self, DocsCommand.self,
            AuditCommand.self,
        ])

    /// What the program writes is its user's alone, whatever the umask was: databases, keys, reports, exports.
    static func main() async {
        umask(0o077)
        await main(nil)
    }
}
