import ConversationDomain
import Measures

extension EvaluationSubject.TextOrigin: CustomStringConvertible {
    public var description: String {
        let told =
            switch author {
            case .ownExamples where known == texts: "the author's own examples"
            case .ownExamples: "the author's own examples: \(known) of \(texts) sentences are among the bot's"
            case .others where known == 0: "text that is not among the bot's examples"
            case .others: "text that is not among the bot's examples, but for \(known) of \(texts) sentences"
            }
        return repeated == 0 ? told : "\(told); \(repeated) repeated, counted once"
    }
}

extension ReplyReport {
    /// The lines of the table: what is told, and its figure for a share of foreign messages.
    static let lines: [(name: String, figure: @Sendable (Row) -> String)] = [
        ("answered right", { TextTable.percent($0.answeredRight) }),
        ("answered wrong", { TextTable.percent($0.answeredWrong) }),
        ("asked back, the right one offered", { TextTable.percent($0.askedBackRight) }),
        ("asked back without the right one", { TextTable.percent($0.askedBackWrong) }),
        ("did not know, foreign", { TextTable.percent($0.rejectedRight) }),
        ("did not know, in scope", { TextTable.percent($0.rejectedWrong) }),
        ("right when it answers", { $0.rightWhenAnswering.map(TextTable.percent) ?? "-" }),
        ("answered of what is in scope", { TextTable.percent($0.coverage) }),
        ("wrong answers in 100 messages", { ReplyReport.tenths($0.wrongPerHundred) }),
    ]

    private static func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// What stands for foreign messages.
    var foreignNote: String {
        switch foreignSource {
        case .file where foreign.texts == 0: "no foreign sentences"
        case .file: "\(foreign.texts) foreign sentences of the file"
        case .background:
            "the file has no foreign sentences: \(foreign.texts) of the program's own stand for them, in \(categories.count) categories, each judged without its category"
        }
    }

    /// The table for a terminal.
    func renderedText() -> String {
        let width = 36
        var lines = ["whole replies      \(inScope.texts) sentences in scope; \(foreignNote)"]
        if shares.isEmpty {
            lines.append(
                "of the foreign sentences \(foreign.answeredWrong) were answered, \(foreign.askedBackWrong) asked back about, \(foreign.rejected) rejected"
            )
        } else {
            lines.append(
                TextTable.line("share of foreign messages", shares.map { TextTable.percent($0.foreignShare) }, width))
            lines += Self.lines.map { line in TextTable.line(line.name, shares.map(line.figure), width) }
        }
        let answered = categories.filter { $0.counts.answeredWrong > 0 }
        if !answered.isEmpty {
            lines.append(
                "foreign categories that were answered: "
                    + answered.prefix(8).map { "\($0.name) \($0.counts.answeredWrong) of \($0.counts.texts)" }
                    .joined(separator: ", "))
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
