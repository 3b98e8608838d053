public import ConversationDomain
import Foundation
import LinearModels

/// Decides on an intent from a sentence embedding: a linear classifier, its calibration and its thresholds.
public struct IntentHead: Hashable, Sendable {
    /// One a class; may hold `out_of_scope`.
    public let labels: [IntentName]
    let classifier: LinearClassifier
    /// What the logits are divided by.
    let temperature: Double
    /// The confidence that each label must reach.
    let thresholds: [Double]
    /// Two intents whose confidences differ by less are too close to choose between.
    let margin: Double

    /// What the head makes of one message.
    public struct Judgement: Hashable, Sendable {
        /// The most likely label of all, `out_of_scope` included, and its confidence.
        public let best: IntentScore
        /// All labels but `out_of_scope`, best first.
        public let ranking: [IntentScore]
        /// The threshold of the first of `ranking`.
        public let threshold: Double
        public let verdict: MessageUnderstanding.Verdict
    }

    /// Numbers that an embedding must have.
    public var dimension: Int { classifier.dimension }

    /// - Parameter embedding: `[dimension]`.
    public func judge(_ embedding: [Float]) -> Judgement { judge(logits: classifier.logits(of: embedding)) }

    /// What intents that are close to each other must reach together, so that asking back probably offers the right
    /// one.
    static let ambiguousShare = 0.7

    /// Ambiguous when two or three intents lie within `margin` of the top and reach `ambiguousShare` together;
    /// otherwise accepted when the top intent reaches its threshold.
    func judge(logits: [Float]) -> Judgement {
        let probabilities = Softmax.probabilities(logits, temperature: temperature)
        let order = probabilities.indices.sorted { (probabilities[$1], $0) < (probabilities[$0], $1) }
        let ranked = order.filter { labels[$0] != .outOfScope }
        let ranking = ranked.map { IntentScore(intent: labels[$0], confidence: probabilities[$0]) }
        guard let first = order.first, let top = ranked.first else {
            return Judgement(
                best: IntentScore(intent: .outOfScope, confidence: 1), ranking: [], threshold: 1, verdict: .outOfScope)
        }
        return Judgement(
            best: IntentScore(intent: labels[first], confidence: probabilities[first]), ranking: ranking,
            threshold: thresholds[top],
            verdict: verdict(
                isOutOfScope: labels[first] == .outOfScope, ranking: ranking, threshold: thresholds[top]))
    }

    private func verdict(isOutOfScope: Bool, ranking: [IntentScore], threshold: Double)
        -> MessageUnderstanding.Verdict
    {
        guard let top = ranking.first, !isOutOfScope else { return .outOfScope }
        let close = ranking.prefix(3).filter { top.confidence - $0.confidence < margin }
        if close.count > 1, close.reduce(0, { $0 + $1.confidence }) >= Self.ambiguousShare {
            return .ambiguous(close.map(\.intent))
        }
        return top.confidence >= threshold ? .accepted : .belowThreshold
    }
}
