import BERT
import ConversationDomain
import Foundation
import Synchronization
import Testing

@testable import Inference

/// Waits in a long text until the test lets it go on, then asks for what goes first until there is nothing more.
private final class PausingEncoder: SentenceEncoder {
    private let inner = FakeEncoder()
    private let open = DispatchSemaphore(value: 0)
    private let began: AsyncStream<Void>.Continuation
    let beginnings: AsyncStream<Void>
    let gaveBack = Atomic<Int>(0)

    init() { (beginnings, began) = AsyncStream.makeStream() }

    var name: String { inner.name }
    var weightsHash: String { inner.weightsHash }
    var numericsHash: String { inner.numericsHash }
    var dimension: Int { inner.dimension }
    var featureScaling: ModelManifest.FeatureScaling { inner.featureScaling }
    var batches: [[String]] { inner.batches }

    func letGo() { open.signal() }

    func embed(_ texts: [String], as role: EncodingRole, threads: Int) throws -> [[Float]] {
        try inner.embed(texts, as: role, threads: threads)
    }

    func encode(_ texts: [String], as role: EncodingRole, threads: Int) throws -> [EncodedText] {
        try inner.encode(texts, as: role, threads: threads)
    }

    func embed(_ texts: [String], as role: EncodingRole, threads: Int, interlude: PassInterlude?) throws -> [[Float]] {
        if texts[0].hasPrefix("long") {
            began.yield()
            open.wait()
        }
        while let guest = interlude?() { guest() }
        return try inner.embed(texts, as: role, threads: threads)
    }

    func giveBackMemory() { gaveBack.add(1, ordering: .relaxed) }
}

@Suite("Guests of a long batch")
struct GuestTests {
    private let long = "long " + String(repeating: "words ", count: 100)

    private func core(
        _ change: (inout InferenceQueue.Options) -> Void = { _ in }, hasRested: (@Sendable () -> Void)? = nil
    ) -> QueueCore {
        var options = InferenceQueue.Options()
        change(&options)
        let core = QueueCore(options: options, now: { .now }, hasRested: hasRested)
        core.start()
        return core
    }

    private func submit(
        _ text: String, of caller: String, to core: QueueCore, _ encoder: PausingEncoder, _ answers: Answers
    ) {
        let account = WorkAccount(
            Principal(
                key: KeyID(trusted: "key_1"), kind: .publishable, app: AppName(trusted: "shop"), scopes: [.chat],
                client: ClientNetwork(caller)))
        let request = WorkAccount.$current.withValue(account) {
            InferenceRequest(texts: 1, role: .query, encoder: encoder)
        }
        let name = String(text.prefix(8))
        core.submit(request, texts: [text], deadline: nil, completion: answers.record(name))
    }

    private func drained(_ core: QueueCore) async {
        await withCheckedContinuation { continuation in core.stop { continuation.resume() } }
    }

    @Test(
        "short texts of others go between two blocks of a long batch; its caller's own and long ones wait for its end")
    func guests() async {
        let encoder = PausingEncoder()
        let (core, answers) = (core(), Answers())
        var beginnings = encoder.beginnings.makeAsyncIterator()
        submit(long, of: "flooder", to: core, encoder, answers)
        _ = await beginnings.next()
        submit("own", of: "flooder", to: core, encoder, answers)
        submit("other", of: "other", to: core, encoder, answers)
        submit("tale " + long, of: "other", to: core, encoder, answers)
        submit("third", of: "third", to: core, encoder, answers)
        encoder.letGo()
        await drained(core)
        #expect(answers.names == ["other", "third", "long wor", "tale lon", "own"])
        #expect(encoder.batches.first == ["other", "third"])
        let metrics = core.metrics
        #expect(metrics.running == 0 && metrics.depth == 0)
        #expect(metrics.texts == 5)
    }

    @Test("all guests together have as many tokens as their host at most")
    func bound() async {
        let encoder = PausingEncoder()
        let (core, answers) = (core { $0.batchTexts = 64 }, Answers())
        var beginnings = encoder.beginnings.makeAsyncIterator()
        submit(long, of: "flooder", to: core, encoder, answers)
        _ = await beginnings.next()
        let text = "visitor says hello again"
        for number in 0..<100 { submit(text, of: "visitor \(number)", to: core, encoder, answers) }
        encoder.letGo()
        await drained(core)
        let before = answers.names.firstIndex(of: "long wor")
        #expect(before == TextCost.tokens(in: long) / TextCost.tokens(in: text))
    }

    @Test("while another core is free, nobody is a guest")
    func freeCore() async {
        let encoder = PausingEncoder()
        let options: (inout InferenceQueue.Options) -> Void = {
            $0.threads = 2
            $0.coresPerBatch = 1
        }
        let (core, answers) = (core(options), Answers())
        var beginnings = encoder.beginnings.makeAsyncIterator()
        submit(long, of: "flooder", to: core, encoder, answers)
        _ = await beginnings.next()
        submit("other", of: "other", to: core, encoder, answers)
        while core.metrics.completed < 1 { await Task.yield() }
        #expect(answers.names == ["other"])
        encoder.letGo()
        await drained(core)
    }

    @Test("some time after a long batch its memory is given back, once; short ones leave nothing to give")
    func memory() async {
        let encoder = PausingEncoder()
        let (rests, rested) = AsyncStream<Void>.makeStream()
        let core = core({ $0.memoryTime = .milliseconds(30) }, hasRested: { rested.yield() })
        let answers = Answers()
        submit("short", of: "other", to: core, encoder, answers)
        submit(long, of: "other", to: core, encoder, answers)
        encoder.letGo()
        var iterator = rests.makeAsyncIterator()
        _ = await iterator.next()
        #expect(encoder.gaveBack.load(ordering: .relaxed) == 1)
        submit("short", of: "other", to: core, encoder, answers)
        await drained(core)
        #expect(encoder.gaveBack.load(ordering: .relaxed) == 1)
        #expect(answers.names == ["short", "long wor", "short"])
    }

    private static func thread() -> UInt { pthread_self() }

    private final class Steps: Sendable {
        private let taken = Mutex<[Int]>([])

        func take(_ step: Int) { taken.withLock { $0.append(step) } }
        var all: [Int] { taken.withLock { $0 } }
    }

    @Test("what runs in a lane, with the tasks that it begins, is on the lane's thread and takes turns")
    func lane() async throws {
        let lane = WorkLane("lane", threads: 1)
        let order = Steps()
        let threads = await lane.run {
            await withTaskGroup(of: UInt.self) { group in
                for number in 0..<2 {
                    group.addTask {
                        for step in 0..<2 {
                            order.take(10 * step + number)
                            await Task.yield()
                        }
                        return Self.thread()
                    }
                }
                var threads = [Self.thread()]
                for await thread in group { threads.append(thread) }
                return threads
            }
        }
        #expect(threads.count == 3 && Set(threads).count == 1)
        #expect(order.all == [0, 1, 10, 11])
        #expect(!threads.contains(Self.thread()))
        await #expect(throws: CancellationError.self) { try await lane.run { throw CancellationError() } }
    }
}
