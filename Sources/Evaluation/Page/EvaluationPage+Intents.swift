import ConversationDomain
import Measures

extension EvaluationPage {
    var intentSection: HTML {
        let rows = report.intents.sorted { ($0.f1, $0.intent) < ($1.f1, $1.intent) }.map(row)
        let averages = [("average of the intents", report.macro), ("average of the sentences", report.weighted)].map {
            """
            <tr><td class="soft">\($0)</td><td>\(Self.percent($1.recall))</td><td>\(Self.percent($1.precision))</td>\
            <td>\(Self.percent($1.f1))</td><td></td><td></td></tr>
            """ as HTML
        }
        return """
            <section><h2>Each intent</h2>
            <p class="about">The weakest first. <b>Found</b>: of the sentences with this intent, the share that was recognised. \
            <b>Right when named</b>: of the sentences that the bot gave this intent, the share that had it. \
            <b>F1</b> is low when either is low. Few sentences make a figure uncertain.</p>
            <div class="wide"><table>
            <tr><th>intent</th><th>found</th><th>right when named</th><th>F1</th><th>sentences</th><th>examples to learn from</th></tr>
            \(rows)
            \(averages)
            </table></div></section>
            """
    }

    private func row(_ scores: EvaluationReport.IntentScores) -> HTML {
        let examples = evaluation.subject.trainingExamples[scores.intent.rawValue]
        let few: HTML = scores.support < Self.fewSentences ? "<span class=\"tag\">few</span>" : ""
        return """
            <tr><td>\(scores.intent)\(few)</td><td>\(meter(scores.recall))\(Self.percent(scores.recall))</td>\
            <td>\(Self.percent(scores.precision))</td><td>\(Self.percent(scores.f1))</td><td>\(scores.support)</td>\
            <td>\(examples.map(String.init) ?? "–")</td></tr>
            """
    }

    private func meter(_ share: Double) -> HTML {
        let style = share >= 0.85 ? "good" : share >= 0.6 ? "middling" : "poor"
        return
            "<span class=\"meter\"><i class=\"\(style)\" style=\"width:\(Int((share * 100).rounded()))%\"></i></span>"
    }

    var confusionSection: HTML {
        guard !report.confusedPairs.isEmpty else { return "" }
        let pairs = report.confusedPairs.enumerated().map { index, pair -> HTML in
            let rows = pair.sentences.map { mistake -> HTML in
                """
                <tr><td class="words">\(mistake.text)</td><td class="left">\(mistake.expected)</td><td class="left">\(mistake.predicted)</td>\
                <td>\(Self.percent(mistake.confidence))</td></tr>
                """
            }
            let more: HTML =
                pair.count > pair.sentences.count
                ? "<p class=\"soft\">and \(pair.count - pair.sentences.count) more</p>" : ""
            return """
                <details\(index < 3 ? " open" : "")><summary><b>\(pair.count) ×</b> \(pair.first) and \(pair.second)</summary>
                <div class="wide"><table><tr><th class="words">sentence</th><th class="left">is</th><th class="left">was taken for</th><th>confidence</th></tr>
                \(rows)</table></div>\(more)</details>
                """
        }
        return """
            <section><h2>Most confused</h2>
            <p class="about">Intents that are taken for each other, with the sentences. Some will turn out to be filed under the wrong \
            intent: correct those first. For the others, more examples that show the difference help most.</p>
            \(pairs)</section>
            """
    }

    /// Mistakes that the page itself shows.
    static let shownMistakes = 200

    var mistakeSection: HTML {
        let mistakes = evaluation.mistakes
        guard !mistakes.isEmpty else { return "" }
        let rows = mistakes.prefix(Self.shownMistakes).map { mistake -> HTML in
            """
            <tr><td class="words">\(mistake.text)</td><td class="left">\(mistake.expected)</td><td class="left">\(mistake.predicted)</td>\
            <td>\(Self.percent(mistake.confidence))</td><td>\(mistake.accepted ? "answered wrongly" : "held back")</td></tr>
            """
        }
        let which =
            mistakes.count > Self.shownMistakes
            ? "The \(Self.shownMistakes) most confident of \(mistakes.count)" : "All \(mistakes.count)"
        return """
            <section><h2>Mistakes</h2>
            <p class="about">\(which). \u{201C}Held back\u{201D} means that the bot was unsure enough not to answer by itself.</p>
            <details><summary>Show the sentences</summary>
            <div class="wide"><table><tr><th class="words">sentence</th><th class="left">is</th><th class="left">was taken for</th><th>confidence</th><th>effect</th></tr>
            \(rows)</table></div></details></section>
            """
    }
}
