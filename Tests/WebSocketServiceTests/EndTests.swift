import Access
import ConversationDomain
import Foundation
import ServiceTestSupport
import Testing
import WebSocketTestClient

@testable import WebSocketService

@Suite("How a socket ends")
struct EndTests {
    @Test("a client's close is answered with its code, and everything is freed")
    func goodbye() async throws {
        try await TestSockets.run { test in
            let (socket, _) = try await test.started()
            try await socket.sendClose(1000)
            #expect(try await socket.summariesToTheEnd() == ["closed 1000", "ended"])
            await test.chat.untilFollowers(are: 0)
        }
    }

    @Test("a client that vanishes, or closes its half, leaves nothing behind")
    func vanished() async throws {
        try await TestSockets.run { test in
            let (vanishing, _) = try await test.started()
            let (halfClosing, _) = try await test.started()
            await test.chat.untilFollowers(are: 2)
            try await vanishing.connection.close()
            await test.chat.untilFollowers(are: 1)
            try await halfClosing.connection.closeOutput()
            await test.chat.untilFollowers(are: 0)
            #expect(try await halfClosing.summariesToTheEnd().last == "ended")
        }
    }

    @Test("a client that vanishes in the middle of its turn leaves nothing behind, and the turn is kept")
    func vanishedInTurn() async throws {
        try await TestSockets.run { test in
            let (socket, conversation) = try await test.started()
            try await socket.say("wait", id: "c1")
            await test.chat.untilTurnWaits()
            try await socket.connection.close()
            test.chat.release()
            await test.chat.untilFollowers(are: 0)
            let second = try await test.resumed(conversation, after: 0)
            #expect(try await second.summaries(3) == ["ready 2", "message 1 wait", "message 2 echo: wait"])
        }
    }

    @Test("a key that is revoked meanwhile closes with 4401 at the next message, which is not taken")
    func revoked() async throws {
        try await TestSockets.run { test in
            let (socket, _) = try await test.started()
            try await socket.say("hi", id: "c1")
            _ = try await socket.summaries(4)
            _ = try await test.keys.store.revoke(test.keys.secretID, at: Date())
            try await socket.send(#"{"type":"ping"}"#)
            #expect(try await socket.summary() == "pong")
            try await socket.say("hi", id: "c2")
            #expect(try await socket.summariesToTheEnd() == ["closed 4401", "ended"])
        }
    }

    @Test("a client that is too fast gets errors first, and is closed with 4429 if it does not slow down")
    func tooFast() async throws {
        let limits = {
            var limits = RateLimits(); limits.conversation = 0.01; return limits
        }()
        try await TestSockets.run(limits: limits, { $0.refusalLimit = 3 }) { test in
            let socket = try await TestSocket.connect(
                port: test.server.port, key: test.keys.publishable, headers: [("Origin", "https://shop.example")])
            _ = try await socket.start()
            for number in 1...6 { try await socket.say("hi", id: "c\(number)") }
            #expect(
                try await socket.summariesToTheEnd() == [
                    "typing on", "ack c1 1", "message 2 echo: hi", "typing off", "error c2 rate_limited",
                    "error c3 rate_limited", "error c4 rate_limited", "closed 4429", "ended",
                ])
        }
    }

