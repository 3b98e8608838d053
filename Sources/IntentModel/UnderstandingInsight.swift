public import ConversationDomain
public import ModelRecords
public import Wording

/// Classification, search and lists for callers who do not chat.
public struct UnderstandingInsight: InsightService {
    private let classifier: LiveClassifier
    private let knowledge: any KnowledgeBase
    private let content: any LiveContent
    private let models: any ModelStore

    public init(
        classifier: LiveClassifier, knowledge: any KnowledgeBase, content: any LiveContent, models: any ModelStore
    ) {
        self.classifier = classifier
        self.knowledge = knowledge
        self.content = content
        self.models = models
    }

    public func classify(_ texts: [String], top: Int, locale: BotLocale?) async throws -> (
        model: ModelVersionID, results: [Classification]
    ) {
        guard let active = classifier.active else {
            throw ChatError(.notReady, "no model is active yet", retryAfter: 1)
        }
        let understood = try await classifier.understand(texts, with: active, locale: locale)
        return (
            active.id,
            zip(texts, understood).map { text, understanding in
                let isAccepted = understanding.verdict == .accepted
                return Classification(
                    text: text, intent: isAccepted ? understanding.top?.intent : nil,
                    confidence: understanding.top?.confidence ?? 0, isAccepted: isAccepted,
                    ranking: Array(understanding.ranking.prefix(max(0, top))), entities: understanding.entities,
                    labelled: understanding.labelled)
            }
        )
    }

    public func label(_ texts: [String], by classifier: ClassifierName, top: Int) async throws -> (
        model: ModelVersionID, results: [LabelClassification]
    ) {
        guard let active = self.classifier.active else {
            throw ChatError(.notReady, "no model is active yet", retryAfter: 1)
        }
        _ = try active.labelHeads.named(classifier)
        let understood = try await self.classifier.understand(texts, with: active)
        return (
            active.id,
            zip(texts, understood).compactMap { text, understanding in
                guard let judgement = understanding.labels.first(where: { $0.classifier == classifier }),
                    let best = judgement.top
                else { return nil }
                return LabelClassification(
                    text: text, top: best, isAccepted: judgement.isAccepted,
                    ranking: Array(judgement.ranking.prefix(max(0, top))))
            }
        )
    }

    /// What the ranking compared stands first, with the probability that a turn would give it; the rest of what words and
    /// meaning find follows.
    public func search(_ query: String, limit: Int, locale: BotLocale?) async throws -> [KnowledgeHit] {
        let found = try await knowledge.search(query, embedding: nil, model: nil, locale: locale, limit: limit)
        guard limit > 0, classifier.active != nil,
            let understanding = try await classifier.understand([query], visitor: locale).first,
            let threshold = understanding.answerThreshold
        else { return found }
        let entries = Dictionary(
            content.current().content.knowledge.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let ranked = understanding.candidates.compactMap { candidate -> KnowledgeHit? in
            guard case .knowledge(let id) = candidate.subject, let entry = entries[id] else { return nil }
            let question = found.first { $0.entry.id == id }?.question ?? entry.questions.first ?? ""
            return KnowledgeHit(
                entry: entry, question: question, score: candidate.probability,
                isAccepted: candidate.probability >= threshold)
        }
        let known = Set(ranked.map(\.entry.id))
        let least = ranked.last?.score ?? 1
        let rest = found.filter { !known.contains($0.entry.id) }.map {
            KnowledgeHit(
                entry: $0.entry, question: $0.question, score: min(least, $0.score * least), isAccepted: false)
        }
        return Array((ranked + rest).prefix(limit))
    }

    /// All intents that a message can be understood as, by name.
    public func intents() async throws -> [IntentSummary] {
        content.current().content.intents.filter { $0.name != .outOfScope }.map { intent in
            IntentSummary(
                name: intent.name, title: intent.title, description: intent.description,
                examples: Dictionary(grouping: intent.examples, by: \.locale).mapValues(\.count),
                slots: intent.slots, answers: intent.answers.count)
        }.sorted { $0.name < $1.name }
    }

    public func models() async throws -> [ModelSummary] { try await models.list() }

    public func readiness() async -> (isReady: Bool, detail: String) {
        let snapshot = content.current()
        guard !snapshot.intents.isEmpty || !snapshot.knowledge.isEmpty else {
            return (false, "neither intents nor entries are imported")
        }
        guard let active = classifier.active else { return (false, "no model is active") }
        return (true, "model \(active.id) is active")
    }
}
