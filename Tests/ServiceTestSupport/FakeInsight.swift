public import ConversationDomain
public import ModelRecords
import Synchronization

/// An insight service with fixed answers; what it was asked can be looked at.
public final class FakeInsight: InsightService {
    public struct Asked: Hashable, Sendable {
        public let texts: [String]
        public let count: Int
        public let locale: BotLocale?

        public init(texts: [String], count: Int, locale: BotLocale?) {
            self.texts = texts
            self.count = count
            self.locale = locale
        }
    }

    private let state = Mutex((asked: [Asked](), isReady: true))

    public init() {}

    public var asked: [Asked] { state.withLock { $0.asked } }
    public func becomeUnready() { state.withLock { $0.isReady = false } }

    /// Accepts everything but `asdf`.
    public func classify(_ texts: [String], top: Int, locale: BotLocale?) async throws -> (
        model: ModelVersionID, results: [Classification]
    ) {
        state.withLock { $0.asked.append(Asked(texts: texts, count: top, locale: locale)) }
        let ranking = [
            IntentScore(intent: IntentName(trusted: "greeting"), confidence: 0.75),
            IntentScore(intent: IntentName(trusted: "thanks"), confidence: 0.25),
        ]
        let results = texts.map { text in
            Classification(
                text: text, intent: text == "asdf" ? nil : ranking[0].intent, confidence: 0.75,
                isAccepted: text != "asdf", ranking: Array(ranking.prefix(top)),
                entities: [Entity(entity: EntityName(trusted: "number"), value: "1", text: "one", start: 0, end: 3)])
        }
        return (ModelVersionID(trusted: "model_1"), results)
    }

    /// Knows one classifier, whose labels come in the order that texts are accepted by.
    public func label(_ texts: [String], by classifier: ClassifierName, top: Int) async throws -> (
        model: ModelVersionID, results: [LabelClassification]
    ) {
        guard classifier.rawValue == "sentiment" else {
            throw ChatError(.invalidRequest, "no classifier '\(classifier)'; there are intent, sentiment")
        }
        state.withLock { $0.asked.append(Asked(texts: texts, count: top, locale: nil)) }
        let ranking = [
            LabelScore(label: LabelName(trusted: "positive"), confidence: 0.75),
            LabelScore(label: LabelName(trusted: "negative"), confidence: 0.25),
        ]
        let results = texts.map { text in
            LabelClassification(
                text: text, top: ranking[0], isAccepted: text != "asdf", ranking: Array(ranking.prefix(top)))
        }
        return (ModelVersionID(trusted: "model_1"), results)
    }

    public func search(_ query: String, limit: Int, locale: BotLocale?) async throws -> [KnowledgeHit] {
        state.withLock { $0.asked.append(Asked(texts: [query], count: limit, locale: locale)) }
        let entry = KnowledgeEntry(
            id: KnowledgeID(trusted: "returns"), locale: .english, questions: ["May I return it?"], answer: "You may.",
            link: nil)
        return [KnowledgeHit(entry: entry, question: "May I return it?", score: 0.5, isAccepted: true)]
    }

    public func intents() async throws -> [IntentSummary] {
        [
            IntentSummary(
                name: IntentName(trusted: "order.status"), title: [.english: "Where my order is"],
                description: "Where it is",
                examples: [.english: 2, .chinese: 3],
                slots: [
                    SlotDefinition(
                        name: SlotName(trusted: "number"), entity: EntityName(trusted: "order_number"),
                        ask: [.english: "Which?"])
                ], answers: 1)
        ]
    }

    public func models() async throws -> [ModelSummary] {
        [
            ModelSummary(
                id: ModelVersionID(trusted: "model_1"), createdAt: FakeChat.time, encoder: "e5", dataHash: "aa",
                intents: 2,
                metrics: ModelMetrics(
                    examples: 10, accuracy: 0.5, coverage: 0.25, precision: 0.75, outOfScopeRecall: nil,
                    calibrationError: 0.125, seconds: 1,
                    classifiers: [
                        ClassifierMetrics(
                            name: ClassifierName(trusted: "sentiment"),
                            labels: [LabelName(trusted: "negative"), LabelName(trusted: "positive")], examples: 8,
                            accuracy: 0.75, calibrationError: 0.25, dataHash: "bb")
                    ]), isActive: true)
        ]
    }

    public func readiness() async -> (isReady: Bool, detail: String) {
        state.withLock { $0.isReady } ? (true, "") : (false, "no model is active")
    }
}
