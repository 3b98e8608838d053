import ConversationDomain
import Foundation
import Measures
import Wire

/// An evaluation as one HTML page that needs nothing beside it: no script, no file, no network. Written for those who own
/// a bot, not for those who build one.
public struct EvaluationPage: Sendable {
    let evaluation: Evaluation
    var report: EvaluationReport { evaluation.report }

    public init(_ evaluation: Evaluation) { self.evaluation = evaluation }

    /// The page.
    public func html() -> String {
        let page: HTML = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>How well the bot understands</title>
            <style>
            \(PageStyle.css)
            </style>
            </head>
            <body><main>
            <h1>How well the bot understands</h1>
            <p class="soft">\(method) \(source)</p>
            \(tiles)
            \(summary)
            \(replySection)
            \(headNote)
            \(intentSection)
            \(confusionSection)
            \(sweepSection)
            \(outOfScopeSection)
            \(reliabilitySection)
            \(learningSection)
            \(latencySection)
            \(mistakeSection)
            \(footer)
            </main></body>
            </html>

            """
        return page.markup
    }

    /// 12.3 %
    static func percent(_ share: Double) -> String { TextTable.percent(share) }

    /// `1 sentence`, `2 sentences`
    static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    private var method: String {
        let sentences = Self.count(max(report.samples, evaluation.subject.origin.texts), "sentence")
        return switch evaluation.subject.method {
        case .file: "Measured on \(sentences) of \(evaluation.subject.detail) with the version of the bot that is live."
        case .crossValidation:
            "Measured on the bot's own \(sentences). They were divided into \(evaluation.subject.detail); each was judged after learning from the others only."
        case .heldOut:
            "Measured on \(sentences) of the bot's own (\(evaluation.subject.detail)), which were kept back while it learned from the rest."
        }
    }

    /// Whose words the sentences are.
    private var source: String {
        let origin = evaluation.subject.origin
        return switch origin.author {
        case .ownExamples:
            "This is \(origin). Who wrote them wrote what the bot learns from: expect customers to be understood less well."
        case .others: "This is \(origin)."
        }
    }

    private var headNote: HTML {
        evaluation.replies == nil
            ? "<p class=\"soft\">What follows measures the intent head alone, not whole replies: for these, measure a file of what customers wrote.</p>"
            : "<p class=\"soft\">What follows measures the intent head alone, which is one of the things that a reply is chosen by.</p>"
    }

    private var tiles: HTML {
        let percent = Self.percent
        var tiles: [HTML] = []
        if let row = evaluation.replies?.shares.first, let right = row.rightWhenAnswering {
            tiles.append(
                tile(
                    percent(right), "of its answers are right",
                    "\(percent(row.coverage)) of what is in scope answered; no foreign messages among them"))
        }
        if let foreign = evaluation.replies?.foreign, foreign.texts > 0 {
            tiles.append(
                tile(
                    percent(LabelCounts.share(foreign.rejected, of: foreign.texts)), "foreign questions turned away",
                    "of those that it should not answer"))
        }
        if report.samples > 0 {
            tiles.append(
                tile(
                    percent(report.accuracy),
                    evaluation.replies == nil ? "understood rightly" : "understood rightly by the intent head",
                    "95 % sure to lie between \(percent(report.accuracyLower)) and \(percent(report.accuracyUpper))"))
        }
        if evaluation.replies == nil, report.intents.contains(where: { $0.intent != .outOfScope }) {
            tiles.append(
                tile(
                    percent(report.coverage), "answered by itself",
                    report.precision.map { "\(percent($0)) of these answers are right" } ?? "of what it should answer"))
        }
        if evaluation.replies == nil, let recall = report.outOfScopeRecall {
            tiles.append(tile(percent(recall), "foreign questions turned away", "of those that it should not answer"))
        }
        tiles.append(
            tile(percent(report.calibrationError), "error of its confidence", "0 % would be perfectly honest"))
        if let latency = evaluation.latency {
            tiles.append(tile(Self.milliseconds(latency.p50), "to understand a message", "the middle one of many"))
        }
        return "<div class=\"tiles\">\(tiles)</div>"
    }

    private func tile(_ figure: String, _ what: String, _ more: String) -> HTML {
        "<div class=\"tile\"><b>\(figure)</b><span>\(what)</span><small>\(more)</small></div>"
    }

    private var summary: HTML {
        let items = findings.map { "<li>\($0)</li>" as HTML }
        return "<section><h2>In short</h2><ul>\(items)</ul></section>"
    }

    private var footer: HTML {
        let subject = evaluation.subject
        let model = subject.model.map { "version \($0.rawValue), " } ?? ""
        return """
            <footer>Measured \(Timestamp.text(subject.measuredAt)) with \(model)encoder \(subject.encoder). \
            The same figures stand in \(EvaluationFiles.json), all mistakes in \(EvaluationFiles.errors), beside this page.</footer>
            """
    }
}
