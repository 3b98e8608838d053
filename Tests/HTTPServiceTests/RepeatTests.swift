import APIConformance
import Access
import ConversationDomain
import Foundation
import People
import ServiceTestSupport
import Testing
import WebSocketTestClient

@testable import HTTPCalls
@testable import HTTPService

@Suite("Requests with an Idempotency-Key")
struct RepeatTests {
    private static let once = [("Idempotency-Key", "once")]

    @Test("a failure and a refusal for the load are not kept: the next try runs", arguments: ["crash", "overload"])
    func failures(text: String) async throws {
        try await TestAPI.run { api in
            let path = "/v1/conversations/\(try await api.started())/messages"
            for _ in 0..<2 {
                let failed = try await api.call("POST", path, json: #"{"text":"\#(text)"}"#, headers: Self.once)
                #expect(failed.status == (text == "crash" ? 500 : 429))
                #expect(failed.headers["idempotent-replayed"] == nil)
            }
            #expect(api.answers.count == 0)
            let taken = try await api.call("POST", path, json: #"{"text":"hi"}"#, headers: Self.once)
            #expect(taken.status == 200 && api.answers.count == 1)
        }
    }

    @Test("while it is worked on the same request waits for the answer, and another body is a conflict")
    func inFlight() async throws {
        try await TestAPI.run { api in
            let path = "/v1/conversations/\(try await api.started())/messages"
            async let first = api.call("POST", path, json: #"{"text":"wait"}"#, headers: Self.once)
            await api.chat.untilTurnWaits()
            async let second = api.call("POST", path, json: #"{"text":"wait"}"#, headers: Self.once)
            let other = try await api.call("POST", path, json: #"{"text":"hi"}"#, headers: Self.once)
            #expect(try other.problem() == "409 conflict")
            api.chat.release()
            let both = try await [first, second]
            #expect(both.map(\.status) == [200, 200] && both[0].body == both[1].body)
            #expect(both.map { $0.headers["idempotent-replayed"] } == [nil, "true"])
        }
    }

    @Test("who waits does so for a bounded time, and a bounded number waits")
    func waiting() async throws {
        let running = RunningRequests(waiterLimit: 1, patience: .milliseconds(300))
        let (name, body) = (Data(repeating: 1, count: 32), Data(repeating: 2, count: 32))
        let request = RepeatableRequest(key: KeyID(trusted: "key_1"), name: name, body: body)
        let other = RepeatableRequest(key: KeyID(trusted: "key_1"), name: name, body: name)
        #expect(await running.turn(of: request) == .mine)
        #expect(await running.turn(of: other) == .another)
        async let late = running.turn(of: request)
        async let more = running.turn(of: request)
        // Whichever came second finds the place taken.
        #expect(Set(await [late, more]) == [.late, .crowded])
        async let waiting = running.turn(of: request)
        while running.waiters == 0 { await Task.yield() }
        running.ended(request)
        #expect(await waiting == .ended)
        #expect(await running.turn(of: other) == .mine)
    }

    @Test("a body that is too large is refused as without a key, and nothing is kept")
    func tooLarge() async throws {
        try await TestAPI.run { api in
            let body = #"{"locale":"\#(String(repeating: "x", count: 70_000))"}"#
            let refused = try await api.call("POST", "/v1/conversations", json: body, headers: Self.once)
            #expect(try refused.problem() == "413 too_large")
            #expect(api.answers.count == 0)
        }
    }

    @Test("every POST declares the header and its conflict, and no other call does")
    func declared() throws {
        let interface = try RESTInterface(API().document())
        for (method, path, operation) in interface.operations {
            let headers = operation["parameters"]?.elements.filter { $0["in"]?.string == "header" } ?? []
            let isThere = headers.contains { $0["name"]?.string == "Idempotency-Key" }
            // Other systems send their own ids with what they tell, by which it is told apart.
            let isRepeatable = method == "POST" && path != "/v1/connectors/{id}/events"
            #expect(isThere == isRepeatable, "\(method) \(path)")
            if isRepeatable { #expect(operation["responses"]?["409"] != nil, "\(path)") }
        }
    }
}
