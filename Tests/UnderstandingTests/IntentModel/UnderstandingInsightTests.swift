import ConversationDomain
import Foundation
import ModelRecords
import Testing

@testable import Evaluation
@testable import Inference
@testable import IntentModel
@testable import Measures
@testable import Wording

@Suite("Insight")
struct UnderstandingInsightTests {
    private struct Content: LiveContent {
        let snapshot: ContentSnapshot
        func current() -> ContentSnapshot { snapshot }
    }

    private struct OneAnswer: KnowledgeBase {
        let entry = KnowledgeEntry(
            id: KnowledgeID(trusted: "hours"), locale: .english, questions: ["when are you open"], answer: "Always.")

        func search(_ query: String, embedding: [Float]?, model: ModelVersionID?, locale: BotLocale?, limit: Int)
            -> [KnowledgeHit]
        { [KnowledgeHit(entry: entry, question: query, score: 0.7, isAccepted: true)] }
    }

    private let content = BotContent(
        intents: [
            ("order.status", ["where is my parcel", "track my parcel", "parcel status", "parcel tracking please"]),
            ("greeting", ["hello", "hello there", "hello friend", "hello you"]),
            ("out_of_scope", ["tell a joke", "a joke", "joke please", "some joke"]),
        ].map { name, texts in
            Intent(
                name: IntentName(trusted: name),
                examples: texts.map { Example(text: $0, locale: .english) })
        })

    private func insight(active: Bool) async throws -> UnderstandingInsight {
        let (queue, encoder) = (InferenceQueue(), FakeEncoder())
        let classifier = LiveClassifier(queue: queue)
        if active {
            let model = try await IntentTrainer(queue: queue, cache: nil).train(content, encoder: encoder).model
            classifier.activate(try LiveClassifier.ActiveModel(model, encoder: encoder))
        }
        return UnderstandingInsight(
            classifier: classifier, knowledge: OneAnswer(),
            content: Content(snapshot: ContentSnapshot(revision: 1, content: content)), models: MemoryModelStore())
    }

    @Test("a text is classified with as much of the ranking as was asked for")
    func classify() async throws {
        let insight = try await insight(active: true)
        let (_, results) = try await insight.classify(["hello hello", "parcel"], top: 1, locale: nil)
        #expect(results.map(\.text) == ["hello hello", "parcel"])
        #expect(results.map { $0.ranking.map(\.intent.rawValue) } == [["greeting"], ["order.status"]])
        #expect(results.map { $0.intent == ($0.isAccepted ? $0.ranking.first?.intent : nil) } == [true, true])
        #expect(await insight.readiness().isReady)
    }

    @Test("without a model nothing is classified, and the reason is told")
    func notReady() async throws {
        let insight = try await insight(active: false)
        let error = await #expect(throws: ChatError.self) {
            try await insight.classify(["hello"], top: 5, locale: nil)
        }
        #expect(error?.code == .notReady)
        let readiness = await insight.readiness()
        #expect(readiness.isReady == false)
        #expect(readiness.detail == "no model is active")
    }

    @Test("the list of intents counts examples by locale and leaves out_of_scope out; search asks the knowledge base")
    func lists() async throws {
        let insight = try await insight(active: false)
        let intents = try await insight.intents()
        #expect(intents.map(\.name.rawValue) == ["greeting", "order.status"])
        #expect(intents.map(\.examples) == [[.english: 4], [.english: 4]])
        let hits = try await insight.search("open?", limit: 3, locale: nil)
        #expect(hits.map(\.entry.id.rawValue) == ["hours"])
    }

    @Test("a model is measured on sentences that it was not trained on; unknown intents count as wrong")
    func evaluate() async throws {
        let (queue, encoder) = (InferenceQueue(), FakeEncoder())
        let model = try await IntentTrainer(queue: queue, cache: nil).train(content, encoder: encoder).model
        let samples = [("hello again", "greeting"), ("my parcel", "order.status"), ("hello", "farewell")].map {
            LabelledText(text: $0, intent: IntentName(trusted: $1))
        }
        let evaluator = ModelEvaluator(queue: queue)
        let active = try LiveClassifier.ActiveModel(model, encoder: encoder)
        let report = try await evaluator.evaluate(samples, model: active)
        #expect(report.samples == 3)
        #expect(abs(report.accuracy - 2.0 / 3) < 1e-12)
        await #expect(throws: ChatError.self) { try await evaluator.evaluate([], model: active) }
    }

    @Test("cross-validation alone measures without making a model")
    func crossValidate() async throws {
        var options = TrainingOptions()
        options.folds = 4
        let examples = content.intents.flatMap { intent in
            (0..<10).map { LabelledText(text: "\(intent.examples[0].text) \($0)", intent: intent.name) }
        }
        let report = try await IntentTrainer(queue: InferenceQueue(), cache: nil, options: options)
            .crossValidate(examples, encoder: FakeEncoder())
        #expect(report.samples == 30)
        #expect(report.accuracy == 1)
        #expect(report.intents.map(\.support) == [10, 10, 10])
    }
}
