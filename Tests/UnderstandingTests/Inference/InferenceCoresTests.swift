import Synchronization
import Testing

@testable import Inference

@Suite("Cores of the inference queue")
struct InferenceCoresTests: QueueCoreSuite {
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
