import Application
import ArgumentParser
import ConversationDomain
import Foundation
import ModelLifecycle
import ModelRecords
import Terminal
import Wire

extension ReviewCommand {
    /// `frontdesk review label`: one decision for a group of texts.
    struct Label: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what a group of texts means.",
            discussion:
                "Counts at once, in a running server too. The bot's own sentences are replayed first: a label that makes one misunderstood is refused with their list, unless it is forced."
        )

        @OptionGroup var data: DataOptions

        @Option(help: "An intent that the bot has.")
        var intent: String?

        @Option(help: "An intent that is made for it.")
        var newIntent: String?

        @Option(help: "What the new intent is about.")
        var description: String?

        @Option(help: "The id of a knowledge entry, of which the texts become questions.")
        var knowledge: String?

        @Flag(help: "The bot must reject it.")
        var outOfScope = false

        @Flag(help: "This text only, not its whole group.")
        var only = false

        @Flag(help: "Also when known sentences would not be understood any more.")
        var force = false

        @Argument(help: "The id of a text, or of its group.")
        var id: String

        @OptionGroup var encoding: EncoderFlags

        func run() async throws {
            try await ReviewCommand.atDesk(data, encoding) { desk in
                let label = try label()
                let outcome = try await desk.label(
                    try ReviewCommand.id(id), as: label, scope: only ? .one : .cluster, force: force,
                    by: ReviewCommand.decider)
                if data.json { try Output.json(ReviewOutcomeView(outcome: outcome)) }
                if outcome.isRefused, let report = outcome.report {
                    throw CommandFailure(
                        .data,
                        (["the label was refused, nothing was changed"] + Self.lines(report))
                            .joined(separator: "\n") + "\nuse --force to learn it nevertheless")
                }
                if !data.json { Self.show(outcome, label) }
            }
        }

        private func label() throws -> ReviewLabel {
            guard description == nil || newIntent != nil else {
                throw CommandFailure(.data, "--description goes with --new-intent")
            }
            var labels: [ReviewLabel] = outOfScope ? [.outOfScope] : []
            if let intent {
                let name: IntentName = try name(intent, "--intent")
                labels.append(name == .outOfScope ? .outOfScope : .intent(name))
            }
            if let newIntent {
                labels.append(.newIntent(try name(newIntent, "--new-intent"), description: try checkedDescription()))
            }
            if let knowledge { labels.append(.knowledge(try name(knowledge, "--knowledge"))) }
            guard labels.count == 1 else {
                throw CommandFailure(.data, "give one of --intent, --new-intent, --knowledge and --out-of-scope")
            }
            return labels[0]
        }

        private func checkedDescription() throws -> String {
            guard let description else { return "" }
            do {
                return try RequestReader().text(description, field: "--description")
            } catch let error as ChatError {
                throw CommandFailure(.data, error.message)
            }
        }

        private func name<Name: ChosenName>(_ text: String, _ option: String) throws -> Name {
            guard let name = Name(text) else {
                throw CommandFailure(
                    .data, "\(option): '\(text)' is not a name of 1 to 128 letters, digits and . _ - / :")
            }
            return name
        }

        private static func show(_ outcome: ReviewOutcome, _ label: ReviewLabel) {
            let texts = outcome.items.count == 1 ? "1 text" : "\(outcome.items.count) texts"
            Output.line("labelled \(texts) as \(label.target); it counts at once")
            if let report = outcome.report { lines(report).forEach(Output.line) }
            if case .newIntent(let name, _) = label {
                Output.line("\(name) has no answer yet: export it, write one, and import it")
            }
            if label.intent != nil { Output.line("run 'frontdesk train' to make it part of the model too") }
        }

        private static func lines(_ report: RegressionReport) -> [String] {
            let better = report.improvements > 0 ? ", \(report.improvements) better" : ""
            return [
                "\(report.checked) known sentences replayed: \(report.regressions.count) worse\(better)"
            ]
                + report.regressions.prefix(50).map {
                    "    \($0.text)  (\($0.intent) → \($0.understood?.rawValue ?? "rejected"))"
                }
        }
    }
}
