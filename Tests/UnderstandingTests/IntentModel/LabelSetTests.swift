import ConversationDomain
import Foundation
import ModelRecords
import Testing

@testable import Evaluation
@testable import Inference
@testable import IntentModel
@testable import LinearModels
@testable import Measures
@testable import Wording

@Suite("Classifiers beside the intents")
struct LabelSetTests {
    private static let sentiment = ClassifierName(trusted: "sentiment")

    private static let content = BotContent(
        intents: [
            ("order.status", ["where is my parcel", "track my parcel", "parcel status", "parcel tracking please"]),
            ("greeting", ["hello", "hello there", "hello friend", "hello you"]),
        ].map { name, texts in
            Intent(name: IntentName(trusted: name), examples: texts.map { Example(text: $0, locale: .english) })
        })

    private static func labelSet(_ count: Int = 15) -> LabelSet {
        let words = [("positive", ["lovely", "great"]), ("negative", ["awful", "broken"])]
        return LabelSet(
            classifier: sentiment,
            texts: words.flatMap { label, words in
                (0..<count).map {
                    LabelSetText(text: "\(words[$0 % 2]) thing number\($0)", label: LabelName(trusted: label))
                }
            })
    }

    private func trained(_ sets: [LabelSet] = [labelSet()]) async throws -> TrainingResult {
        try await IntentTrainer(queue: InferenceQueue(), cache: nil).train(
            Self.content, labelSets: sets, encoder: FakeEncoder(dimension: 256))
    }

    private func classifier(_ model: ModelVersion) throws -> LiveClassifier {
        let classifier = LiveClassifier(queue: InferenceQueue())
        classifier.activate(try LiveClassifier.ActiveModel(model, encoder: FakeEncoder(dimension: 256)))
        return classifier
    }

    @Test("a version has a head for each label set, and says what it learnt and how well")
    func train() async throws {
        let result = try await trained()
        let metrics = try #require(result.model.metrics.classifiers.first)
        #expect(result.model.metrics.classifiers.count == 1)
        #expect(metrics.name == Self.sentiment && metrics.labels.map(\.rawValue) == ["negative", "positive"])
        #expect(metrics.examples == 30 && metrics.accuracy == 1 && metrics.dataHash.utf8.count == 32)
        #expect(result.model.labels.map(\.rawValue) == ["greeting", "order.status"])
        let plain = try await trained([])
        #expect(plain.model.dataHash == result.model.dataHash && plain.model.metrics.classifiers == [])
        #expect(try ModelHeads(archive: plain.model.head) == ModelHeads(intent: IntentHead(archive: plain.model.head)))
        let heads = try ModelHeads(archive: result.model.head)
        #expect(heads.intent == (try IntentHead(archive: plain.model.head)))
        #expect(try ModelHeads(archive: heads.archived()) == heads)
        #expect(!result.warnings.contains(.noOutOfScope) || plain.warnings.contains(.noOutOfScope))
    }

    @Test("one pass of the encoder gives the intent and every label, also the second time from the cache")
    func understand() async throws {
        let encoder = FakeEncoder(dimension: 256)
        let classifier = LiveClassifier(queue: InferenceQueue())
        classifier.activate(try LiveClassifier.ActiveModel(try await trained().model, encoder: encoder))
        for _ in 0..<2 {
            let message = try #require(try await classifier.understand(["my parcel is awful and broken"]).first)
            #expect(message.top?.intent.rawValue == "order.status")
            #expect(message.labels.map(\.classifier) == [Self.sentiment])
            #expect(message.labels.first?.ranking.map(\.label.rawValue) == ["negative", "positive"])
            let confidences = message.labels.first?.ranking.map(\.confidence) ?? []
            #expect(abs(confidences.reduce(0, +) - 1) < 1e-6 && confidences[0] > 0.5)
        }
        #expect(encoder.batches.count == 1)
    }

    @Test("a damaged head and a head of a kind that this program does not know are refused")
    func archives() async throws {
        let archive = try await trained().model.head
        var damaged = archive
        damaged[archive.count / 2] ^= 1
        #expect(throws: ChatError.self) { try ModelHeads(archive: damaged) }
        var writer = ByteWriter()
        writer.write(Array("FDHS".utf8))
        writer.write(UInt16(1))
        writer.write(UInt16(1))
        writer.write(name: "gestures:hands")
        writer.write(UInt32(0))
        let newer = #expect(throws: ChatError.self) { try ModelHeads(archive: writer.sealed()) }
        #expect(newer?.message.contains("the head 'gestures:hands' belongs to a newer program") == true)
    }

    @Test("classification by name gives a ranking; a name that the model lacks is refused with those that it has")
    func insight() async throws {
        struct Nothing: LiveContent, KnowledgeBase {
            func current() -> ContentSnapshot { ContentSnapshot(revision: 1, content: LabelSetTests.content) }
            func search(_: String, embedding: [Float]?, model: ModelVersionID?, locale: BotLocale?, limit: Int)
                -> [KnowledgeHit]
            { [] }
        }
        let insight = UnderstandingInsight(
            classifier: try classifier(try await trained().model), knowledge: Nothing(), content: Nothing(),
            models: MemoryModelStore())
        let (_, results) = try await insight.label(["lovely", "awful"], by: Self.sentiment, top: 1)
        #expect(results.map(\.text) == ["lovely", "awful"])
        #expect(results.map(\.top.label.rawValue) == ["positive", "negative"])
        #expect(results.map(\.ranking) == results.map { [$0.top] })
        let refused = await #expect(throws: ChatError.self) {
            try await insight.label(["x"], by: ClassifierName(trusted: "topic"), top: 1)
        }
        #expect(
            refused
                == ChatError(.invalidRequest, "the active model has no classifier 'topic'; it has intent, sentiment"))
    }

    @Test("a classifier is measured on texts of a file, and by cross-validation")
    func measured() async throws {
        let encoder = FakeEncoder(dimension: 256)
        let model = try LiveClassifier.ActiveModel(try await trained().model, encoder: encoder)
        let texts = [("lovely", "positive"), ("awful", "negative"), ("great", "negative"), ("broken", "odd")]
        let set = LabelSet(
            classifier: Self.sentiment,
            texts: texts.map { LabelSetText(text: $0, label: LabelName(trusted: $1)) })
        let report = try await ModelEvaluator(queue: InferenceQueue()).evaluate(set, model: model)
        #expect(report.samples == 4 && report.accuracy == 0.5)
        let lines = report.renderedText().split(separator: "\n").map(String.init)
        #expect(lines.contains("odd               0.0 %      0.0 %      0.0 %          1"), "\(lines)")
        let folds = try await IntentTrainer(queue: InferenceQueue(), cache: nil)
            .crossValidate(Self.labelSet(), encoder: encoder)
        #expect(folds.samples == 30 && folds.accuracy == 1)
    }

    @Test("too little to learn from is refused by the classifier's name, and flaws are told with it")
    func flaws() async throws {
        let one = LabelSet(
            classifier: Self.sentiment, texts: [LabelSetText(text: "a", label: LabelName(trusted: "x"))])
        let error = await #expect(throws: ChatError.self) { try await trained([one]) }
        #expect(
            error == ChatError(.invalidRequest, "the classifier 'sentiment' needs texts of at least 2 labels"))
        let few = try await trained([Self.labelSet(2)])
        #expect(
            few.warnings.map(\.description).filter { $0.hasPrefix("sentiment: ") } == [
                "sentiment: fewer than five examples: negative, positive",
                "sentiment: too few examples to calibrate; confidences are raw and every threshold is a fixed value",
            ])
    }
}
