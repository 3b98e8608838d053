import ConversationDomain

@testable import Measures

extension EvaluationReport.Outcome {
    /// What a head said about a sentence; with a ranking of one or none unless `second` is there.
    static func of(
        _ truth: String, _ predicted: String, _ confidence: Double, accepted: Bool = true, text: String = "",
        ranking: [(String, Double)]? = nil
    ) -> Self {
        Self(
            truth: IntentName(trusted: truth),
            best: IntentScore(intent: IntentName(trusted: predicted), confidence: confidence), isAccepted: accepted,
            text: text,
            ranking: ranking?.map { IntentScore(intent: IntentName(trusted: $0.0), confidence: $0.1) })
    }
}
