import BERT
import ConversationDomain
import Foundation
import ModelRecords
import Synchronization
import Testing

@testable import Evaluation
@testable import Inference
@testable import IntentModel
@testable import Measures

@Suite("Intent trainer")
struct IntentTrainerTests {
    private let ids = IdentifierGenerator(now: { Date(timeIntervalSince1970: 0) }, random: { 7 })
    private let now = Date(timeIntervalSince1970: 1_000_000)

    /// Three intents and out_of_scope with words of their own, `count` sentences each.
    private func examples(_ count: Int = 12) -> [LabelledText] {
        let words = [
            "order.status": ["parcel", "order", "track", "shipped"],
            "refund": ["money", "refund", "back", "return"],
            "greeting": ["hello", "hi", "morning", "hey"],
            "out_of_scope": ["weather", "football", "pizza", "moon"],
        ]
        return words.flatMap { intent, words in
            (0..<count).map { index in
                LabelledText(
                    text: "\(words[index % 4]) \(words[(index / 4) % 4]) number\(index)",
                    intent: IntentName(trusted: intent))
            }
        }
    }

    private func trainer(
        queue: InferenceQueue = InferenceQueue(), cache: MemoryModelStore? = nil,
        _ change: (inout TrainingOptions) -> Void = { _ in }
    ) -> IntentTrainer {
        var options = TrainingOptions()
        change(&options)
        return IntentTrainer(
            queue: queue, cache: cache, options: options, ids: ids, now: { [now] in now })
    }

    @Test("a trained version names its encoder, data and labels, and understands what it was trained on")
    func train() async throws {
        let encoder = FakeEncoder()
        let result = try await trainer().train(examples(), encoder: encoder)
        let model = result.model
        #expect(model.encoder == "fake")
        #expect(model.encoderHash == encoder.weightsHash)
        #expect(model.createdAt == now)
        #expect(model.labels.map(\.rawValue) == ["greeting", "order.status", "out_of_scope", "refund"])
        #expect(model.dataHash.utf8.count == 32)
        #expect(model.metrics.examples == 48)
        #expect(model.metrics.accuracy >= 0.95)
        #expect(model.metrics.accuracy == result.report.accuracy)
        #expect(result.warnings == [])
        let head = try IntentHead(archive: model.head)
        #expect(head.judge(encoder.vector(of: "where is my refund money")).ranking.first?.intent.rawValue == "refund")
        #expect(head.judge(encoder.vector(of: "pizza on the moon")).verdict == .outOfScope)
    }

    @Test("the same examples in another order, with repeats and blanks, give the same head and hash")
    func deterministic() async throws {
        let first = try await trainer().train(examples(), encoder: FakeEncoder())
        var shuffled: [LabelledText] = examples().reversed()
        shuffled += examples().prefix(5)
        shuffled.append(LabelledText(text: "  ", intent: IntentName(trusted: "refund")))
        let second = try await trainer { $0.threads = 3 }.train(shuffled, encoder: FakeEncoder())
        #expect(first.model.head == second.model.head)
        #expect(first.model.dataHash == second.model.dataHash)
        #expect(first.report == second.report)
        let other = try await trainer().train(examples(11), encoder: FakeEncoder())
        #expect(other.model.dataHash != first.model.dataHash)
    }

    @Test("training again after a small edit embeds the new sentence only")
    func cache() async throws {
        let store = MemoryModelStore()
        let encoder = FakeEncoder()
        _ = try await trainer(cache: store).train(examples(), encoder: encoder)
        let before = encoder.batches.count
        let extra = LabelledText(text: "where is the courier", intent: IntentName(trusted: "order.status"))
        _ = try await trainer(cache: store).train(examples() + [extra], encoder: encoder)
        #expect(Array(encoder.batches[before...]) == [["where is the courier"]])
        let another = FakeEncoder(weightsHash: String(repeating: "1", count: 64))
        _ = try await trainer(cache: store).train(examples(), encoder: another)
        #expect(another.batches.flatMap { $0 }.count == 48)
    }

