import BERT
import ConversationDomain
import Foundation
import ModelRecords
import Testing

@testable import Inference
@testable import IntentModel
@testable import Knowledge

/// Embeds as a fake does, holds up texts that say so, and tells when it is freed.
private final class MortalEncoder: SentenceEncoder {
    private let inner: FakeEncoder
    private let isFreed: @Sendable () -> Void

    init(_ inner: FakeEncoder, isFreed: @escaping @Sendable () -> Void) {
        self.inner = inner
        self.isFreed = isFreed
    }

    deinit { isFreed() }

    var name: String { inner.name }
    var weightsHash: String { inner.weightsHash }
    var numericsHash: String { inner.numericsHash }
    var dimension: Int { inner.dimension }
    var featureScaling: ModelManifest.FeatureScaling { inner.featureScaling }

    func embed(_ texts: [String], as role: EncodingRole, threads: Int) throws -> [[Float]] {
        try inner.embed(texts, as: role, threads: threads)
    }

    func encode(_ texts: [String], as role: EncodingRole, threads: Int) throws -> [EncodedText] {
        try inner.encode(texts, as: role, threads: threads)
    }
}

@Suite("Changing the model", .timeLimit(.minutes(1)))
struct ModelSwapTests {
    private static let content = BotContent(
        intents: [
            ("order.status", ["where is my parcel", "track my parcel", "parcel status", "parcel tracking please"]),
            ("greeting", ["hello", "hello there", "hello friend", "hello you"]),
        ].map { name, texts in
            Intent(
                name: IntentName(trusted: name), examples: texts.map { Example(text: $0, locale: .english) })
        })

    private static func version(_ encoder: FakeEncoder) async throws -> ModelVersion {
        try await IntentTrainer(queue: InferenceQueue(), cache: nil).train(content, encoder: encoder).model
    }

    @Test("a request keeps the model that it began with; after the last one the old encoder and head are freed")
    func freed() async throws {
        let (freed, announce) = AsyncStream.makeStream(of: Void.self)
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let open = DispatchSemaphore(value: 0)
        let fake = FakeEncoder(name: "old") { texts in
            guard texts.contains("hello slow") else { return }
            begin.yield()
            open.wait()
        }
        let other = FakeEncoder(name: "new", weightsHash: String(repeating: "1", count: 64))
        let (oldVersion, newVersion) = (try await Self.version(fake), try await Self.version(other))

        var options = InferenceQueue.Options()
        options.threads = 2
        options.coresPerBatch = 1
        let classifier = LiveClassifier(queue: InferenceQueue(options: options))
        let knowledge = KnowledgeIndex(queue: InferenceQueue(), cache: nil)
        weak var oldModel: LiveClassifier.ActiveModel?
        func activateOld() async throws {
            let encoder = MortalEncoder(fake) { announce.yield() }
            let model = try LiveClassifier.ActiveModel(oldVersion, encoder: encoder)
            try await knowledge.refresh(content: Self.content, encoder: encoder, model: model.id)
            classifier.activate(model)
            oldModel = model
        }
        try await activateOld()
        #expect(oldModel != nil)

        let request = Task { try await classifier.understand(["hello slow"]).first?.model }
        for await _ in begun { break }
        try await knowledge.refresh(content: Self.content, encoder: other, model: newVersion.id)
        classifier.activate(try LiveClassifier.ActiveModel(newVersion, encoder: other))
        #expect(try await classifier.understand(["hello"]).first?.model == newVersion.id)
        // The request that is under way still has it.
        #expect(oldModel != nil)
        open.signal()
        #expect(try await request.value == oldVersion.id)
        for await _ in freed { break }
        #expect(oldModel == nil)
    }

    @Test("a model that cannot be used leaves the active one as it is")
    func refused() async throws {
        let (encoder, other) = (FakeEncoder(), FakeEncoder(weightsHash: String(repeating: "1", count: 64)))
        let version = try await Self.version(encoder)
        let classifier = LiveClassifier(queue: InferenceQueue())
        classifier.activate(try LiveClassifier.ActiveModel(version, encoder: encoder))
        let foreign = await #expect(throws: ChatError.self) {
            try LiveClassifier.ActiveModel(try await Self.version(other), encoder: encoder)
        }
        #expect(foreign?.code == .conflict)
        var head = version.head
        head[head.startIndex + 4] = 99
        let newer = ModelVersion(
            id: version.id, createdAt: version.createdAt, encoder: version.encoder, encoderHash: version.encoderHash,
            dataHash: version.dataHash, labels: version.labels, metrics: version.metrics, head: head)
        let error = #expect(throws: ChatError.self) { try LiveClassifier.ActiveModel(newer, encoder: encoder) }
        #expect(error?.message.contains("version 99, this program reads version") == true, "\(error?.message ?? "")")
        #expect(classifier.active?.id == version.id)
    }
}
