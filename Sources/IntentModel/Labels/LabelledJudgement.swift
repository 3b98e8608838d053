package import ConversationDomain

extension IntentHead {
    /// What the head and the labels make of a message together.
    package struct LabelledJudgement: Hashable, Sendable {
        /// All intents but `out_of_scope`, best first.
        package let ranking: [IntentScore]
        let threshold: Double
        package let verdict: MessageUnderstanding.Verdict
        /// Nil when the head had decided the same by itself, or there is no label.
        let labelled: LabelledMatch?

        /// What the bot acts on; nil when the message is not accepted as any intent.
        package var understood: IntentName? { verdict == .accepted ? ranking.first?.intent : nil }
    }

    /// The head's own judgement, changed where the labels say otherwise.
    package func judge(_ text: String, _ embedding: [Float], labels: LabelledIndex?) -> LabelledJudgement {
        let own = judge(embedding)
        guard let match = labels?.match(text, embedding), own.givesWay(to: match) else {
            return LabelledJudgement(
                ranking: own.ranking, threshold: own.threshold, verdict: own.verdict, labelled: nil)
        }
        let label = match.label
        guard label.intent != .outOfScope else {
            return LabelledJudgement(
                ranking: Self.scaled(own.ranking, to: 1 - match.certainty), threshold: own.threshold,
                verdict: .outOfScope, labelled: label)
        }
        let threshold = self.threshold(of: label.intent)
        let before = own.ranking.first { $0.intent == label.intent }?.confidence ?? 0
        let confidence = max(match.certainty, threshold, before)
        let others = Self.scaled(own.ranking.filter { $0.intent != label.intent }, to: 1 - confidence)
        return LabelledJudgement(
            ranking: [IntentScore(intent: label.intent, confidence: confidence)] + others, threshold: threshold,
            verdict: .accepted, labelled: label)
    }

    /// The confidence that an intent must reach; an intent that the head has not learned yet has the usual one.
    private func threshold(of intent: IntentName) -> Double {
        labels.firstIndex(of: intent).map { thresholds[$0] } ?? AcceptanceThresholds.unmeasured
    }

    /// The same proportions with another sum; smaller sums stay.
    private static func scaled(_ scores: [IntentScore], to sum: Double) -> [IntentScore] {
        let before = scores.reduce(0) { $0 + $1.confidence }
        guard before > sum else { return scores }
        return scores.map { IntentScore(intent: $0.intent, confidence: $0.confidence * sum / before) }
    }
}

extension IntentHead.Judgement {
    /// Whether the label changes anything, and may.
    fileprivate func givesWay(to label: LabelledIndex.Match) -> Bool {
        switch verdict {
        case .accepted: ranking.first?.intent != label.label.intent && label.overrules
        case .outOfScope: label.label.intent != .outOfScope
        case .ambiguous, .belowThreshold: true
        }
    }
}
