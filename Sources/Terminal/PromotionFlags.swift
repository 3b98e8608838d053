package import Application
package import ArgumentParser
import ModelLifecycle

/// Options of what makes a version live.
package struct PromotionFlags: ParsableArguments {
    @Option(
        help:
            "Refuse, with the list, when an intent loses more than POINTS (hundredths of its labelled texts) against the active version. Intents with fewer than 10 texts are judged together."
    )
    var maxLoss: Double?

    @Option(help: "Labelled texts that --max-loss measures on (default: the bot's own examples).")
    package var file: String?

    @OptionGroup package var foreign: ForeignLabelFlags

    private func labelledFile() throws -> LabelledFile? {
        let labels = try foreign.checked()
        return file.map { LabelledFile(path: $0, foreign: labels) }
    }

    /// - Returns: nil without --max-loss.
    /// - Throws: ``CommandFailure`` for flags that do not go together, or a loss that is none.
    package func guarding() throws -> PromotionGuard? {
        guard let maxLoss else {
            guard file == nil else { throw CommandFailure(.data, "--file goes with --max-loss") }
            return nil
        }
        let texts = try labelledFile()
        guard (0...100).contains(maxLoss) else {
            throw CommandFailure(.data, "--max-loss: \(maxLoss) is not between 0 and 100")
        }
        return PromotionGuard(limit: try ForgettingGuard(maximumLoss: maxLoss), texts: texts)
    }

    package init() {}
}
