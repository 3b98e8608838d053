import Application
import ArgumentParser
import Foundation

/// Options of every leaf command.
struct DataOptions: ParsableArguments {
    @Option(name: .customLong("data"), help: "Folder of the database and the models.")
    var path = "data"

    @Flag(help: "Print the result as JSON.")
    var json: Bool = false

    var directory: DataDirectory {
        DataDirectory(url: URL(fileURLWithPath: path, isDirectory: true), progress: TerminalProgress())
    }
}
