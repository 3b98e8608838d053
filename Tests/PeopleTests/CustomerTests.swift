import ConversationDomain
import Foundation
import People
import SQLiteCustomers
import SQLiteStore
import ServiceTestSupport
import TestSupport
import Testing
import WebSocketTestClient
import Wire

@Suite("Visitors whom the shop vouches for")
struct CustomerTests {
    private static let noToken = [(ResumeTokens.header, "")]

    /// A token of the shop's for a visitor.
    private func token(
        _ id: String = "c-1", _ more: String = "", as caller: Desk.Caller = .shop, at desk: Desk
    ) async throws -> String {
        let made = try await desk.call(
            "POST", "/v1/visitor-tokens", #"{"visitor":{"id":"\#(id)","name":"Ann"}\#(more)}"#, as: caller)
        return try #require(made["token"].string, "\(made.text)")
    }

    private func start(_ body: String, as caller: Desk.Caller = .page, at desk: Desk) async throws -> TestHTTPResponse {
        try await desk.call("POST", "/v1/conversations", body, as: caller)
    }

    @Test("a page that shows a token begins a conversation of that visitor")
    func begins() async throws {
        try await Desk.run { desk in
            let token = try await token(at: desk)
            let started = try await start(#"{"visitor_token":"\#(token)"}"#, at: desk)
            #expect(started.outcome == "201" && started["resume_token"].string != nil)
            let path = "/v1/conversations/" + (try #require(started["id"].string))
            try await desk.say("hours?", in: path, as: .page)
            let shown = try await desk.call("GET", path, as: .desk)
            #expect(shown["visitor"] == ["id": "c-1", "name": "Ann", "email": .null])
            #expect(try await desk.call("GET", "/v1/visitors/c-1", as: .desk)["conversations"] == 1)
        }
    }

    @Test("on another device the visitor goes on with the open conversation, and with nobody else's")
    func goesOn() async throws {
        try await Desk.run { desk in
            let (anns, bobs) = (try await token("c-1", at: desk), try await token("c-2", at: desk))
            let first = try await start(#"{"visitor_token":"\#(anns)"}"#, at: desk)
            let path = "/v1/conversations/" + (try #require(first["id"].string))
            try await desk.say("hours?", in: path, as: .page)
            // Another device: the token of the conversation is not there.
            let again = try await start(#"{"visitor_token":"\#(anns)","continue":true}"#, at: desk)
            #expect(again.status == 200 && again["id"] == first["id"] && again["resume_token"] == .null)
            func read(_ token: String) async throws -> TestHTTPResponse {
                try await desk.call(
                    "GET", path + "/messages", as: .page, headers: Self.noToken + [("Frontdesk-Visitor-Token", token)])
            }
            #expect(try await read(anns)["messages"].elements.count == 2)
            #expect(try await read(bobs).outcome == "404 not_found")
            #expect(try await read("fv1.e30.AAAA").outcome == "403 forbidden")
            // Without wanting to go on, and for another visitor, it is a new one.
            for body in [#"{"visitor_token":"\#(anns)"}"#, #"{"visitor_token":"\#(bobs)","continue":true}"#] {
                let other = try await start(body, at: desk)
                #expect(other.status == 201 && other["id"] != first["id"])
            }
            try await desk.call("POST", path + "/close", as: .page)
            let fresh = try await start(#"{"visitor_token":"\#(anns)","continue":true}"#, at: desk)
            #expect(fresh.status == 201 && fresh["id"] != first["id"])
        }
    }

    @Test("a token of another app, one that has expired, one that was changed, and one for another origin are refused")
    func refused() async throws {
        try await Desk.run { desk in
            let good = try await token(at: desk)
            let foreign = try await token(as: .other, at: desk)
            let elsewhere = try await token("c-1", #","origin":"https://other.example""#, at: desk)
            let brief = try await token("c-1", #","expires_in":60"#, at: desk)
            var changed = Array(good.utf8)
            changed[8] = changed[8] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            let tampered = String(decoding: changed, as: UTF8.self)
            for token in [foreign, elsewhere, tampered] {
                let answer = try await start(#"{"visitor_token":"\#(token)"}"#, at: desk)
                #expect(answer.outcome == "403 forbidden", "\(answer.text)")
            }
            #expect(try await start(#"{"visitor_token":"\#(brief)"}"#, at: desk).status == 201)
            desk.clock.advance(by: 61)
            #expect(try await start(#"{"visitor_token":"\#(brief)"}"#, at: desk).outcome == "403 forbidden")
            for body in [
                #"{"visitor_token":"x"}"#, #"{"visitor_token":"\#(good)","visitor":{"name":"Bob"}}"#,
                #"{"continue":true}"#,
            ] { #expect(try await start(body, at: desk).outcome == "400 invalid_request", "\(body)") }
            #expect(try await start(#"{"visitor_token":"\#(good)"}"#, as: .shop, at: desk).outcome == "403 forbidden")
        }
    }

    @Test("only the shop's own server vouches, for what is a visitor")
    func minting() async throws {
        try await Desk.run { desk in
            let body = #"{"visitor":{"id":"c-1"}}"#
            let made = try await desk.call("POST", "/v1/visitor-tokens", body, as: .desk)
            #expect(made.outcome == "201" && made["expires_at"].string != nil)
            #expect(try await desk.call("POST", "/v1/visitor-tokens", body, as: .page).outcome == "403 forbidden")
            for wrong in [
                "{}", #"{"visitor":{}}"#, #"{"visitor":{"id":""}}"#, #"{"visitor":{"id":"c"},"expires_in":59}"#,
                #"{"visitor":{"id":"c"},"expires_in":99999999}"#, #"{"visitor":{"id":"c"},"origin":"shop"}"#,
                #"{"visitor":{"id":"c","role":"x"}}"#,
                #"{"visitor":{"id":"\#(String(repeating: "x", count: 257))"}}"#,
            ] {
                let answer = try await desk.call("POST", "/v1/visitor-tokens", wrong, as: .shop)
                #expect(answer.outcome == "400 invalid_request", "\(wrong) \(answer.text)")
            }
        }
    }

    @Test("an id that a page merely claims is a label; once the app uses tokens it is refused, and never gone on with")
    func claims() async throws {
        try await Desk.run { desk in
            let claimed = try await start(#"{"visitor":{"id":"c-1"}}"#, at: desk)
            #expect(claimed.status == 201)
            try await desk.say(
                "hours?", in: "/v1/conversations/" + (try #require(claimed["id"].string)), as: .page)
            let token = try await token(at: desk)
            let refused = try await start(#"{"visitor":{"id":"c-1"}}"#, at: desk)
            #expect(refused.outcome == "403 forbidden")
            #expect(try await start(#"{"visitor":{"name":"Ann"}}"#, at: desk).status == 201)
            #expect(try await start(#"{"visitor":{"id":"c-1"}}"#, as: .shop, at: desk).status == 201)
            // The newest that is proven is the shop's own, without messages.
            let found = try await start(#"{"visitor_token":"\#(token)","continue":true}"#, at: desk)
            #expect(found.status == 200 && found["id"] != claimed["id"] && found["last_seq"] == 0)
        }
    }

    @Test("a socket begins, goes on, and is told whose it is while it runs")
    func socket() async throws {
        try await Desk.run { desk in
            let (anns, bobs) = (try await token("c-1", at: desk), try await token("c-2", at: desk))
            // Nobody yet.
            let first = try await desk.socket(.page)
            try await first.send(#"{"type":"start","metadata":{"cart":1}}"#)
            let ready = try await first.frame()
            let id = try #require(ready["conversation_id"].string)
            let resume = try #require(ready["resume_token"].string)
            try await first.connection.close()
            // Signed in, nothing said: it waits in memory still.
            let second = try await desk.socket(.page)
            try await second.send(
                #"{"type":"resume","conversation_id":"\#(id)","after":0,"resume_token":"\#(resume)","visitor_token":"\#(anns)","metadata":{"cart":2,"plan":"gold"}}"#
            )
            #expect(try await second.frame()["type"] == "ready")
            try await second.send(#"{"type":"message","client_message_id":"m","text":"hours?"}"#)
            #expect(try await second.frames(2) == ["ack", "message 2 bot see the page"])
            let shown = try await desk.call("GET", "/v1/conversations/\(id)", as: .desk)
            #expect(shown["visitor"]["id"] == "c-1" && shown["metadata"] == ["cart": 1, "plan": "gold"])
            // Another device, and another visitor there.
            let third = try await desk.socket(.page)
            try await third.send(#"{"type":"start","visitor_token":"\#(anns)","continue":true}"#)
            let there = try await third.frame()
            #expect(there["conversation_id"].string == id && there["last_seq"] == 2)
            #expect(try await third.frames(2) == ["message 1 visitor hours?", "message 2 bot see the page"])
            try await third.send(#"{"type":"message","client_message_id":"n","text":"thanks"}"#)
            #expect(try await third.frames(1) == ["ack"])
            let fourth = try await desk.socket(.page)
            for token in [bobs, "fv1.e30.AAAA"] {
                try await fourth.send(
                    #"{"type":"resume","conversation_id":"\#(id)","after":0,"resume_token":"\#(resume)","visitor_token":"\#(token)"}"#
                )
                #expect(try await fourth.frame()["code"].string == (token == bobs ? "not_found" : "forbidden"))
            }
            try await fourth.send(
                #"{"type":"resume","conversation_id":"\#(id)","after":0,"resume_token":"\#(resume)","metadata":{}}"#)
            #expect(try await fourth.frame()["code"] == "invalid_request")
            for socket in [second, third, fourth] { try await socket.connection.close() }
        }
    }

    @Test("metadata that the page adds stays within its bound with what is there")
    func metadata() async throws {
        try await Desk.run { desk in
            let token = try await token(at: desk)
            let half = String(repeating: "x", count: 5_000)
            let started = try await start(#"{"visitor_token":"\#(token)","metadata":{"a":"\#(half)"}}"#, at: desk)
            let id = try #require(started["id"].string)
            let socket = try await desk.socket(.page)
            func resume(_ metadata: String) async throws -> JSONValue {
                try await socket.send(
                    #"{"type":"resume","conversation_id":"\#(id)","after":0,"visitor_token":"\#(token)","metadata":\#(metadata)}"#
                )
                return try await socket.frame()
            }
            #expect(try await resume(#"{"b":"\#(half)"}"#)["code"] == "invalid_request")
            #expect(try await resume(#"{"b":"y"}"#)["type"] == "ready")
            try await socket.connection.close()
        }
    }

    @Test("secrets: as many as an app can have, revoked ones leave room and sign nothing")
    func secrets() async throws {
        try await Desk.run { desk in
            let store = SQLiteCustomerStore(desk.database)
            let app = AppName(trusted: "shop")
            let ids = IdentifierGenerator()
            func made() -> VisitorSecret {
                VisitorSecret(id: ids.next(), app: app, secret: "vs_x", createdAt: Date())
            }
            let all = (0..<VisitorSecret.limit).map { _ in made() }
            for one in all { try await store.add(one) }
            await #expect(throws: ChatError.self) { try await store.add(made()) }
            #expect(try await store.revoke(all[0].id, at: Date()))
            #expect(try await !store.revoke(all[0].id, at: Date()))
            #expect(try await store.visitorSecrets(of: app).map(\.id) == all.dropFirst().reversed().map(\.id))
            #expect(try await store.allVisitorSecrets().count == VisitorSecret.limit)
            #expect(try await store.visitorSecrets(of: AppName(trusted: "other")).isEmpty)
            try await store.add(made())
        }
    }
}
