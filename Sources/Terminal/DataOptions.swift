package import Application
package import ArgumentParser
import Foundation

/// Options of every leaf command.
package struct DataOptions: ParsableArguments {
    @Option(name: .customLong("data"), help: "Folder of the database and the models.")
    package var path = "data"

    @Flag(help: "Print the result as JSON.")
    package var json: Bool = false

    package init() {}

    package var directory: DataDirectory {
        DataDirectory(url: URL(fileURLWithPath: path, isDirectory: true), progress: TerminalProgress())
    }
}
