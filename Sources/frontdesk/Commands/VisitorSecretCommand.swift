import Application
import ArgumentParser
import ConversationDomain
import People
import Terminal
import Wire

/// `frontdesk visitor-secret`: what an app's own server signs visitor tokens with.
struct VisitorSecretCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "visitor-secret",
        abstract: "Create, list and revoke the secrets that a shop's server signs visitor tokens with.",
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create a secret of an app and print it, only this once; the app's older ones go on working.")

        @OptionGroup var data: DataOptions

        @Option(help: "The app whose pages show the tokens.")
        var app: String

        func run() async throws {
            try await CommandFailure.reporting {
                let made = try await VisitorSecrets(data.directory).create(app: app)
                if data.json { try Output.json(made.row(shown: true)) } else { Output.line(made.secret) }
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the secrets; they themselves are not shown.")

        @OptionGroup var data: DataOptions

        func run() async throws {
            try await CommandFailure.reporting {
                let all = try await VisitorSecrets(data.directory).list()
                if data.json { return try Output.json(all.map { $0.row(shown: false) }) }
                Output.table([["ID", "APP", "STATE", "CREATED"]] + all.map(\.cells))
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a secret by its id: tokens that it signed are not taken any more.")

        @OptionGroup var data: DataOptions

        @Argument(help: "The secret's id (vsec_…).")
        var id: String

        func run() async throws {
            try await CommandFailure.reporting {
                let revoked = try await VisitorSecrets(data.directory).revoke(id)
                if data.json { return try Output.json(["revoked": revoked.rawValue]) }
                Output.line("revoked \(revoked)")
            }
        }
    }
}