    @Test("silence closes with 4408; pings of either kind are heard")
    func heartbeat() async throws {
        let clock = HandClock()
        try await TestSockets.run({ $0.time = clock.time }) { test in
            let (socket, _) = try await test.started()
            let (silent, _) = try await test.started()
            clock.advance(by: .seconds(59))
            try await socket.ping("a")
            #expect(try await socket.summary() == "pong frame a")
            clock.advance(by: .seconds(1))
            #expect(try await silent.summariesToTheEnd() == ["closed 4408", "ended"])
            clock.advance(by: .seconds(58))
            try await socket.send(#"{"type":"ping"}"#)
            #expect(try await socket.summary() == "pong")
            clock.advance(by: .seconds(59))
            try await socket.send(#"{"type":"typing","on":true}"#)
            try await socket.ping("b")
            #expect(try await socket.summary() == "pong frame b")
            clock.advance(by: .seconds(60))
            #expect(try await socket.summariesToTheEnd() == ["closed 4408", "ended"])
            await test.chat.untilFollowers(are: 0)
        }
    }

    @Test("a client that falls too far behind is sent away, with no gap in what it got")
    func slowReader() async throws {
        // The bound on the feed is meant, not that on the time in which an answer is read.
        try await TestSockets.run(feedLimit: 16, { $0.connections.reading = .seconds(600) }) { test in
            let (socket, conversation) = try await test.started()
            try await socket.connection.shrinkReceiveBuffer()
            try await socket.connection.pauseReading()
            let text = String(repeating: "好", count: 2_000)
            // More than all buffers between hold; the server must not keep the rest.
            while test.chat.followers > 0 {
                try await test.chat.say(text, in: conversation, keys: test.keys)
            }
            try await socket.connection.resumeReading()
            let shown = try await socket.summariesToTheEnd()
            #expect(shown.suffix(2) == ["closed 1001", "ended"])
            let seqs = shown.dropLast(2).compactMap { Int($0.split(separator: " ")[1]) }
            #expect(seqs == Array(1...seqs.count))

            let second = try await test.resumed(conversation, after: seqs.count)
            #expect(try await second.summary().hasPrefix("ready "))
            #expect(try await second.summary().hasPrefix("message \(seqs.count + 1) "))
        }
    }

    @Test("a client that takes nothing any more is cut off, even if it still says something", .timeLimit(.minutes(1)))
    func stuckReader() async throws {
        let clock = HandClock()
        try await TestSockets.run(feedLimit: 100_000, { $0.time = clock.time }) { test in
            let (socket, conversation) = try await test.started()
            try await socket.connection.shrinkReceiveBuffer()
            try await socket.connection.pauseReading()
            let text = String(repeating: "好", count: 2_000)
            for _ in 0..<800 { try await test.chat.say(text, in: conversation, keys: test.keys) }
            while test.chat.followers > 0 {
                // Pongs need no answer, so only what is written to it tells that the client is stuck.
                try? await socket.sendFrame(opcode: 10, [])
                clock.advance(by: .seconds(1))
            }
        }
    }
}

@Suite("How the server stops")
struct ShutdownTests {
    @Test("an idle socket is told that the server goes away")
    func idle() async throws {
        try await TestSockets.run { test in
            let (socket, _) = try await test.started()
            let fresh = try await test.connect()
            await test.server.stop()
            #expect(try await socket.summary() == "closed 1001")
            #expect(try await fresh.summary() == "closed 1001")
        }
    }

    @Test("a turn in flight is finished and delivered first, and nothing new is begun")
    func inFlight() async throws {
        try await TestSockets.run { test in
            let (socket, conversation) = try await test.started()
            try await socket.say("wait", id: "c1")
            try await socket.say("late", id: "c2")
            await test.chat.untilTurnWaits()
            let (other, _) = try await test.started()
            await test.server.stop()
            // The other one was told, so the stop has arrived.
            #expect(try await other.summary() == "closed 1001")
            test.chat.release()
            #expect(
                try await socket.summaries(5)
                    == ["typing on", "ack c1 1", "message 2 echo: wait", "typing off", "closed 1001"])
            let principal = Principal(
                key: test.keys.secretID, kind: .secret, app: AppName(trusted: "shop"), scopes: [.chat])
            let kept = try await test.chat.conversation(ConversationID(trusted: conversation), as: principal)
            #expect(kept.lastSeq == 2)
        }
    }

    @Test("a turn that does not end holds the stop up no longer than allowed")
    func patience() async throws {
        try await TestSockets.run({ $0.shutdownPatience = .milliseconds(50) }) { test in
            let (socket, _) = try await test.started()
            try await socket.say("wait", id: "c1")
            await test.chat.untilTurnWaits()
            await test.server.stop()
            #expect(try await socket.summaries(3) == ["typing on", "closed 1001", "ended"])
            test.chat.release()
        }
    }

    @Test("a server that is cancelled rather than asked to stop cuts its sockets")
    func cancelled() async throws {
        let (starts, start) = AsyncStream.makeStream(of: Void.self)
        let running = Task {
            try await TestSockets.run { test in
                let (socket, _) = try await test.started()
                start.yield()
                #expect(try await socket.summariesToTheEnd() == ["ended"])
                start.finish()
            }
        }
        for await _ in starts { running.cancel() }
        _ = await running.result
    }

    @Test("idle connections do not hold the stop up, used or not")
    func idleConnections() async throws {
        try await TestSockets.run { test in
            let used = try await TestConnection.open(port: test.server.port)
            #expect(try await used.request("GET", "/plain").status == 200)
            let unused = try await TestConnection.open(port: test.server.port)
            let half = try await TestConnection.open(port: test.server.port)
            try await half.write("GET /plain HTTP/1.1\r\nHost: ")
            // A socket that is open tells that the others have been accepted.
            _ = try await test.started()
            await test.server.stop()
            for connection in [used, unused, half] { #expect(try await connection.rest().isEmpty) }
        }
    }
}
