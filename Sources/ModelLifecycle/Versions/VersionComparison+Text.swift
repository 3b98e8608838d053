public import ConversationDomain
import Foundation

extension VersionComparison {
    /// For a terminal.
    /// - Parameter limit: rows of each table at most.
    public func renderedText(limit: Int = 20) -> String {
        var lines = ["A  \(a)", "B  \(b)", ""]
        lines += recentLines() + [""] + labelledLines() + intentLines(limit) + changeLines(limit)
        return lines.joined(separator: "\n")
    }

    private func recentLines() -> [String] {
        guard !recent.isEmpty else { return ["recent messages    none"] }
        let (same, all) = Self.agreement(recent)
        return [
            "recent messages    \(all), \(recent.count) different texts",
            "  same decision    \(Self.share(same, all))",
        ]
    }

    private func labelledLines() -> [String] {
        guard !labelled.isEmpty else { return ["labelled texts     none"] }
        let (same, all) = Self.agreement(labelled)
        let accuracy = accuracy
        return [
            "labelled texts     \(all), \(Self.words(source))",
            "  same decision    \(Self.share(same, all))",
            "  accuracy of A    \(Self.words(accuracy.a))",
            "  accuracy of B    \(Self.words(accuracy.b))",
        ]
    }

    private func intentLines(_ limit: Int) -> [String] {
        let moved = intents.filter { $0.rightInA != $0.rightInB }
        guard !moved.isEmpty else { return [] }
        return ["", "intents that are acted on rightly more or less often\(Self.shown(limit, of: moved.count))"]
            + Self.table(moved.prefix(limit))
    }

    private func changeLines(_ limit: Int) -> [String] {
        let changes = changes
        guard !changes.isEmpty else { return ["", "no decision changes"] }
        return ["", "changed decisions: \(changes.count)\(Self.shown(limit, of: changes.count))"]
            + changes.prefix(limit).map { Self.line($0) }
    }

    /// One line an intent: texts, acted on rightly by A and B, the change in points.
    public static func table(_ changes: some Collection<IntentChange>) -> [String] {
        let width = max(12, changes.map(\.name.unicodeScalars.count).max() ?? 0)
        func row(_ name: String, _ cells: [String]) -> String {
            "  " + name + String(repeating: " ", count: max(0, width - name.unicodeScalars.count))
                + cells.map { String(repeating: " ", count: max(1, 10 - $0.count)) + $0 }.joined()
        }
        return [row("intent", ["texts", "A", "B", "points"])]
            + changes.map {
                row($0.name, ["\($0.texts)", "\($0.rightInA)", "\($0.rightInB)", String(format: "%+.1f", $0.points)])
            }
    }

    /// The text with both decisions, and what it means if that is known.
    public static func line(_ text: ReplayedText) -> String {
        let times = text.text.count > 1 ? "  \(text.text.count)×" : ""
        let expected = text.text.expected.map { "  (means \($0))" } ?? ""
        return "  \(shortened(text.text.text))\(times)\(expected)\n      A \(words(text.a))   B \(words(text.b))"
    }

    /// `order.status 0.91`, or what was rejected.
    public static func words(_ decision: VersionDecision) -> String {
        let confidence = String(format: "%.2f", decision.best.confidence)
        guard !decision.isAccepted else { return "\(decision.best.intent) \(confidence)" }
        return decision.best.intent == .outOfScope
            ? "rejected \(confidence)" : "not sure (\(decision.best.intent) \(confidence))"
    }

    /// One line of at most 100 characters.
    public static func shortened(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return line.count > 100 ? line.prefix(99) + "…" : line
    }

    private static func words(_ source: Source) -> String {
        switch source {
        case .file(let name): return "from \(name)"
        case .examples(let a, let b):
            let seen =
                switch (a, b) {
                case (true, true): "both were trained on them"
                case (true, false): "A was trained on them, B on other examples"
                case (false, true): "B was trained on them, A on other examples"
                case (false, false): "both were trained on other examples, many of them the same"
                }
            return "the bot's own examples: \(seen); --file measures on texts that neither has seen"
        }
    }

    private static func words(_ estimate: AccuracyEstimate) -> String {
        "\(percent(estimate.value)) (95 % between \(percent(estimate.lower)) and \(percent(estimate.upper)))"
    }

    private static func share(_ part: Int, _ whole: Int) -> String {
        "\(part) of \(whole) (\(percent(whole == 0 ? 0 : Double(part) / Double(whole))))"
    }

    private static func shown(_ limit: Int, of count: Int) -> String {
        count > limit ? " (the first \(limit); --json gives all)" : ""
    }

    private static func percent(_ share: Double) -> String { String(format: "%.1f %%", share * 100) }
}
