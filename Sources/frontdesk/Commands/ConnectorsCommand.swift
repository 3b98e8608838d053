import Application
import ArgumentParser
import Connectors
import Foundation
import Terminal
import Webhooks

/// `frontdesk connectors`: the ticketing systems and inboxes that conversations are joined with.
struct ConnectorsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connectors",
        abstract: "Join an app's conversations with Zammad or Chatwoot; a running server follows within a second.",
        subcommands: [Add.self, List.self, Test.self, Remove.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a connector and print what the other system has to be given, its secrets only this once.")

        @OptionGroup var data: DataOptions
        @OptionGroup var network: ServeWebhooks

        @Argument(help: "zammad or chatwoot.")
        var kind: String

        @Option(help: "The app whose conversations are joined.")
        var app: String

        @Option(help: "The address of the other system, such as https://tickets.example.")
        var url: String

        @Option(
            help: ArgumentHelp("A file with the access token alone; '-' reads it from the input.", valueName: "file"))
        var tokenFile = "-"

        @Option(help: "Zammad: the group that tickets are made in.")
        var group: String?

        @Option(
            help: "Zammad: the e-mail address of the customer whose tickets those of visitors without an address are.")
        var customer: String?

        @Option(help: "Zammad: the name of the state of closed tickets (default: closed).")
        var closedState: String?

        @Option(help: "Chatwoot: the number of the account, as it stands in the address of its pages.")
        var account: Int64?

        @Option(
            help: ArgumentHelp(
                "Chatwoot: a file with the agent bot's secret, so that only signed requests are taken.",
                valueName: "file"))
        var secretFile: String?

        func run() async throws {
            try await CommandFailure.reporting {
                var wanted = ConnectorAdministration.Description()
                (wanted.kind, wanted.app, wanted.url) = (kind, app, url)
                (wanted.settings.group, wanted.settings.customer) = (group, customer)
                (wanted.settings.closedState, wanted.settings.account) = (closedState, account)
                wanted.token = try Self.secret(tokenFile, "--token-file")
                wanted.signingSecret = try secretFile.map { try Self.secret($0, "--secret-file") }
                let made = try await ConnectorAdministration(data.directory, rules: try network.rules()).add(wanted)
                if data.json { return try Output.json(made.made) }
                Output.line("\(made.id)")
                Output.line("path:   \(made.path)")
                if made.kind == .zammad { Output.line("secret: \(made.secrets.hook)") }
            }
        }

        /// The first line of a file, or of the input.
        private static func secret(_ path: String, _ flag: String) throws -> String {
            if path == "-", isatty(STDIN_FILENO) == 1 { Output.error("token:") }
            let file = path == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: path)
            guard let bytes = try file?.read(upToCount: 4_096) else {
                throw CommandFailure(.noInput, "\(flag): '\(path)' cannot be read or is empty")
            }
            let line = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first ?? ""
            return line.trimmingCharacters(in: .whitespaces)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the connectors with what waits for them; their secrets are not shown.")

        @OptionGroup var data: DataOptions

        func run() async throws {
            try await CommandFailure.reporting {
                let all = try await ConnectorAdministration(data.directory, rules: TargetRules()).list()
                if data.json { return try Output.json(all.map(\.row)) }
                Output.table([ListedConnector.columns] + all.map(\.cells))
            }
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask the other system whether it takes the connector's token; nothing is changed there.")

        @OptionGroup var data: DataOptions
        @OptionGroup var network: ServeWebhooks

        @Argument(help: "The connector's id (conn_…).")
        var id: String

        func run() async throws {
            try await CommandFailure.reporting {
                let said = try await ConnectorAdministration(data.directory, rules: try network.rules()).test(id)
                if data.json { try Output.json(["outcome": said]) } else { Output.line(said) }
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a connector with all that waits for it; what was made in the other system stays there.")

        @OptionGroup var data: DataOptions

        @Argument(help: "The connector's id (conn_…).")
        var id: String

        func run() async throws {
            try await CommandFailure.reporting {
                try await ConnectorAdministration(data.directory, rules: TargetRules()).remove(id)
                if data.json { try Output.json(["removed": id]) } else { Output.line("removed \(id)") }
            }
        }
    }
}
