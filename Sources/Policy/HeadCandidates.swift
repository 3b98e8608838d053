package import ConversationDomain
package import Wording

/// Stands in for a ranking: makes candidates of what a classifier without one says, and of what was found in the knowledge
/// base. It goes when every classifier ranks, and `EngineParts.knowledge` with it.
package enum HeadCandidates {
    /// A score from which the visitor has practically asked an entry's own question: it goes before any intent.
    private static let exactHit = 0.985
    /// A score that goes before an intent that is likely, but not accepted.
    private static let strongHit = 0.9
    /// The confidence from which a rejected intent goes before a hit that is merely accepted.
    private static let probableIntent = 0.6

    package static func ranked(
        _ understanding: MessageUnderstanding, hits: [KnowledgeHit], content: ContentSnapshot
    ) -> MessageUnderstanding {
        var ranked = understanding
        if let hit = hits.first, hit.isAccepted, wins(hit, over: understanding, content) {
            ranked.candidates = [Candidate(subject: .knowledge(hit.entry.id), probability: 1)]
            return ranked
        }
        guard understanding.verdict != .outOfScope else { return ranked }
        ranked.candidates = understanding.ranking.prefix(MessageUnderstanding.candidateLimit).map {
            Candidate(subject: .intent($0.intent), probability: $0.confidence)
        }
        // Intents that are too close to choose between are asked about, however likely the first one is.
        if case .ambiguous = understanding.verdict { ranked.answerThreshold = 1 }
        return ranked
    }

    private static func wins(
        _ hit: KnowledgeHit, over understanding: MessageUnderstanding, _ content: ContentSnapshot
    ) -> Bool {
        if hit.score >= exactHit { return true }
        // The content may have lost the intent since the model was trained.
        let isKnown = understanding.top.map { $0.intent == .agentRequest || content.intents[$0.intent] != nil }
        switch understanding.verdict {
        case .accepted where isKnown == false: return true
        case .accepted, .ambiguous: return false
        case .outOfScope: return true
        case .belowThreshold:
            return hit.score >= strongHit || (understanding.top?.confidence ?? 0) < probableIntent
        }
    }
}
