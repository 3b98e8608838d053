import Foundation
import Synchronization
import Testing
import WebhookReceiver

extension EndToEndTests {
    @Suite("Webhooks") struct WebhookTests {}
}

extension EndToEndTests.WebhookTests {
    /// A server with a webhook, and who talks to it.
    private struct Setup {
        let data: DataFolder
        let chatKey: String
        let adminKey: String

        init() async throws {
            data = try await DataFolder.trained()
            chatKey = try await data.makeKey("shop", scopes: ["chat"], more: ["--app", "shop"])
            adminKey = try await data.makeKey("owner", scopes: ["admin"], more: ["--app", "shop"])
        }

        func start() async throws -> (chat: Caller, admin: Caller) {
            let server = try await ServerProcess.start(data, "--webhooks-allow", "127.0.0.1")
            return (Caller(server: server, key: chatKey), Caller(server: server, key: adminKey))
        }
    }

    @Test(
        "killed again and again under load, with a target that fails half the time, no event is lost, and each conversation's come in order"
    )
    func killed() async throws {
        // Every second event fails at its first try, and now and then at its second.
        let receiver = try await WebhookReceiver.start { request in
            let number = request.event.utf8.reduce(0) { $0 &* 31 &+ Int($1) }.magnitude
            return .status(number % 2 == 0 && request.attempt <= 1 + Int(number / 2 % 2) ? 500 : 200)
        }
        let setup = try await Setup()
        var secret: String?
        var visitors: [Load.Visitor] = []
        for round in 0..<3 {
            let (chat, admin) = try await setup.start()
            if round == 0 {
                let made = try await admin.post(
                    "/v1/webhooks", ["url": .string(receiver.url), "events": ["message.created"]])
                try #require(made.status == 201, "\(made.text)")
                secret = made.json["secret"].string
            }
            let load = Load()
            async let running = load.run(4, caller: chat)
            _ = try await eventually("there is load", within: 60) { load.turnCount >= 40 ? true : nil }
            chat.server.child.send(SIGKILL)
            visitors += try await running
            #expect(try await chat.server.child.wait(within: 5) == -SIGKILL)
        }
        let (chat, admin) = try await setup.start()
        var expected: [String: [String]] = [:]
        for visitor in visitors {
            let history = try await chat.get(visitor.path + "/messages?limit=500").json["messages"].elements
            #expect(history.count >= visitor.turns.count * 2)
            expected[String(visitor.path.split(separator: "/")[2])] = history.compactMap { $0["id"].string }
        }
        let total = expected.values.map(\.count).reduce(0, +)
        let arrived = Mutex<[String: [String]]>([:])
        let key = try #require(secret)
        _ = try await eventually("every event has arrived", within: 120) { () -> Bool? in
            var messages: [String: [String]] = [:]
            for one in receiver.taken {
                guard let message = one.text("message", "id") else { continue }
                // The first of what came twice: the order is that of first arrivals.
                if messages[one.conversation]?.contains(message) != true {
                    messages[one.conversation, default: []].append(message)
                }
            }
            arrived.withLock { $0 = messages }
            return messages.values.map(\.count).reduce(0, +) >= total ? true : nil
        }
        #expect(arrived.withLock { $0 } == expected)
        #expect(receiver.taken.allSatisfy { $0.signatures(by: key) == 1 })
        // A message has one event, whose id is the same however often it comes.
        let ids = Dictionary(grouping: receiver.requests, by: { $0.text("message", "id") ?? "" })
        #expect(ids.values.allSatisfy { Set($0.map(\.event)).count == 1 })
        #expect(receiver.requests.contains { $0.attempt > 1 })
        let shown = try await admin.get("/v1/webhooks").json["webhooks"].elements
        #expect(shown.map { $0["dead"].integer } == [0] && shown.map { $0["dropped"].integer } == [0])
        #expect(try await chat.server.stop() == 0)
        await receiver.close()
    }

    @Test("a target that never answers slows no turn, and its secret is in no log")
    func silent() async throws {
        let receiver = try await WebhookReceiver.start { _ in .silence }
        let setup = try await Setup()
        let (chat, admin) = try await setup.start()
        var secrets: [String] = []
        for _ in 0..<3 {
            let made = try await admin.post("/v1/webhooks", ["url": .string(receiver.url)])
            secrets.append(try #require(made.json["secret"].string))
        }
        let conversation = try await chat.start(["locale": "en"])
        let begin = ContinuousClock.now
        for _ in 0..<30 { _ = try await conversation.say("hello there") }
        #expect(ContinuousClock.now - begin < .seconds(10))
        #expect(try await chat.server.stop() == 0)
        let log = chat.server.child.output + chat.server.child.errors
        #expect(secrets.allSatisfy { !log.contains($0) } && !log.contains("whsec"))
        let place = try Scratch.folder("export")
        let exported = try await setup.data.run("export", place.appendingPathComponent("content").path)
        #expect(exported.status == 0)
        let files = FileManager.default.enumerator(at: place, includingPropertiesForKeys: nil)?.allObjects ?? []
        #expect(files.count > 10)
        for case let file as URL in files {
            let text = (try? Data(contentsOf: file)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            #expect(!text.contains("whsec"))
        }
        await receiver.close()
    }

    @Test("targets on this machine are refused unless the server is told otherwise, and a wrong flag in one line")
    func refusals() async throws {
        let setup = try await Setup()
        let server = try await ServerProcess.start(setup.data)
        let admin = Caller(server: server, key: setup.adminKey)
        for url in ["http://127.0.0.1:9/", "http://localhost/", "http://2130706433/", "http://[::ffff:127.0.0.1]/"] {
            let response = try await admin.post("/v1/webhooks", ["url": .string(url)])
            expectProblem(response, 400, "invalid_request", naming: "leads where nothing may be sent", about: url)
        }
        let strange = try await Caller(server: server, key: setup.chatKey).get("/v1/webhooks")
        expectProblem(strange, 403, "forbidden")
        #expect(try await server.stop() == 0)
        let wrong = try await setup.data.run("serve", ["--webhooks-allow", "the office"])
        #expect(wrong.status == 65 && wrong.errorLines.count == 1 && wrong.errors.contains("--webhooks-allow"))
    }
}
