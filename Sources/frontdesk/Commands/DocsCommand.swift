import Application
import ArgumentParser
import Foundation
import HTTPCalls
import HTTPService
import ModelCommands
import ModelFiles
import Terminal

/// `frontdesk docs`: the description of the REST interface, and the pages that show it.
struct DocsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "docs", abstract: "Describe the REST interface, and install the pages that /docs shows it with.",
        subcommands: [Install.self, OpenAPI.self])

    struct Install: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Install Swagger UI from its pinned wheel, or a folder that holds it.")

        @OptionGroup var data: DataOptions

        @Argument(help: "The wheel of flask-swagger-ui, or a folder with it.")
        var path: String

        func run() async throws {
            try await CommandFailure.reporting {
                let directory = data.directory
                try directory.create()
                let outcome = try SwaggerUI.install(URL(userPath: path), into: directory.pagesDirectory)
                let word = outcome.word
                if data.json { return try Output.json(["name": SwaggerUI.version, "outcome": word]) }
                Output.line("\(SwaggerUI.version): \(word) (\(directory.pagesDirectory.path))")
            }
        }
    }

    struct OpenAPI: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "openapi", abstract: "Print the description of the REST interface, OpenAPI 3.1.")

        @OptionGroup var data: DataOptions

        func run() async throws {
            FileHandle.standardOutput.write(API().document())
        }
    }
}
