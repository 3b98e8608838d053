import Application
import ConversationDomain
import ModelRecords
import Foundation
import IntentModel
import Terminal

extension ClassifyCommand {
    /// `--classifier`: labels of a classifier beside the intents.
    func classify(_ inputs: [String], by classifier: ClassifierName, with bot: Bot) async throws {
        var results: [LabelledTextView] = []
        for start in stride(from: 0, to: inputs.count, by: 64) {
            let batch = Array(inputs[start...].prefix(64))
            do {
                results += try await bot.insight.label(batch, by: classifier, top: top).results.map(
                    LabelledTextView.init)
            } catch let error as ChatError where error.code == .invalidRequest {
                throw CommandFailure(.data, "--classifier: \(error.message)")
            }
        }
        if data.json { return try Output.json(results) }
        for result in results {
            let ranking = result.ranking.map { "\($0.label) \(String(format: "%.3f", $0.confidence))" }
                .joined(separator: ", ")
            Output.line("\(result.text)\n  \(result.label)\(result.accepted ? "" : " (unsure)"): \(ranking)")
        }
    }
}

/// A labelled text in `--json` output, as REST shows it.
private struct LabelledTextView: Encodable {
    let text: String
    let label: LabelName
    let confidence: Double
    let accepted: Bool
    let ranking: [LabelScore]

    init(_ result: LabelClassification) {
        text = result.text
        label = result.top.label
        confidence = result.top.confidence
        accepted = result.isAccepted
        ranking = result.ranking
    }
}
