import Actions
import Application
import ArgumentParser
import ConversationDomain
import Terminal
import Wire

/// `frontdesk actions`: where the services of the shop are that intents call.
struct ActionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "actions",
        abstract: "Set, list and remove where the shop's services are that intents call ('action' in their YAML).",
        subcommands: [Set.self, List.self, Remove.self])

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Set where services are, and print the secret that requests to them are signed with, only this once.",
            discussion:
                "Services of one call have one secret in common. Without --new-secret, what has one already keeps it; after a new "
                + "one was made, the old one signs beside it for a day. A running server follows at once.")

        @OptionGroup var data: DataOptions

        @Argument(help: "The names that the content calls the services by ('target').")
        var names: [String]

        @Option(help: "The address that requests are sent to.")
        var url: String

        @Flag(help: "Make a new secret.")
        var newSecret = false

        func run() async throws {
            try await CommandFailure.reporting {
                let set = try await ActionTargets(data.directory).set(names, url: url, newSecret: newSecret)
                if let refusal = set.refusal {
                    Output.error("\(refusal): a server calls it only with --webhooks-allow")
                }
                for name in set.uncalled {
                    Output.error(
                        "no intent has the target '\(name)'; 'frontdesk actions list' shows those that the content has")
                }
                let secret = set.secret.map(JSONValue.string) ?? .null
                let names = set.targets.map { JSONValue.string($0.name.rawValue) }
                if data.json { return try Output.json(["names": .array(names), "secret": secret] as JSONValue) }
                Output.line(set.secret ?? "the secret is the one that was shown before")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the services that are set or that the content names; secrets are not shown.")

        @OptionGroup var data: DataOptions

        func run() async throws {
            try await CommandFailure.reporting {
                let rows = try await ActionTargets(data.directory).list()
                if data.json { return try Output.json(rows.map(\.json)) }
                Output.table([["NAME", "URL", "INTENTS", "SINCE"]] + rows.map(\.cells))
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget where services are: their intents are answered as if they had no action.")

        @OptionGroup var data: DataOptions

        @Argument(help: "The services' names.")
        var names: [String]

        func run() async throws {
            try await CommandFailure.reporting {
                let removed = try await ActionTargets(data.directory).remove(names)
                if data.json { return try Output.json(["removed": removed.map(\.rawValue)]) }
                for name in removed { Output.line("removed \(name)") }
            }
        }
    }
}
