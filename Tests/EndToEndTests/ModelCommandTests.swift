import Foundation
import Testing

extension EndToEndTests {
    @Suite("Models, measuring and keeping") struct ModelCommandTests {}
}

extension EndToEndTests.ModelCommandTests {
    @Test("a first start imports and trains before it is ready, tells no key, and ends cleanly")
    func firstStart() async throws {
        let start = try await FirstStart.shared.value
        // Whether it listens while it learns is its own affair; if it does, it is alive and says that it is not ready.
        if let seen = start.whileTraining {
            #expect(seen.live == 200)
            expectProblem(seen.ready, 503, "not_ready")
        }
        #expect(start.exitStatus == 0)
        #expect(!start.output.contains("fd_"))
    }

    @Test("a trained bot starts in about a second")
    func quickStart() async throws {
        let data = try await DataFolder.trained()
        let begin = ContinuousClock.now
        let server = try await ServerProcess.start(data)
        // The promise is one second, for the optimised program on a machine that does nothing else.
        #expect(ContinuousClock.now - begin < .seconds(6))
        #expect(try await server.stop() == 0)
    }

    @Test("classify on the command line gives what the server gives")
    func classify() async throws {
        let shared = try await SharedServer.shared.value
        let texts = ["where is my order", "谢谢你", "who is the president of Brazil?"]
        let result = try await shared.server.data.run("classify", texts + ["--json"])
        #expect(result.status == 0, "\(result.errors)")
        let served = try await SharedServer.caller().post("/v1/classify", ["texts": .array(texts.map { .string($0) })])
        #expect(result.json.elements.map { $0["text"] } == texts.map { .string($0) })
        #expect(result.json.elements.map { $0["intent"] } == served.json["results"].elements.map { $0["intent"] })
        let plain = try await shared.server.data.run("classify", "where is my order")
        #expect(plain.status == 0 && plain.output.contains("order.status"))
    }

    @Test("evaluate measures a file of sentences, as JSON too, and writes a report")
    func evaluate() async throws {
        let data = try await DataFolder.trained()
        let file = try Scratch.folder("held-out").appendingPathComponent("held-out.csv")
        let rows = [
            "text,intent", "any idea where my parcel might be,order.status", "太感谢啦,thanks",
            "could a human being help me,agent.request", "who is the president of Brazil,out_of_scope",
        ]
        try Data((rows.joined(separator: "\n") + "\n").utf8).write(to: file)
        let report = try Scratch.unusedPath("report")
        let result = try await data.run("evaluate", file.path, "--json", "--report", report.path)
        #expect(result.status == 0, "\(result.errors)")
        #expect((result.json["accuracy"].number ?? 0) >= 0.66, "\(result.output)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: report.path).isEmpty == false)
        let wrong = try Scratch.folder("wrong").appendingPathComponent("wrong.csv")
        try Data("text,intent\nhello\n".utf8).write(to: wrong)
        let refused = try await data.run("evaluate", wrong.path)
        #expect(refused.status == 65 && refused.errors.contains("wrong.csv:2: "), "\(refused.errors)")
    }

    @Test("a backup made while serving is restored elsewhere, conversation, keys and models included")
    func backup() async throws {
        let data = try await DataFolder.trained()
        let key = try await data.makeKey()
        let server = try await ServerProcess.start(data)
        let chat = try await Caller(server: server, key: key).start(["locale": "en"])
        _ = try await chat.say("hello")
        let history = try await chat.history()
        let file = try Scratch.unusedPath("bot.backup")
        let saved = try await data.run("backup", "--with-encoders", file.path)
        #expect(saved.status == 0, "\(saved.errors)")
        let refused = try await data.run("backup", file.path)
        #expect(refused.status != 0 && refused.errorLines.count == 1)
        _ = try await chat.say("hello again")
        #expect(try await server.stop() == 0)

        let elsewhere = try DataFolder.empty(withModels: false)
        let restored = try await elsewhere.run("restore", file.path)
        #expect(restored.status == 0, "\(restored.errors)")
        let copy = Caller(server: try await ServerProcess.start(elsewhere), key: key)
        let again = Chat(caller: copy, id: chat.id)
        #expect(try await again.history() == history)
        #expect(try await again.say("thank you very much!").outcome == ["answer", "thanks", "bot"])
        #expect(try await copy.server.stop() == 0)
        let twice = try await elsewhere.run("restore", file.path)
        #expect(twice.status != 0 && twice.errorLines.count == 1, "\(twice.errors)")
        try FileManager.default.removeItem(at: elsewhere.url.appendingPathComponent("models"))
        try FileManager.default.removeItem(at: file)
    }

    @Test("what is no backup is not restored")
    func badBackup() async throws {
        let data = try DataFolder.empty(withModels: false)
        let file = try Scratch.folder("bad").appendingPathComponent("bad.backup")
        for bytes in [Data(), Data("hello".utf8), Data(repeating: 0x41, count: 100_000)] {
            try bytes.write(to: file)
            let result = try await data.run("restore", file.path)
            #expect(result.status != 0 && result.errorLines.count == 1, "\(result.errors)")
            #expect(!FileManager.default.fileExists(atPath: data.database.path))
        }
        let missing = try await data.run("restore", file.path + "-missing")
        #expect(missing.status != 0 && missing.errorLines.count == 1, "\(missing.errors)")
    }
}
