import Foundation
import Synchronization
import Testing

extension EndToEndTests {
    @Suite("Nothing is lost") struct CrashTests {}
}

/// Several visitors who talk without a pause, each in a conversation and on a connection of its own.
final class Load: Sendable {
    struct Visitor: Sendable {
        let path: String
        /// Every answer that came back whole, in order.
        var turns: [JSON] = []
        /// The id of the message that got no answer.
        var unanswered: String?
        /// Anything but 200: status and body.
        var refusals: [String] = []
    }

    private let visitors = Mutex<[Visitor]>([])
    private let goesOn = Mutex(true)

    var turnCount: Int { visitors.withLock { $0.map(\.turns.count).reduce(0, +) } }
    var models: [String?] { visitors.withLock { $0.flatMap { $0.turns.map { $0["decision"]["model"].string } } } }

    func stop() { goesOn.withLock { $0 = false } }

    /// Talks until it is stopped or the server is gone; gives what each visitor saw.
    func run(_ count: Int, caller: Caller) async throws -> [Visitor] {
        for _ in 0..<count {
            let chat = try await caller.start(["locale": "en"])
            visitors.withLock { $0.append(Visitor(path: chat.path)) }
        }
        await withTaskGroup { group in
            for index in 0..<count { group.addTask { await self.talk(index, caller) } }
        }
        return visitors.withLock { $0 }
    }

    private func talk(_ index: Int, _ caller: Caller) async {
        let path = visitors.withLock { $0[index].path } + "/messages"
        guard let connection = try? await Connection.open(port: caller.server.port) else { return }
        var number = 0
        // A test that fails cancels its load, or it would wait for it without end.
        while goesOn.withLock({ $0 }), !Task.isCancelled {
            number += 1
            let id = "load-\(number)"
            visitors.withLock { $0[index].unanswered = id }
            let body: JSON = ["text": "hello there", "client_message_id": .string(id)]
            let headers = caller.allHeaders + [("Content-Type", "application/json")]
            guard let response = try? await connection.request("POST", path, headers: headers, body: body.data) else {
                break
            }
            visitors.withLock { visitors in
                visitors[index].unanswered = nil
                if response.status == 200 {
                    visitors[index].turns.append(response.json)
                } else {
                    visitors[index].refusals.append("\(response.status) \(response.text)")
                }
            }
            if response["Connection"]?.lowercased() == "close" { break }
        }
        await connection.close()
    }
}

extension EndToEndTests.CrashTests {
    /// Whether everything that a visitor saw is in the history, which has no gaps.
    private func expectKept(_ visitor: Load.Visitor, _ caller: Caller) async throws {
        let page = try await caller.get(visitor.path + "/messages?limit=500").json
        let history = page["messages"].elements
        #expect(history.map { $0["seq"].integer } == (0..<history.count).map { $0 + 1 })
        #expect(page["last_seq"].integer == history.count)
        let seen = visitor.turns.flatMap { [$0["message"]] + $0["replies"].elements }
        #expect(Array(history.prefix(seen.count)) == seen)
        // At most the one turn that was under way has come in addition.
        #expect(history.count - seen.count <= (visitor.unanswered == nil ? 0 : 2))
    }

    @Test("after kill -9 under load every reply that was seen is there, with its id and place, and talking goes on")
    func killed() async throws {
        let data = try await DataFolder.trained()
        let key = try await data.makeKey()
        let server = try await ServerProcess.start(data)
        let load = Load()
        async let running = load.run(8, caller: Caller(server: server, key: key))
        _ = try await eventually("there is load", within: 60) { load.turnCount >= 200 ? true : nil }
        server.child.send(SIGKILL)
        let visitors = try await running
        #expect(try await server.child.wait(within: 5) == -SIGKILL)
        #expect(visitors.allSatisfy { $0.refusals.isEmpty })

        let again = try await ServerProcess.start(data)
        let caller = Caller(server: again, key: key)
        for visitor in visitors {
            try await expectKept(visitor, caller)
            // What got no answer is sent again, as a client would: it is answered once.
            guard let id = visitor.unanswered else { continue }
            let body: JSON = ["text": "hello there", "client_message_id": .string(id)]
            let response = try await caller.post(visitor.path + "/messages", body)
            let last = try await caller.get(visitor.path).json["last_seq"].integer
            #expect(response.status == 200)
            #expect(last == (visitor.turns.count + 1) * 2)
        }
        #expect(try await again.stop() == 0)
    }

    @Test("asked to end under load, the server finishes the turns under way and exits with 0 within seconds")
    func terminated() async throws {
        let data = try await DataFolder.trained()
        let key = try await data.makeKey()
        let server = try await ServerProcess.start(data)
        let idle = try await Connection.open(port: server.port)
        #expect(try await idle.request("GET", "/health/live").status == 200)
        let silent = try await Connection.open(port: server.port)
        let load = Load()
        async let running = load.run(8, caller: Caller(server: server, key: key))
        _ = try await eventually("there is load", within: 60) { load.turnCount >= 100 ? true : nil }
        let begin = ContinuousClock.now
        #expect(try await server.stop() == 0)
        #expect(ContinuousClock.now - begin < .seconds(8))
        let visitors = try await running
        #expect(visitors.allSatisfy { $0.refusals.isEmpty || $0.refusals.allSatisfy { $0.hasPrefix("503") } })
        await idle.close()
        await silent.close()

        let again = try await ServerProcess.start(data)
        for visitor in visitors { try await expectKept(visitor, Caller(server: again, key: key)) }
        #expect(try await again.stop() == 0)
    }

    @Test("asked to end, the server finishes the message of a socket, then closes it with 1001")
    func socketGoesAway() async throws {
        let data = try await DataFolder.trained()
        let caller = Caller(server: try await ServerProcess.start(data), key: try await data.makeKey())
        let idle = try await caller.webSocket()
        let socket = try await caller.webSocket()
        for socket in [idle, socket] {
            await socket.send(["type": "start", "locale": "en"])
            #expect(try await socket.next()["type"] == "ready")
        }
        let text = String(repeating: "how long does delivery take to my house, please? ", count: 40)
        await socket.send(["type": "message", "client_message_id": "m", "text": .string(text)])
        #expect(try await socket.next() == ["type": "typing", "on": true])
        caller.server.child.send(SIGTERM)
        let frames = try await socket.upTo(type: "message")
        #expect(frames.first?["type"] == "ack")
        #expect(try await socket.closeCode() == 1001)
        #expect(try await idle.closeCode() == 1001)
        #expect(try await caller.server.child.wait(within: 10) == 0)
    }
}
