import Application
import ArgumentParser
import Foundation
import ModelCommands
import Terminal

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
            ChatCommand.self, KeysCommand.self, AgentsCommand.self, VisitorSecretCommand.self, ConnectorsCommand.self,
            ModelCommand.self, ExportCommand.self, BackupCommand.self, RestoreCommand.self, ActionsCommand.self,
            MigrateCommand.self, MigrateCheckCommand.self, ReviewCommand.self, RunsCommand.self,
            ClassifiersCommand.self, TestConversationsCommand.self, DocsCommand.self,
            AuditCommand.self, ConfigCommand.self, KnowledgeCommand.self,
        ])

    /// What the program writes is its user's alone, whatever the umask was: databases, keys, reports, exports.
    static func main() async {
        umask(0o077)
        do {
            let given = Array(CommandLine.arguments.dropFirst())
            await main(try ConfiguredArguments.all(given, environment: ProcessInfo.processInfo.environment))
        } catch {
            let failure = CommandFailure(error)
            Output.error("frontdesk: \(failure.message)")
            exit(withError: ExitCode(failure.kind.rawValue))
        }
    }
}
