import ConversationDomain
import IntentModel
import ModelRecords

/// Replays sentences whose meaning is known with and without new labels.
struct RegressionCheck: Sendable {
    let known: KnownSentences
    let head: IntentHead

    /// - Returns: the sentences that only `before` understands rightly, and how many only `after` does.
    func compare(before: LabelledIndex?, after: LabelledIndex?) -> RegressionReport {
        var regressions: [ReviewRegression] = []
        var improvements = 0
        for (sentence, embedding) in zip(known.sentences, known.embeddings) {
            let old = head.judge(sentence.text, embedding, labels: before)
            let new = head.judge(sentence.text, embedding, labels: after)
            let (wasRight, isRight) = (sentence.isMeant(by: old), sentence.isMeant(by: new))
            if wasRight, !isRight {
                regressions.append(
                    ReviewRegression(text: sentence.text, intent: sentence.intent, understood: new.understood))
            } else if isRight, !wasRight {
                improvements += 1
            }
        }
        return RegressionReport(
            checked: known.sentences.count, regressions: regressions, improvements: improvements)
    }
}

extension KnownSentence {
    fileprivate func isMeant(by judgement: IntentHead.LabelledJudgement) -> Bool {
        intent == .outOfScope ? judgement.understood == nil : judgement.understood == intent
    }
}
