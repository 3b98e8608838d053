import ConversationDomain
import Foundation
import People
import SQLiteCustomers
import SQLiteStore
import Testing
import WebSocketTestClient
import Wire

@testable import Access
@testable import HTTPCalls

@Suite("Requests that are sent again")
struct RepeatedRequestTests {
    private static func key(_ text: String) -> [(String, String)] { [("Idempotency-Key", text)] }

    @Test("the same key and body by the same caller at the same path gives the same bytes, and nothing runs twice")
    func replay() async throws {
        try await Desk.run { desk in
            func start(_ body: String, _ key: String, as caller: Desk.Caller = .shop) async throws -> TestHTTPResponse {
                try await desk.call("POST", "/v1/conversations", body, as: caller, headers: Self.key(key))
            }
            let body = #"{"visitor":{"name":"Ann"}}"#
            let first = try await start(body, "k-1")
            let again = try await start(body, "k-1")
            #expect(first.outcome == "201" && first.headers["idempotent-replayed"] == nil)
            #expect(again.status == 201 && again.body == first.body && again["resume_token"].string != nil)
            #expect(again.headers["idempotent-replayed"] == "true")
            #expect(again.headers["location"] == first.headers["location"])
            #expect(again.headers["x-request-id"] != first.headers["x-request-id"])
            #expect(try await start("{}", "k-1").outcome == "409 conflict")
            #expect(try await start(#"{ "visitor":{"name":"Ann"}}"#, "k-1").outcome == "409 conflict")
            // Another name, another caller, another path: other requests.
            for (key, caller) in [("k-2", Desk.Caller.shop), ("k-1", .tickets), ("k-1", .other)] {
                let other = try await start(body, key, as: caller)
                #expect(other.status == 201 && other["id"] != first["id"])
            }
            let path = "/v1/conversations/" + (try #require(first["id"].string))
            let said = try await desk.call(
                "POST", path + "/messages", #"{"text":"hours?"}"#, as: .shop, headers: Self.key("k-1"))
            let repeated = try await desk.call(
                "POST", path + "/messages", #"{"text":"hours?"}"#, as: .shop, headers: Self.key("k-1"))
            #expect(said.outcome == "200" && repeated.body == said.body)
            #expect(try await desk.history(path).count == 2)
        }
    }

    @Test("fifty at once have one effect, and all get its answer")
    func race() async throws {
        try await Desk.run { desk in
            func fifty(_ path: String, _ body: String, as caller: Desk.Caller) async throws -> [TestHTTPResponse] {
                try await withThrowingTaskGroup(of: TestHTTPResponse.self) { group in
                    for _ in 0..<50 {
                        group.addTask {
                            try await desk.call("POST", path, body, as: caller, headers: Self.key("once"))
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
            }
            let started = try await fifty("/v1/conversations", "{}", as: .shop)
            #expect(started.map(\.status) == Array(repeating: 201, count: 50))
            #expect(Set(started.map(\.body)).count == 1)
            #expect(started.count { $0.headers["idempotent-replayed"] == nil } == 1)
            #expect(try await desk.listed("").count == 1)
            let path = "/v1/conversations/" + (try #require(started[0]["id"].string))
            let noted = try await fifty(path + "/notes", #"{"text":"has called"}"#, as: .mia)
            #expect(noted.allSatisfy { $0.status == 201 } && Set(noted.map(\.body)).count == 1)
            #expect(try await desk.call("GET", path + "/notes", as: .mia)["notes"].elements.count == 1)
        }
    }

    @Test("a refusal is kept too, and shown with the id of the request that asks again")
    func refusals() async throws {
        try await Desk.run { desk in
            let path = try await desk.started()
            try await desk.call("POST", path + "/close", as: .shop)
            func say() async throws -> TestHTTPResponse {
                try await desk.call(
                    "POST", path + "/messages", #"{"text":"hours?"}"#, as: .shop, headers: Self.key("late"))
            }
            #expect(try await say().outcome == "409 conflict")
            try await desk.call("POST", path + "/reopen", as: .desk)
            let again = try await say()
            #expect(again.outcome == "409 conflict" && again.headers["idempotent-replayed"] == "true")
            #expect(again["request_id"].string == again.headers["x-request-id"])
            #expect(try await desk.history(path).isEmpty)
        }
    }

    @Test("what was erased comes back from no kept answer")
    func erased() async throws {
        try await Desk.run { desk in
            func start() async throws -> TestHTTPResponse {
                try await desk.call(
                    "POST", "/v1/conversations", #"{"visitor":{"id":"c-1"}}"#, as: .shop, headers: Self.key("a"))
            }
            let first = try await start()
            let path = "/v1/conversations/" + (try #require(first["id"].string))
            func say() async throws -> TestHTTPResponse {
                try await desk.call(
                    "POST", path + "/messages", #"{"text":"hours?"}"#, as: .shop, headers: Self.key("b"))
            }
            #expect(try await say().outcome == "200")
            #expect(try await desk.call("DELETE", "/v1/visitors/c-1", as: .desk)["conversations"] == 1)
            #expect(try await say().outcome == "404 not_found")
            let fresh = try await start()
            #expect(fresh.status == 201 && fresh["id"] != first["id"] && fresh.headers["idempotent-replayed"] == nil)
        }
    }

    @Test(
        "a key is 1 to 255 visible characters of ASCII",
        arguments: [
            ("", false), ("a", true), ("!~", true), (String(repeating: "k", count: 255), true),
            (String(repeating: "k", count: 256), false), ("a b", false), ("é", false), ("a\tb", false),
        ])
    func bounds(text: String, isTaken: Bool) async throws {
        try await Desk.run { desk in
            let answer = try await desk.call("POST", "/v1/conversations", "{}", as: .shop, headers: Self.key(text))
            #expect(answer.outcome == (isTaken ? "201" : "400 invalid_request"), "\(text.debugDescription)")
            if !isTaken { #expect(try await desk.listed("").isEmpty) }
        }
    }

    @Test("two of the header are one too many")
    func twice() async throws {
        try await Desk.run { desk in
            let answer = try await desk.call(
                "POST", "/v1/conversations", "{}", as: .shop, headers: Self.key("a") + Self.key("b"))
            #expect(answer.outcome == "400 invalid_request")
        }
    }

    @Test("pages of two addresses do not get each other's answers")
    func addresses() throws {
        func request(_ address: String) throws -> RepeatableRequest {
            let page = Principal(
                key: KeyID(trusted: "key_1"), kind: .publishable, app: AppName(trusted: "shop"), scopes: [.chat],
                client: ClientNetwork(address))
            return try IdempotencyKey("1").request(of: page, path: "/v1/conversations", body: Data())
        }
        #expect(try request("192.0.2.1") == request("192.0.2.1"))
        #expect(try request("192.0.2.1").name != request("192.0.2.2").name)
    }
}

@Suite("Kept answers")
struct KeptAnswerTests {
    private static let key = KeyID(trusted: "key_1")

    private static func request(_ name: Int, key: KeyID = key) -> RepeatableRequest {
        RepeatableRequest(key: key, name: Data(repeating: UInt8(name), count: 32), body: Data(repeating: 1, count: 32))
    }

    private static let answer = KeptAnswer(
        body: Data(repeating: 1, count: 32), sealed: Data("sealed".utf8), conversation: nil)

    private func store(limit: Int = 100, _ body: (SQLiteCustomerStore, URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "answers-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "frontdesk.sqlite")
        let database = try SQLiteDatabase(url: file)
        try await body(SQLiteCustomerStore(database, limitPerKey: limit), file)
        try database.close()
    }

    @Test("they are there after a restart, for a day, and then removed")
    func restart() async throws {
        let now = Date()
        try await store { store, file in
            try await store.keep(Self.answer, to: Self.request(1), at: now)
            try await store.keep(Self.answer, to: Self.request(2), at: now.addingTimeInterval(-90_000))
            let again = try SQLiteDatabase(url: file)
            let reopened = SQLiteCustomerStore(again)
            let day = now.addingTimeInterval(-KeptAnswer.keptSeconds)
            #expect(try await reopened.answer(to: Self.request(1), keptSince: day) == Self.answer)
            #expect(try await reopened.answer(to: Self.request(2), keptSince: day) == nil)
            let other = Self.request(1, key: KeyID(trusted: "key_2"))
            #expect(try await reopened.answer(to: other, keptSince: day) == nil)
            #expect(try await reopened.removeAnswers(keptBefore: day) == 1)
            #expect(try await reopened.removeAnswers(keptBefore: day) == 0)
            #expect(try await reopened.answer(to: Self.request(1), keptSince: .distantPast) == Self.answer)
            try again.close()
        }
    }

    @Test("of one API key a bounded number is kept, the newest")
    func bound() async throws {
        try await store(limit: 3) { store, _ in
            let other = Self.request(1, key: KeyID(trusted: "key_2"))
            try await store.keep(Self.answer, to: other, at: Date())
            for name in 1...5 { try await store.keep(Self.answer, to: Self.request(name), at: Date()) }
            var kept: [Int] = []
            for name in 1...5
            where try await store.answer(to: Self.request(name), keptSince: .distantPast) != nil { kept.append(name) }
            #expect(kept == [3, 4, 5])
            #expect(try await store.answer(to: other, keptSince: .distantPast) == Self.answer)
        }
    }

    @Test("what was answered opens with the caller's own API key and no other")
    func seal() throws {
        let plain = Data("rt_secret".utf8)
        let sealed = try AnswerSeal("fd_sk_1", for: Self.request(1)).seal(plain)
        #expect(sealed.range(of: plain) == nil)
        #expect(try AnswerSeal("fd_sk_1", for: Self.request(1)).open(sealed) == plain)
        #expect(throws: (any Error).self) { try AnswerSeal("fd_sk_2", for: Self.request(1)).open(sealed) }
        #expect(throws: (any Error).self) { try AnswerSeal("fd_sk_1", for: Self.request(2)).open(sealed) }
    }
}
