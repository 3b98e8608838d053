import Application
package import ArgumentParser
import ConversationDomain
import ModelRecords
import Foundation
import IntentModel
import Terminal

/// `frontdesk classify`: what the active model makes of texts.
package struct ClassifyCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "classify", abstract: "Classify texts with the active model.")

    @OptionGroup var data: DataOptions

    @Option(help: "How many intents to list for each text.")
    var top = 3

    @Option(help: "A classifier beside the intents, such as sentiment.")
    var classifier: String?

    @Argument(help: "The texts, each in quotes; '-' reads lines from standard input.")
    var texts: [String]

    @OptionGroup var dates: TimeZoneFlags
    @OptionGroup var encoding: EncoderFlags

    package init() {}

    package func run() async throws {
        try await CommandFailure.reporting {
            guard (1...1000).contains(top) else {
                throw CommandFailure(.data, "--top: \(top) is not between 1 and 1000")
            }
            let bot = try await Bot.open(
                data.directory, settings: BotSettings(timeZone: try dates.timeZone(), encoder: encoding.settings()))
            defer { bot.close() }
            var results: [ClassificationView] = []
            let inputs = inputs()
            if let classifier, classifier != ClassifierName.intent.rawValue {
                return try await classify(inputs, by: try LabelSetImport.classifier(classifier), with: bot)
            }
            for start in stride(from: 0, to: inputs.count, by: 64) {
                let batch = Array(inputs[start...].prefix(64))
                results += try await bot.insight.classify(batch, top: top, locale: nil).results.map(
                    ClassificationView.init)
            }
            if data.json { return try Output.json(results) }
            for result in results {
                let ranking = result.ranking.map { "\($0.intent) \(String(format: "%.3f", $0.confidence))" }.joined(
                    separator: ", ")
                Output.line("\(result.text)\n  \(result.intent.map { "\($0)" } ?? "rejected"): \(ranking)")
                if let labelled = result.labelled {
                    Output.line(
                        "  labelled \(labelled.intent) in the review queue (similarity \(String(format: "%.3f", labelled.similarity)))"
                    )
                }
                for entity in result.entities {
                    let confidence = entity.confidence.map { " (\(String(format: "%.3f", $0)))" } ?? ""
                    Output.line("  \(entity.entity) = \(entity.value)\(confidence)")
                }
            }
        }
    }

    private func inputs() -> [String] {
        guard texts == ["-"] else { return texts }
        var lines: [String] = []
        while let line = readLine() { if !line.isEmpty { lines.append(line) } }
        return lines
    }
}

/// A classification in `--json` output, as REST shows it.
struct ClassificationView: Encodable {
    let text: String
    let intent: IntentName?
    let confidence: Double
    let accepted: Bool
    let ranking: [IntentScore]
    let entities: [Entity]
    let labelled: LabelledMatch?

    init(_ result: Classification) {
        text = result.text
        intent = result.intent
        confidence = result.confidence
        accepted = result.isAccepted
        ranking = result.ranking
        entities = result.entities
        labelled = result.labelled
    }
}
