import BERT
import ConversationDomain
import Foundation
import Synchronization
import Testing

@testable import Evaluation
@testable import Inference

/// Holds an encoder back until the test lets it go on, and tells when it has begun.
private final class Gate: Sendable {
    private let open = DispatchSemaphore(value: 0)
    private let began: AsyncStream<[String]>.Continuation
    let beginnings: AsyncStream<[String]>

    init() { (beginnings, began) = AsyncStream.makeStream() }

    func pass(_ texts: [String]) {
        began.yield(texts)
        open.wait()
    }

    func letGo(_ count: Int = 1) { for _ in 0..<count { open.signal() } }
}

/// Collects what a request was answered with.
private final class Answers: Sendable {
    private let values = Mutex<[String: Result<[[Float]], any Error>]>([:])
    private let order = Mutex<[String]>([])

    func record(_ name: String) -> InferenceRequest.Completion {
        { [self] result in
            values.withLock { $0[name] = result.map { $0.map(\.embedding) } }
            order.withLock { $0.append(name) }
        }
    }

    var names: [String] { order.withLock { $0 } }
    func error(_ name: String) -> (any Error)? {
        values.withLock { values in
            if case .failure(let error)? = values[name] { error } else { nil }
        }
    }
    func embeddings(_ name: String) -> [[Float]]? { values.withLock { try? $0[name]?.get() } }
}

@Suite("Inference queue")
struct InferenceQueueTests {
    private func options(_ change: (inout InferenceQueue.Options) -> Void = { _ in }) -> InferenceQueue.Options {
        var options = InferenceQueue.Options()
        change(&options)
        return options
    }

    private func core(
        _ options: InferenceQueue.Options, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    )
        -> QueueCore
    {
        let core = QueueCore(options: options, now: now)
        core.start()
        return core
    }

    private func request(_ texts: [String], _ encoder: FakeEncoder) -> InferenceRequest {
        InferenceRequest(texts: texts.count, role: .query, encoder: encoder)
    }

    private func drained(_ core: QueueCore) async {
        await withCheckedContinuation { continuation in core.stop { continuation.resume() } }
    }

    @Test("what waits while the encoder is busy is encoded together, oldest first, within the budget")
    func batches() async {
        let gate = Gate()
        let encoder = FakeEncoder { gate.pass($0) }
        let core = core(options { $0.batchTexts = 3 })
        let answers = Answers()
        var beginnings = gate.beginnings.makeAsyncIterator()
        core.submit(request(["first"], encoder), texts: ["first"], deadline: nil, completion: answers.record("1"))
        #expect(await beginnings.next() == ["first"])
        core.submit(request(["a", "b"], encoder), texts: ["a", "b"], deadline: nil, completion: answers.record("2"))
        core.submit(request(["c", "d"], encoder), texts: ["c", "d"], deadline: nil, completion: answers.record("3"))
        #expect(core.metrics.depth == 4)
        gate.letGo(3)
        await drained(core)
        #expect(encoder.batches == [["first"], ["a", "b", "c"], ["d"]])
        #expect(answers.names == ["1", "2", "3"])
        #expect(answers.embeddings("3") == [encoder.vector(of: "c"), encoder.vector(of: "d")])
        let metrics = core.metrics
        #expect(metrics.depth == 0)
        #expect(metrics.running == 0)
        #expect(metrics.batches == 3)
        #expect(metrics.texts == 5)
        #expect(metrics.completed == 3)
        #expect(metrics.largestBatch == 3)
    }

    /// A request of one of many callers.
    private func request(_ texts: [String], _ encoder: FakeEncoder, of caller: String?) -> InferenceRequest {
        let account = caller.map { name in
            WorkAccount(
                Principal(
                    key: KeyID(trusted: "key_1"), kind: .publishable, app: AppName(trusted: "shop"), scopes: [.chat],
                    client: ClientNetwork(name)))
        }
        return WorkAccount.$current.withValue(account) { request(texts, encoder) }
    }