    @Test(
        "too little to learn from is refused with what is missing",
        arguments: [
            ([], "there are none"), (["refund"], "there is only refund"),
            (["out_of_scope"], "there is only out_of_scope"),
        ])
    func tooLittle(intents: [String], message: String) async {
        let examples = intents.map { LabelledText(text: "hello", intent: IntentName(trusted: $0)) }
        let error = await #expect(throws: ChatError.self) {
            try await trainer().train(examples, encoder: FakeEncoder())
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains(message) == true)
    }

    @Test("one example an intent is trained, with warnings and fixed thresholds")
    func fewExamples() async throws {
        let examples = ["a": "hello there", "b": "refund me", "c": "track it"].map {
            LabelledText(text: $1, intent: IntentName(trusted: $0))
        }
        let result = try await trainer().train(examples, encoder: FakeEncoder())
        #expect(
            result.warnings == [
                .singleExample(["a", "b", "c"].map(IntentName.init(trusted:))), .noOutOfScope, .notCalibrated,
            ])
        let head = try IntentHead(archive: result.model.head)
        #expect(head.thresholds == [0.6, 0.6, 0.6])
        #expect(result.report.samples == 0)
    }

    @Test("a sentence that two intents claim is told with both")
    func sharedSentences() async throws {
        let claimed = [("refund", "hello back"), ("greeting", "hello back")].map {
            LabelledText(text: $0.1, intent: IntentName(trusted: $0.0))
        }
        let result = try await trainer().train(examples() + claimed, encoder: FakeEncoder())
        #expect(
            result.warnings.map(\.description) == [
                "examples of more than one intent, which cannot be learnt: 'hello back' (greeting, refund)"
            ])
    }

    @Test("progress counts the sentences and the heads up to all of them")
    func progress() async throws {
        let steps = Mutex<[TrainingProgress]>([])
        _ = try await trainer().train(examples(), encoder: FakeEncoder()) { step in steps.withLock { $0.append(step) } }
        let seen = steps.withLock { $0 }
        #expect(seen.contains(.embedding(done: 48, total: 48)))
        #expect(seen.last == .fitting(done: 6, total: 6))
    }

    @Test("a message is understood with the active model; replacing it fails no request")
    func live() async throws {
        let encoder = FakeEncoder()
        let first = try await trainer().train(examples(), encoder: encoder).model
        let queue = InferenceQueue()
        let classifier = LiveClassifier(queue: queue, now: { Date(timeIntervalSince1970: 1_795_478_400) })
        await #expect(throws: ChatError.self) { try await classifier.understand(["hi"]) }
        classifier.activate(try LiveClassifier.ActiveModel(first, encoder: encoder))
        let understood = try await classifier.understand(["track parcel A1234567", "good morning, hello"])
        #expect(understood.map { $0.top?.intent.rawValue } == ["order.status", "greeting"])
        #expect(understood[0].model == first.id)
        #expect(understood[0].entities.map(\.value) == ["A1234567"])
        #expect(understood[0].embedding == encoder.vector(of: "track parcel A1234567"))

        let other = FakeEncoder(weightsHash: "other")
        #expect(throws: ChatError.self) { try LiveClassifier.ActiveModel(first, encoder: other) }
        let second = try await trainer().train(examples(10), encoder: other).model
        let replacement = try LiveClassifier.ActiveModel(second, encoder: other)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<40 {
                if index == 20 { classifier.activate(replacement) }
                group.addTask { try await classifier.understand(["refund \(index)"]).count }
            }
            for try await count in group { #expect(count == 1) }
        }
        #expect(classifier.active?.id == second.id)
    }

    @Test("many texts go through the encoder in pieces, and each is understood as it is alone")
    func pieces() async throws {
        let encoder = FakeEncoder()
        let model = try await trainer().train(examples(), encoder: encoder).model
        var options = InferenceQueue.Options()
        (options.batchTexts, options.batchTokens, options.threads) = (3, 40, 2)
        let classifier = LiveClassifier(queue: InferenceQueue(options: options), cachedUtterances: 0)
        classifier.activate(try LiveClassifier.ActiveModel(model, encoder: encoder))
        let texts = (0..<40).map { "track parcel A\(1_000_000 + $0)" + String(repeating: " please", count: $0 % 7) }
        let before = encoder.batches.count
        let understood = try await classifier.understand(texts)
        #expect(understood.map { $0.entities.map(\.value) } == (0..<40).map { ["A\(1_000_000 + $0)"] })
        #expect(encoder.batches[before...].allSatisfy { $0.count <= 3 })
        for (text, together) in zip(texts, understood).prefix(8) {
            let alone = try await classifier.understand([text])
            #expect(alone.map(\.ranking) == [together.ranking])
            #expect(alone.map(\.embedding) == [together.embedding])
        }
    }

    @Test("the replaced model is freed with its last request")
    func freed() async throws {
        weak var old: FakeEncoder?
        let queue = InferenceQueue()
        let classifier = LiveClassifier(queue: queue)
        do {
            let encoder = FakeEncoder()
            old = encoder
            let model = try await trainer(queue: queue).train(examples(), encoder: encoder).model
            classifier.activate(try LiveClassifier.ActiveModel(model, encoder: encoder))
            _ = try await classifier.understand(["hello"])
        }
        #expect(old != nil)
        classifier.activate(nil)
        // The threads have let go of their last batch when they have ended.
        await queue.shutdown()
        #expect(old == nil)
    }
}
