import ConversationDomain
import Foundation
import GRDB
import People
import SQLiteCustomers
import SQLiteStore
import ServiceTestSupport
import TestSupport
import Testing
import WebSocketTestClient
import Wire

@Suite("What a page goes on with a conversation by")
struct ResumeTokenTests {
    /// Every call of a page about a conversation, and what it gives with the token.
    private static let calls: [(method: String, end: String, body: String?, status: Int)] = [
        ("GET", "", nil, 200), ("GET", "/messages", nil, 200), ("POST", "/messages", #"{"text":"hours?"}"#, 200),
        ("POST", "/feedback", #"{"message_id":"MESSAGE","rating":"up"}"#, 204), ("POST", "/close", nil, 200),
    ]

    @Test("without the token, or with another, a page finds no conversation; with it each call works")
    func rest() async throws {
        try await Desk.run { desk in
            let other = try await desk.started(as: .page)
            let path = try await desk.started(as: .page)
            let message = try await desk.say("hours?", in: path, as: .page)["replies"].elements.first?["id"].string
            let foreign = desk.tokens.token(of: String(other.split(separator: "/").last ?? "")) ?? ""
            for (method, end, body, status) in Self.calls {
                let body = body?.replacing("MESSAGE", with: message ?? "")
                for wrong in ["", "rt_", foreign, String(repeating: "x", count: 4_000)] {
                    let refused = try await desk.call(
                        method, path + end, body, as: .page, headers: [(ResumeTokens.header, wrong)])
                    #expect(refused.outcome == "404 not_found", "\(method) \(end)")
                    #expect(refused["detail"].string?.contains(ResumeTokens.header) == true)
                }
                let answer = try await desk.call(method, path + end, body, as: .page)
                #expect(answer.status == status, "\(method) \(end) \(answer.text)")
                #expect(answer["resume_token"] == .null)
            }
            // What is not there is answered as what is not theirs.
            let absent = try await desk.call(
                "GET", "/v1/conversations/" + IdentifierGenerator().next(ConversationID.self).rawValue, as: .page)
            let hidden = try await desk.call("GET", path, as: .page, headers: [(ResumeTokens.header, "")])
            #expect(absent["detail"] == hidden["detail"])
        }
    }

    @Test("a secret key keeps the id alone, and gets a token to hand to its page")
    func secret() async throws {
        try await Desk.run { desk in
            let path = try await desk.started(as: .shop)
            let none = [(ResumeTokens.header, "")]
            #expect(try await desk.call("GET", path, as: .shop, headers: none).status == 200)
            #expect(try await desk.call("GET", path, as: .page, headers: none).outcome == "404 not_found")
            #expect(try await desk.call("GET", path, as: .page).status == 200)
            let found = try await desk.call("POST", "/v1/conversations", #"{"external_id":"t"}"#, as: .shop)
            let again = try await desk.call("POST", "/v1/conversations", #"{"external_id":"t"}"#, as: .shop)
            #expect(found["resume_token"].string != nil && again.status == 200 && again["resume_token"] == .null)
        }
    }

    @Test("a socket resumes with the token that its start told, and with no other")
    func socket() async throws {
        try await Desk.run { desk in
            let first = try await desk.socket(.page)
            try await first.send(#"{"type":"start"}"#)
            let ready = try await first.frame()
            let id = try #require(ready["conversation_id"].string)
            let token = try #require(ready["resume_token"].string)
            try await first.send(#"{"type":"message","client_message_id":"m","text":"hours?"}"#)
            #expect(try await first.frames(2) == ["ack", "message 2 bot see the page"])
            try await first.connection.close()
            let second = try await desk.socket(.page)
            for wrong in ["", #","resume_token":"rt_x""#, #","resume_token":null"#] {
                try await second.send(#"{"type":"resume","conversation_id":"\#(id)","after":0\#(wrong)}"#)
                let refused = try await second.frame()
                #expect(refused["code"] == "not_found" && refused["type"] == "error")
            }
            try await second.send(
                #"{"type":"resume","conversation_id":"\#(id)","after":0,"resume_token":"\#(token)"}"#)
            let resumed = try await second.frame()
            #expect(resumed["type"] == "ready" && resumed["last_seq"] == 2 && resumed["resume_token"] == .null)
            #expect(try await second.frames(2) == ["message 1 visitor hours?", "message 2 bot see the page"])
            // And goes on in it.
            try await second.send(#"{"type":"message","client_message_id":"n","text":"thanks"}"#)
            #expect(try await second.frames(1) == ["ack"])
            try await second.connection.close()
        }
    }

    @Test("a token is checked after a restart, and only its hash is in the file")
    func stored() async throws {
        try await Desk.run { desk in
            let path = try await desk.started(as: .page)
            try await desk.say("hours?", in: path, as: .page)
            let id = ConversationID(trusted: String(path.split(separator: "/").last ?? ""))
            let token = try #require(desk.tokens.token(of: id.rawValue))
            let stored = try #require(try await desk.store.conversation(id))
            #expect(stored.resumeHash?.count == 32)
            for suffix in ["", "-wal"] {
                let file = desk.folder.appending(path: "frontdesk.sqlite\(suffix)")
                guard let bytes = try? Data(contentsOf: file) else { continue }
                #expect(bytes.range(of: Data(token.utf8)) == nil)
            }
        }
    }

    @Test("conversations from before there were tokens go on for 30 days")
    func grace() async throws {
        try await Desk.run { desk in
            let path = try await desk.started(as: .page)
            try await desk.say("hours?", in: path, as: .page)
            let queue = try DatabaseQueue(path: desk.folder.appending(path: "frontdesk.sqlite").path)
            try await queue.write { try $0.execute(sql: "UPDATE conversation SET resume_hash = NULL") }
            try queue.close()
            let none = [(ResumeTokens.header, "")]
            #expect(try await desk.call("GET", path, as: .page, headers: none).status == 200)
            desk.clock.advance(by: 30 * 86_400 - 60)
            #expect(try await desk.call("GET", path, as: .page, headers: none).status == 200)
            desk.clock.advance(by: 120)
            #expect(try await desk.call("GET", path, as: .page, headers: none).outcome == "404 not_found")
            #expect(try await desk.call("GET", path, as: .shop, headers: none).status == 200)
        }
    }
}