    @Test("one who asks for much waits behind himself; one who comes later with little is next")
    func fairness() async {
        let gate = Gate()
        let encoder = FakeEncoder { gate.pass($0) }
        let core = core(options { $0.batchTexts = 1 })
        let answers = Answers()
        var beginnings = gate.beginnings.makeAsyncIterator()
        func submit(_ texts: [String], _ caller: String?) {
            core.submit(
                request(texts, encoder, of: caller), texts: texts, deadline: nil, completion: answers.record(texts[0]))
        }
        submit(["begun"], "flooder")
        #expect(await beginnings.next() == ["begun"])
        let long = String(repeating: "long ", count: 100)
        for number in 1...4 { submit(["\(number) \(long)"], "flooder") }
        submit(["other"], "other")
        submit(["own"], nil)
        submit(["other again"], "other")
        gate.letGo(8)
        await drained(core)
        let order = encoder.batches.map { $0[0].prefix { $0 != " " } == "other" ? $0[0] : String($0[0].prefix(5)) }
        #expect(order == ["begun", "other", "own", "1 lon", "other again", "2 lon", "3 lon", "4 lon"])
    }

    @Test("a full queue takes a newcomer in, at the cost of the one who fills it")
    func fullOfOne() async {
        let gate = Gate()
        let encoder = FakeEncoder { gate.pass($0) }
        let core = core(options { ($0.waitingTexts, $0.batchTexts) = (4, 1) })
        let answers = Answers()
        var beginnings = gate.beginnings.makeAsyncIterator()
        func submit(_ name: String, _ caller: String) {
            core.submit(
                request([name], encoder, of: caller), texts: [name], deadline: nil, completion: answers.record(name))
        }
        submit("begun", "a")
        _ = await beginnings.next()
        for number in 1...4 { submit("a\(number)", "a") }
        submit("a5", "a")
        #expect((answers.error("a5") as? ChatError)?.code == .overloaded)
        submit("b1", "b")
        #expect((answers.error("a4") as? ChatError)?.code == .overloaded)
        submit("b2", "b")
        #expect((answers.error("a3") as? ChatError)?.code == .overloaded)
        // Both have their half now.
        submit("b3", "b")
        submit("c1", "c")
        #expect((answers.error("b3") as? ChatError)?.code == .overloaded)
        #expect(answers.error("c1") == nil)
        gate.letGo(6)
        await drained(core)
        #expect(answers.embeddings("b1") != nil && answers.embeddings("c1") != nil && answers.embeddings("a1") != nil)
        #expect(core.metrics.refused == 5)
    }

