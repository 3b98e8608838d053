import Application
import ArgumentParser
import Foundation
import Settings
import Terminal

/// `frontdesk config`: what a server would be set to, and all that it can be told.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Show what the server is set to, and all of its settings.",
        subcommands: [Show.self, Table.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show every setting of 'serve' with its value and where that comes from.",
            discussion:
                "Takes the flags of 'serve'. A flag counts before the environment, that before --config, that before the default."
        )

        @OptionGroup var serve: ServeCommand

        private struct Row: Encodable {
            let key, flag, variable, source: String
            let value: String?
        }

        func run() async throws {
            try await CommandFailure.reporting {
                try serve.check()
                let resolved = try ConfiguredArguments.checked(
                    serving: Array(CommandLine.arguments.dropFirst(3)), ProcessInfo.processInfo.environment)
                guard serve.data.json else {
                    return Output.table(
                        resolved.values.map { [$0.setting.key, $0.text ?? "-", $0.source.text] })
                }
                try Output.json(
                    resolved.values.map {
                        Row(
                            key: $0.setting.key, flag: $0.setting.flag, variable: $0.setting.variable,
                            source: $0.source.text, value: $0.text)
                    })
            }
        }
    }

    struct Table: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the settings as the Markdown table of docs/configuration.md.")

        @OptionGroup var data: DataOptions

        func run() async throws {
            try await CommandFailure.reporting { Output.line(Setting.table(try ServeCommand.settings())) }
        }
    }
}
