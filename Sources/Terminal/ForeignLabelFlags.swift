import Application
package import ArgumentParser

/// Labels of files that mean that a text is out of scope.
package struct ForeignLabelFlags: ParsableArguments {
    @Option(
        name: .customLong("foreign"),
        help: ArgumentHelp(
            "A label of the file that means out of scope, such as oos, none or NO_NODES_DETECTED; may be repeated.",
            valueName: "label"))
    package var labels: [String] = []

    /// - Throws: ``CommandFailure`` for a label that no row can have.
    package func checked() throws -> [String] {
        if labels.contains(where: { LabelledFile.trimmed($0).isEmpty }) {
            throw CommandFailure(.data, "--foreign: an empty label, expected one as it stands in the file")
        }
        return labels.map(LabelledFile.trimmed)
    }

    package init() {}
}