    @Test("turns are fair by tokens, and their memory is bounded")
    func turns() {
        var turns = FairTurns()
        let (a, b) = ("a", "b")
        func account(_ name: String) -> WorkAccount {
            WorkAccount(
                Principal(key: KeyID(trusted: "key_1"), kind: .secret, app: AppName(trusted: name), scopes: [.chat]))
        }
        #expect([10, 20, 5].map { turns.take(account(a), tokens: $0) } == [0, 10, 30])
        #expect([10, 10].map { turns.take(account(b), tokens: $0) } == [0, 10])
        turns.began(30)
        #expect(turns.take(account("c"), tokens: 1) == 30)
        #expect(turns.take(account(a), tokens: 1) == 35)
        for number in 0..<10_000 { #expect(turns.take(account("n\(number)"), tokens: 7) >= 30) }
        turns.rest()
        #expect(turns.take(account(a), tokens: 1) == 0)
    }

    @Test("a text larger than the budget is a batch of its own")
    func tokenBudget() async {
        let gate = Gate()
        let encoder = FakeEncoder { gate.pass($0) }
        let core = core(options { $0.batchTokens = 20 })
        let answers = Answers()
        var beginnings = gate.beginnings.makeAsyncIterator()
        core.submit(request(["x"], encoder), texts: ["x"], deadline: nil, completion: answers.record("1"))
        _ = await beginnings.next()
        let long = String(repeating: "long ", count: 40)
        let texts = ["a", long, "b", "c"]
        core.submit(request(texts, encoder), texts: texts, deadline: nil, completion: answers.record("2"))
        gate.letGo(4)
        await drained(core)
        #expect(encoder.batches == [["x"], ["a"], [long], ["b", "c"]])
    }

    @Test("a full queue refuses at once and says when to come back")
    func overload() async {
        let gate = Gate()
        let encoder = FakeEncoder { gate.pass($0) }
        let core = core(options { $0.waitingTexts = 2 })
        let answers = Answers()
        var beginnings = gate.beginnings.makeAsyncIterator()
        core.submit(request(["1"], encoder), texts: ["1"], deadline: nil, completion: answers.record("running"))
        _ = await beginnings.next()
        core.submit(
            request(["2", "3"], encoder), texts: ["2", "3"], deadline: nil, completion: answers.record("waiting"))
        core.submit(request(["4"], encoder), texts: ["4"], deadline: nil, completion: answers.record("refused"))
        let refusal = answers.error("refused") as? ChatError
        #expect(refusal?.code == .overloaded)
        #expect(refusal?.retryAfter == 1)
        let three = ["5", "6", "7"]
        core.submit(request(three, encoder), texts: three, deadline: nil, completion: answers.record("huge"))
        #expect((answers.error("huge") as? ChatError)?.code == .tooLarge)
        gate.letGo(2)
        await drained(core)
        #expect(answers.names == ["refused", "huge", "running", "waiting"])
        #expect(core.metrics.refused == 1)
    }

    @Test("a caller who leaves is answered at once, and what waited for them is not encoded")
    func cancellation() async {
        let gate = Gate()
        let encoder = FakeEncoder { gate.pass($0) }
        let core = core(options())
        let answers = Answers()
        var beginnings = gate.beginnings.makeAsyncIterator()
        let running = request(["running"], encoder)
        core.submit(running, texts: ["running"], deadline: nil, completion: answers.record("running"))
        _ = await beginnings.next()
        let waiting = request(["waiting"], encoder)
        core.submit(waiting, texts: ["waiting"], deadline: nil, completion: answers.record("waiting"))
        core.submit(request(["stays"], encoder), texts: ["stays"], deadline: nil, completion: answers.record("stays"))
        core.cancel(waiting)
        core.cancel(running)
        #expect(answers.names == ["waiting", "running"])
        #expect(answers.error("waiting") is CancellationError)
        gate.letGo(2)
        await drained(core)
        #expect(encoder.batches == [["running"], ["stays"]])
        #expect(answers.names == ["waiting", "running", "stays"])
        #expect(core.metrics.cancelled == 2)
    }

    @Test("a cancelled task gets its CancellationError from the queue")
    func cancelledTask() async {
        let gate = Gate()
        let encoder = FakeEncoder { gate.pass($0) }
        let queue = InferenceQueue()
        var beginnings = gate.beginnings.makeAsyncIterator()
        let task = Task { try await queue.embed(["hello"], as: .query, with: encoder) }
        _ = await beginnings.next()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        gate.letGo()
        await queue.shutdown()
    }

    @Test("a text that the encoder cannot take fails alone; its neighbours are answered")
    func failure() async throws {
        let gate = Gate()
        let encoder = FakeEncoder { texts in
            if texts == ["first"] { gate.pass(texts) }
            if texts.contains("poison") { throw ChatError(.internal, "no") }
        }
        let core = core(options())
        let answers = Answers()
        var beginnings = gate.beginnings.makeAsyncIterator()
        core.submit(request(["first"], encoder), texts: ["first"], deadline: nil, completion: answers.record("first"))
        _ = await beginnings.next()
        for name in ["good", "poison", "fine"] {
            core.submit(request([name], encoder), texts: [name], deadline: nil, completion: answers.record(name))
        }
        gate.letGo()
        await drained(core)
        #expect(answers.embeddings("good") == [encoder.vector(of: "good")])
        #expect(answers.embeddings("fine") == [encoder.vector(of: "fine")])
        #expect(answers.error("poison") as? ChatError == ChatError(.internal, "no"))
        #expect(core.metrics.failed == 1)
    }

    @Test("a request whose deadline has passed before its turn is given up")
    func deadline() async {
        let gate = Gate()
        let encoder = FakeEncoder { gate.pass($0) }
        let clock = Mutex(ContinuousClock.now)
        let core = core(options(), now: { clock.withLock { $0 } })
        let answers = Answers()
        var beginnings = gate.beginnings.makeAsyncIterator()
        core.submit(request(["1"], encoder), texts: ["1"], deadline: .seconds(1), completion: answers.record("begun"))
        _ = await beginnings.next()
        core.submit(request(["2"], encoder), texts: ["2"], deadline: .seconds(1), completion: answers.record("late"))
        core.submit(request(["3"], encoder), texts: ["3"], deadline: .seconds(9), completion: answers.record("patient"))
        clock.withLock { $0 += .seconds(2) }
        gate.letGo(2)
        await drained(core)
        #expect((answers.error("late") as? ChatError)?.code == .overloaded)
        #expect(answers.embeddings("begun") != nil)
        #expect(encoder.batches == [["1"], ["3"]])
        #expect(core.metrics.expired == 1)
        #expect(core.metrics.latencyMaximum == 2)
    }

    @Test("texts for different encoders are never mixed, and keep their order")
    func encoders() async {
        let gate = Gate()
        let old = FakeEncoder(name: "old") { gate.pass($0) }
        let new = FakeEncoder(name: "new") { gate.pass($0) }
        let core = core(options())
        let answers = Answers()
        var beginnings = gate.beginnings.makeAsyncIterator()
        core.submit(request(["1"], old), texts: ["1"], deadline: nil, completion: answers.record("1"))
        _ = await beginnings.next()
        core.submit(request(["2"], old), texts: ["2"], deadline: nil, completion: answers.record("2"))
        core.submit(request(["3"], new), texts: ["3"], deadline: nil, completion: answers.record("3"))
        core.submit(request(["4"], old), texts: ["4"], deadline: nil, completion: answers.record("4"))
        gate.letGo(4)
        await drained(core)
        #expect(old.batches == [["1"], ["2"], ["4"]])
        #expect(new.batches == [["3"]])
        #expect(answers.names == ["1", "2", "3", "4"])
    }

    @Test("a shutdown answers what waits and refuses what comes later")
    func shutdown() async throws {
        let gate = Gate()
        let encoder = FakeEncoder { gate.pass($0) }
        let core = core(options { $0.threads = 2 })
        let answers = Answers()
        var beginnings = gate.beginnings.makeAsyncIterator()
        core.submit(
            request(["1", "2"], encoder), texts: ["1", "2"], deadline: nil, completion: answers.record("1, 2"))
        for _ in 0..<2 { _ = await beginnings.next() }
        core.submit(request(["3"], encoder), texts: ["3"], deadline: nil, completion: answers.record("3"))
        core.stop()
        core.submit(request(["4"], encoder), texts: ["4"], deadline: nil, completion: answers.record("4"))
        #expect((answers.error("4") as? ChatError)?.code == .notReady)
        gate.letGo(3)
        await drained(core)
        #expect(Set(answers.names) == ["1, 2", "3", "4"])
        #expect(answers.embeddings("3") != nil)
    }

    @Test("an idle queue gives a text all cores, and texts that come together a core each")
    func cores() async {
        let gate = Gate()
        let encoder = FakeEncoder { gate.pass($0) }
        let core = core(options { $0.threads = 2 })
        let answers = Answers()
        var beginnings = gate.beginnings.makeAsyncIterator()
        core.submit(request(["alone"], encoder), texts: ["alone"], deadline: nil, completion: answers.record("1"))
        #expect(await beginnings.next() == ["alone"])
        let four = ["a", "b", "c", "d"]
        core.submit(request(four, encoder), texts: four, deadline: nil, completion: answers.record("2"))
        // Both cores are taken, so nothing of it has begun.
        #expect(core.metrics.depth == 4)
        gate.letGo(1)
        let halves = [await beginnings.next(), await beginnings.next()]
        #expect(Set(halves) == [["a", "b"], ["c", "d"]])
        gate.letGo(2)
        await drained(core)
        #expect(encoder.threads == [2, 1, 1])
        #expect(answers.embeddings("2") == four.map(encoder.vector))
    }

    @Test("for a while after two requests met, every core serves its own")
    func contention() async {
        let gate = Gate()
        let encoder = FakeEncoder { gate.pass($0) }
        let clock = Mutex(ContinuousClock.now)
        let core = core(options { $0.threads = 2 }, now: { clock.withLock { $0 } })
        let answers = Answers()
        var beginnings = gate.beginnings.makeAsyncIterator()
        func submit(_ name: String) {
            core.submit(request([name], encoder), texts: [name], deadline: nil, completion: answers.record(name))
        }
        submit("1")
        #expect(await beginnings.next() == ["1"])
        submit("2")
        gate.letGo()
        #expect(await beginnings.next() == ["2"])
        gate.letGo()
        for (name, later) in [("3", Duration.milliseconds(19)), ("4", .milliseconds(2))] {
            while core.metrics.running > 0 { await Task.yield() }
            clock.withLock { $0 += later }
            submit(name)
            #expect(await beginnings.next() == [name])
            gate.letGo()
        }
        await drained(core)
        #expect(encoder.threads == [2, 1, 1, 2])
    }

    @Test("while people write, work in bulk takes small pieces, leaves a core free, and whoever comes goes first")
    func courtesy() async {
        let gate = Gate()
        let encoder = FakeEncoder { gate.pass($0) }
        let clock = Mutex(ContinuousClock.now)
        let core = core(options { $0.threads = 2 }, now: { clock.withLock { $0 } })
        let answers = Answers()
        var beginnings = gate.beginnings.makeAsyncIterator()
        func submit(_ texts: [String], _ deadline: Duration?) {
            core.submit(
                request(texts, encoder), texts: texts, deadline: deadline, completion: answers.record(texts[0]))
        }
        submit(["hello"], .seconds(10))
        #expect(await beginnings.next() == ["hello"])
        gate.letGo()
        while core.metrics.running > 0 { await Task.yield() }
        let long = String(repeating: "word ", count: 60)
        let bulk = (0..<4).map { "\($0) \(long)" }
        submit(bulk, nil)
        #expect(await beginnings.next() == [bulk[0]], "no more than the budget of patient texts")
        #expect(core.metrics.running == 1 && core.metrics.depth == 3, "the other core stays free")
        submit(["who comes"], .seconds(10))
        #expect(await beginnings.next() == ["who comes"])
        gate.letGo(2)
        #expect(await beginnings.next() == [bulk[1]])
        while core.metrics.running > 1 { await Task.yield() }
        // Nobody has written for a while: the rest is done with all cores.
        clock.withLock { $0 += .seconds(3) }
        gate.letGo()
        let rest = [await beginnings.next(), await beginnings.next()].compactMap(\.self).flatMap(\.self)
        #expect(Set(rest) == Set(bulk[2...]))
        gate.letGo(2)
        await drained(core)
        #expect(answers.names.contains("who comes") && answers.embeddings(bulk[0])?.count == 4)
    }

    @Test("no more cores share a batch than are allowed")
    func coresPerBatch() async {
        let encoder = FakeEncoder()
        let core = core(
            options {
                $0.threads = 8
                $0.coresPerBatch = 3
            })
        let answers = Answers()
        core.submit(request(["alone"], encoder), texts: ["alone"], deadline: nil, completion: answers.record("1"))
        await drained(core)
        #expect(encoder.threads == [3])
    }
}
