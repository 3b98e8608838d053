public import ConversationDomain

/// A classifier beside the intents: the same head as theirs, in which every label is in scope.
public struct LabelHead: Hashable, Sendable {
    public let classifier: ClassifierName
    /// Its labels stand where another head's intents do.
    package let head: IntentHead

    public var labels: [LabelName] { head.labels.map { LabelName(trusted: $0.rawValue) } }

    /// - Parameter embedding: `[dimension]`, of the pass that the intents are judged by too.
    public func judge(_ embedding: [Float]) -> LabelJudgement {
        let judgement = head.judge(embedding)
        return LabelJudgement(
            classifier: classifier,
            ranking: judgement.ranking.map {
                LabelScore(label: LabelName(trusted: $0.intent.rawValue), confidence: $0.confidence)
            }, isAccepted: judgement.verdict == .accepted)
    }
}

extension [LabelHead] {
    /// - Throws: `ChatError(.invalidRequest)` that lists the classifiers when there is none of the name.
    package func named(_ classifier: ClassifierName) throws -> LabelHead {
        if let head = first(where: { $0.classifier == classifier }) { return head }
        let names = [ClassifierName.intent.rawValue] + map(\.classifier.rawValue)
        throw ChatError(
            .invalidRequest,
            "the active model has no classifier '\(classifier)'; it has \(names.joined(separator: ", "))")
    }
}
