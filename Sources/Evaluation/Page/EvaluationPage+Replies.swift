import ConversationDomain

extension EvaluationPage {
    /// What the bot does with whole messages, at several shares of foreign ones.
    var replySection: HTML {
        guard let replies = evaluation.replies, !replies.shares.isEmpty else { return "" }
        let head = replies.shares.map { "<th>\(Self.percent($0.foreignShare)) foreign</th>" as HTML }
        let rows = ReplyReport.lines.map { line -> HTML in
            let cells = replies.shares.map { "<td>\(line.figure($0))</td>" as HTML }
            return "<tr><td>\(line.name)</td>\(cells)</tr>"
        }
        return """
            <section><h2>What it replies</h2>
            <p class="about">Each sentence was said to the bot as the first message of a conversation. It answers when it is sure enough, asks \
            which of two or three things was meant, or says that it does not know; to a foreign question the last is right. The \
            columns weigh the same sentences for a different share of foreign messages. \(Self.count(replies.inScope.texts, "sentence")) \
            in scope; \(replies.foreignNote).</p>
            <div class="wide"><table><tr><th>of all messages</th>\(head)</tr>
            \(rows)
            </table></div>
            \(foreignCategories(replies))\(wrongReplies(replies))</section>
            """
    }

    private func foreignCategories(_ replies: ReplyReport) -> HTML {
        let answered = replies.categories.filter { $0.counts.answeredWrong > 0 }
        guard !answered.isEmpty else { return "" }
        let rows = answered.map { category -> HTML in
            "<tr><td>\(category.name)</td><td>\(category.counts.answeredWrong)</td><td>\(category.counts.texts)</td></tr>"
        }
        return """
            <details><summary>Foreign sentences that were answered, by category</summary>
            <div class="wide"><table style="width:auto"><tr><th>category</th><th>answered</th><th>sentences</th></tr>\(rows)</table></div></details>
            """
    }

    private func wrongReplies(_ replies: ReplyReport) -> HTML {
        guard !replies.wrong.isEmpty else { return "" }
        let rows = replies.wrong.prefix(Self.shownMistakes).map { wrong -> HTML in
            let expected = wrong.expected.isEmpty ? "nothing of the bot's" : wrong.expected.joined(separator: " or ")
            return """
                <tr><td class="words">\(wrong.text)</td><td class="left">\(expected)</td><td class="left">\(wrong.reply)</td></tr>
                """
        }
        let more: HTML =
            replies.wrong.count > Self.shownMistakes
            ? "<p class=\"soft\">and \(replies.wrong.count - Self.shownMistakes) more</p>" : ""
        return """
            <details><summary>Answered with something else: \(Self.count(replies.wrong.count, "sentence"))</summary>
            <div class="wide"><table><tr><th class="words">sentence</th><th class="left">should lead to</th><th class="left">was answered with</th></tr>
            \(rows)</table></div>\(more)</details>
            """
    }

    /// The first finding about whole replies; nil where they were not measured.
    var replyFinding: String? {
        guard let replies = evaluation.replies, let row = replies.shares.dropFirst().first ?? replies.shares.first
        else { return nil }
        let right =
            row.rightWhenAnswering.map { "\(Self.percent($0)) of its answers are right" } ?? "it answers nothing"
        return
            "With a share of \(Self.percent(row.foreignShare)) foreign messages, \(right), and it gives \(Self.percent(row.coverage)) of what is in scope an answer unasked."
    }
}
