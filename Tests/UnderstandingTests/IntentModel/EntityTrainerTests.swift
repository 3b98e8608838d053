import ConversationDomain
import Foundation
import ModelRecords
import Testing

@testable import Entities
@testable import Evaluation
@testable import Inference
@testable import IntentModel
@testable import Measures

@Suite("Entity training")
struct EntityTrainerTests {
    private static let product = EntityName(trusted: "product")

    private static func example(_ text: String, marking word: String? = nil) -> Example {
        var spans: [EntitySpan] = []
        if let word, let range = text.unicodeScalars.firstRange(of: word.unicodeScalars) {
            let start = text.unicodeScalars.distance(from: text.startIndex, to: range.lowerBound)
            spans = [EntitySpan(entity: product, start: start, end: start + word.unicodeScalars.count)]
        }
        return Example(text: text, locale: .english, spans: spans)
    }

    /// Products are marked in the examples of one intent.
    private static func content(marks: Bool = true) -> BotContent {
        let products = ["kettle", "lamp", "toaster", "phone", "chair", "desk", "mirror", "clock"]
        let buys = products.flatMap { word in
            ["buy a \(word)", "I want the \(word) please", "get me one \(word) today"].map {
                example($0, marking: marks ? word : nil)
            }
        }
        let greetings = ["hello", "hello there", "good morning", "hi you", "hi there", "morning"].map { example($0) }
        return BotContent(intents: [
            Intent(name: IntentName(trusted: "buy"), examples: buys),
            Intent(name: IntentName(trusted: "greeting"), examples: greetings),
        ])
    }

    @Test("marked examples make a version find entities, in places of the customer's own text")
    func learns() async throws {
        let (queue, encoder) = (InferenceQueue(), FakeEncoder(dimension: 256))
        let model = try await IntentTrainer(queue: queue, cache: nil).train(Self.content(), encoder: encoder).model
        let active = try LiveClassifier.ActiveModel(model, encoder: encoder)
        #expect(active.entityHead?.entities == [Self.product])
        let classifier = LiveClassifier(queue: queue)
        classifier.activate(active)
        for _ in 0..<2 {
            // The second time from the cache.
            let understood = try await classifier.understand(["buy  a  \u{3000}toaster", "hello there"])
            let entities = understood.map { $0.entities.map { "\($0.entity)=\($0.text)@\($0.start)..<\($0.end)" } }
            #expect(entities == [["product=toaster@9..<16"], []])
            let confidence = try #require(understood[0].entities.first?.confidence)
            #expect(confidence > 0.5 && confidence <= 1)
        }
        #expect(classifier.cacheMetrics.hits == 2)
    }

    @Test("the bot's own marks are measured part by part, each with a head that has not seen it")
    func crossValidation() async throws {
        let trainer = IntentTrainer(queue: InferenceQueue(), cache: nil)
        let encoder = FakeEncoder(dimension: 256)
        let now = Date(timeIntervalSince1970: 0)
        let report = try await trainer.crossValidateEntities(of: Self.content(), encoder: encoder, now: now)
        #expect(report.sentences == 30 && report.entities.support == 24)
        #expect(report.tokens.labels.map(\.label) == ["B-product", "O"])
        #expect(report.entities.averages.micro.f1 > 0.8, "\(report.renderedText())")
        await #expect(throws: ChatError.self) {
            try await trainer.crossValidateEntities(of: Self.content(marks: false), encoder: encoder, now: now)
        }
    }

    @Test("the active model is measured with what customers get: its finds, lists and typed values together")
    func evaluation() async throws {
        let (queue, encoder) = (InferenceQueue(), FakeEncoder(dimension: 256))
        let model = try await IntentTrainer(queue: queue, cache: nil).train(Self.content(), encoder: encoder).model
        let lexicon = LiveLexicon()
        lexicon.follow([
            EntityDefinition(name: EntityName(trusted: "size"), values: [EntityDefinition.Value(value: "XL")])
        ])
        let sentences = [
            try TaggedSentence(text: nil, tokens: ["buy", "a", "toaster"], tags: ["O", "O", "B-product"]),
            try TaggedSentence(text: nil, tokens: ["buy", "XL"], tags: ["O", "B-size"]),
        ]
        let report = try await EntityEvaluator(classifier: LiveClassifier(queue: queue, lexicon: lexicon))
            .evaluate(sentences, model: try LiveClassifier.ActiveModel(model, encoder: encoder))
        #expect(report.entities.labels.map(\.label) == ["product", "size"])
        #expect(
            report.entities.averages.micro == LabelScores(precision: 1, recall: 1, f1: 1), "\(report.renderedText())")
    }

    @Test("without marks there is no entity head, and the archive is what it always was")
    func unmarked() async throws {
        let (queue, encoder) = (InferenceQueue(), FakeEncoder())
        let content = Self.content(marks: false)
        let model = try await IntentTrainer(queue: queue, cache: nil).train(content, encoder: encoder).model
        #expect(try LiveClassifier.ActiveModel(model, encoder: encoder).entityHead == nil)
        #expect(try ModelHeads(archive: model.head) == ModelHeads(intent: try IntentHead(archive: model.head)))
    }

    @Test("marks change the hash of the data, and so does leaving one out")
    func hash() async throws {
        let trainer = IntentTrainer(queue: InferenceQueue(), cache: nil)
        let encoder = FakeEncoder()
        let with = try await trainer.train(Self.content(), encoder: encoder).model.dataHash
        let without = try await trainer.train(Self.content(marks: false), encoder: encoder).model.dataHash
        #expect(with != without)
        #expect(try await trainer.train(Self.content(), encoder: encoder).model.dataHash == with)
    }

    @Test("an unmarked example that says a marked word, or has a typed value that is learnt, teaches nothing")
    func lesson() {
        var content = Self.content()
        content.intents.append(
            Intent(
                name: IntentName(trusted: "other"),
                examples: [
                    Self.example("my toaster broke"), Self.example("order A1234567"),
                    Self.example("nothing special"), Self.example("phone me"), Self.example("can you phone"),
                    Self.example("I will phone later"), Self.example("please phone back"),
                ]))
        let lesson = EntityLesson(content, seed: 1)
        #expect(lesson.entities == [Self.product] && lesson.rare == [])
        let unmarked = Set(lesson.texts.filter { $0.spans.isEmpty }.map(\.text))
        #expect(!unmarked.contains("my toaster broke"))
        // A word that is mostly unmarked means something else there.
        #expect(unmarked.isSuperset(of: ["order A1234567", "nothing special", "hello", "phone me"]))
        #expect(EntityLesson(Self.content(marks: false), seed: 1).isEmpty)
    }

    @Test("an entity that is marked too seldom is not learnt, and the training says so unless something else finds it")
    func rare() async throws {
        var content = Self.content(marks: false)
        let marked = Self.example("where is my kettle", marking: "kettle")
        content.intents.append(Intent(name: IntentName(trusted: "order"), examples: [marked]))
        let trainer = IntentTrainer(queue: InferenceQueue(), cache: nil)
        let warned = try await trainer.train(content, encoder: FakeEncoder())
        #expect(warned.warnings.contains(.fewMarks([Self.product])))
        #expect(
            TrainingWarning.fewMarks([Self.product]).description
                == "marked fewer than 5 times, so not learnt: product")
        content.entities = [EntityDefinition(name: Self.product, values: [EntityDefinition.Value(value: "kettle")])]
        #expect(EntityLesson(content, seed: 1).rare == [])
    }
}
