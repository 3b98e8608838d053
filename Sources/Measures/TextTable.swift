/// The rows of tables of scores for a terminal.
package enum TextTable {
    /// 12.3 %
    package static func percent(_ share: Double) -> String {
        let tenths = Int((share * 1000).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }

    package static func width(of names: [String]) -> Int { max(12, names.map(columns).max() ?? 0) }

    /// How many columns of a terminal a text takes: wide characters of CJK take two.
    private static func columns(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + ($1.value >= 0x1100 && $1.properties.isAlphabetic ? 2 : 1) }
    }

    package static func header(_ name: String, _ width: Int) -> String {
        line(name, ["precision", "recall", "F1", "support"], width)
    }

    package static func row(_ name: String, _ scores: LabelScores, _ support: Int, _ width: Int) -> String {
        line(name, [percent(scores.precision), percent(scores.recall), percent(scores.f1), "\(support)"], width)
    }

    package static func averages(_ averages: AveragedScores, _ support: Int, width: Int = 20, note: String = "")
        -> [String]
    {
        [("micro", averages.micro), ("macro", averages.macro), ("weighted", averages.weighted)].map { name, scores in
            row("= \(name)\(note)", scores, support, width)
        }
    }

    package static func line(_ name: String, _ cells: [String], _ width: Int) -> String {
        let padding = String(repeating: " ", count: max(0, width - columns(name)))
        return name + padding + cells.map { String(repeating: " ", count: max(1, 11 - $0.count)) + $0 }.joined()
    }
}
