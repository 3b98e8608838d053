import ConversationDomain
import Foundation
import People
import SQLiteStore
import Testing
import WebSocketTestClient
import Wire

@Suite("The list of conversations")
struct ListTests {
    @Test("it is narrowed by each of its parameters, and by several at once")
    func filters() async throws {
        try await Desk.run { desk in
            let plain = try await desk.started()
            let waiting = try await desk.started(#"{"visitor":{"id":"c-1","name":"Ann"},"locale":"en"}"#)
            try await desk.say("a person please", in: waiting)
            let ticket = try await desk.started(#"{"external_id":"t-17","visitor":{"id":"c-1"}}"#)
            try await desk.say("where is my 红色 bag 100%", in: ticket)
            let mias = try await desk.started(#"{"visitor":{"email":"bo@example.com"}}"#)
            try await desk.call("POST", mias + "/take", as: .mia)
            let passed = try await desk.started()
            try await desk.call("POST", passed + "/assign", #"{"team":"billing"}"#, as: .mia)
            let closed = try await desk.started()
            try await desk.call("POST", closed + "/close", as: .shop)

            #expect(try await desk.listed("") == [closed, passed, mias, ticket, waiting, plain])
            let mia = try #require(desk.agents[.mia]).id
            for (query, expected) in [
                ("status=waiting", [passed, waiting]), ("status=waiting,agent", [passed, mias, waiting]),
                ("status=bot", [ticket, plain]), ("status=closed", [closed]), ("external_id=t-17", [ticket]),
                ("external_id=t-1", []), ("team=billing", [passed]), ("assignee=\(mia)", [mias]),
                ("visitor=c-1", [ticket, waiting]), ("visitor=c-1&status=waiting", [waiting]),
                ("assignee=none&status=waiting,agent", [passed, waiting]), ("q=RED", []), ("q=MY", [ticket]),
                ("q=%E7%BA%A2%E8%89%B2", [ticket]), ("q=100%25", [ticket]), ("q=0%25%25", []), ("q=Ann", [waiting]),
                ("q=bo@example", [mias]), ("q=t-17", [ticket]), ("q=_", []),
                ("from=2001-01-01T00:00:00Z&limit=2", [closed, passed]),
                ("to=2001-01-01T00:00:00Z", []), ("status=&external_id=&q=&limit=1", [closed]),
            ] { #expect(try await desk.listed(query) == expected, "\(query)") }
            #expect(try await desk.listed("assignee=me", as: .mia) == [mias])
            #expect(try await desk.listed("assignee=me", as: .noor) == [])
            for query in [
                "status=asleep", "cursor=x", "limit=0", "limit=201", "from=yesterday", "team=no%20name", "colour=red",
                "assignee=" + String(repeating: "a", count: 129), "q=" + String(repeating: "a", count: 201),
            ] {
                let refused = try await desk.call("GET", "/v1/conversations?\(query)", as: .desk)
                #expect(refused.outcome == "400 invalid_request", "\(query)")
            }
        }
    }

    @Test("pages follow each other to the end, and what comes meanwhile does not move them")
    func pages() async throws {
        try await Desk.run { desk in
            var paths: [String] = []
            for _ in 0..<25 { paths.append(try await desk.started()) }
            var (seen, cursor, pages) = ([String](), "", 0)
            repeat {
                let page = try await desk.call("GET", "/v1/conversations?limit=10&cursor=\(cursor)", as: .desk)
                seen += page["conversations"].elements.map { "/v1/conversations/" + ($0["id"].string ?? "") }
                cursor = page["next_cursor"].string ?? ""
                pages += 1
                _ = try await desk.started()
            } while !cursor.isEmpty && pages < 10
            #expect(seen == paths.reversed() && pages == 3)
        }
    }

    @Test("a search looks at a bounded number of conversations for a page, and finds what is far back all the same")
    func bounded() async throws {
        try await Desk.run { desk in
            let wanted = try await desk.started()
            try await desk.say("needle", in: wanted)
            // Straight into the store: what is looked at is the search, not how they began.
            let store = SQLiteConversationStore(desk.database)
            let ids = IdentifierGenerator()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<ConversationQuery.searched {
                    let conversation = Conversation(
                        id: ids.next(), app: AppName(trusted: "shop"), locale: .english, channel: .api,
                        createdAt: Date())
                    group.addTask { try await store.create(conversation) }
                }
                try await group.waitForAll()
            }
            let first = try await desk.call("GET", "/v1/conversations?q=needle", as: .desk)
            #expect(first["conversations"].elements.isEmpty)
            let cursor = try #require(first["next_cursor"].string)
            #expect(try await desk.listed("q=needle&cursor=\(cursor)") == [wanted])
        }
    }
}

@Suite("External ids")
struct ExternalIDTests {
    @Test("fifty that create with one id at once get one conversation")
    func race() async throws {
        try await Desk.run { desk in
            let body = #"{"external_id":"ticket-9","visitor":{"id":"c-9"}}"#
            let answers = try await withThrowingTaskGroup(of: TestHTTPResponse.self) { group in
                for _ in 0..<50 { group.addTask { try await desk.call("POST", "/v1/conversations", body, as: .shop) } }
                return try await group.reduce(into: [TestHTTPResponse]()) { $0.append($1) }
            }
            #expect(Set(answers.map { $0["id"].string }).count == 1)
            #expect(answers.count { $0.status == 201 } == 1 && answers.count { $0.status == 200 } == 49)
            #expect(try await desk.listed("external_id=ticket-9").count == 1)
        }
    }

    @Test("a closed one makes room for a new one, and cannot come back beside it; another app's does not count")
    func closed() async throws {
        try await Desk.run { desk in
            let body = #"{"external_id":"t"}"#
            let first = try await desk.started(body)
            #expect(try await desk.started(body) == first)
            #expect(try await desk.started(body, as: .other) != first)
            try await desk.call("POST", first + "/close", as: .shop)
            let second = try await desk.started(body)
            #expect(second != first)
            #expect(try await desk.call("POST", first + "/reopen", as: .desk).outcome == "409 conflict")
            #expect(try await desk.listed("external_id=t") == [second, first])
            let third = try await desk.started()
            let taken = try await desk.call("PATCH", third, body, as: .shop)
            #expect(taken.outcome == "409 conflict")
        }
    }

    @Test("it is for secret keys, and has 1 to 128 characters")
    func refused() async throws {
        try await Desk.run { desk in
            let page = try await desk.call("POST", "/v1/conversations", #"{"external_id":"t"}"#, as: .page)
            #expect(page.outcome == "403 forbidden")
            for id in ["", String(repeating: "a", count: 129)] {
                let answer = try await desk.call("POST", "/v1/conversations", #"{"external_id":"\#(id)"}"#, as: .shop)
                #expect(answer.outcome == "400 invalid_request")
            }
        }
    }

    @Test("what is known is changed by what is named, and taken away by null")
    func edit() async throws {
        try await Desk.run { desk in
            let path = try await desk.started(#"{"visitor":{"id":"c-1","name":"Ann"},"metadata":{"a":1}}"#)
            let shown = try await desk.call("GET", path, as: .shop)
            #expect(shown["visitor"] == ["id": "c-1", "name": "Ann", "email": .null] && shown["metadata"] == ["a": 1])
            let edited = try await desk.call(
                "PATCH", path, #"{"metadata":{"b":2},"external_id":"t-1"}"#, as: .desk)
            #expect(edited["metadata"] == ["b": 2] && edited["external_id"] == "t-1")
            #expect(edited["visitor"]["name"] == "Ann")
            let bare = try await desk.call(
                "PATCH", path, #"{"visitor":null,"metadata":null,"external_id":null}"#, as: .shop)
            #expect([bare["visitor"], bare["metadata"], bare["external_id"]] == [.null, .null, .null])
            #expect(try await desk.listed("visitor=c-1") == [])
            #expect(
                try await desk.call("PATCH", path, #"{"status":"bot"}"#, as: .shop).outcome == "400 invalid_request")
            #expect(try await desk.call("PATCH", path, "{}", as: .page).outcome == "403 forbidden")
            let page = try await desk.call("GET", path, as: .page)
            guard case .object(let members) = page.json else { throw CancellationError() }
            #expect(
                Set(members.keys) == ["id", "status", "locale", "channel", "last_seq", "created_at", "agent", "read"])
        }
    }
}

@Suite("Another app")
struct OtherAppTests {
    /// Every call about a conversation, with a body that it takes.
    static let calls: [(method: String, path: String, body: String?)] = [
        ("GET", "", nil), ("GET", "/messages", nil), ("PATCH", "", #"{"metadata":{}}"#),
        ("POST", "/messages", #"{"text":"hi"}"#), ("POST", "/take", "{}"), ("POST", "/return", "{}"),
        ("POST", "/assign", #"{"team":"billing"}"#), ("POST", "/reopen", "{}"), ("POST", "/close", "{}"),
        ("POST", "/replies", #"{"text":"hi"}"#), ("POST", "/notes", #"{"text":"hi"}"#), ("GET", "/notes", nil),
        ("GET", "/transcript", nil),
        ("POST", "/feedback", #"{"message_id":"msg_038G7BH5JAB3CEWEESP168NR6FZ5W","rating":"up"}"#),
        ("GET", "/suggestions", nil), ("POST", "/read", #"{"seq":0}"#), ("POST", "/typing", "{}"),
        ("POST", "/wrong", #"{"message_id":"msg_038G7BH5JAB3CEWEESP168NR6FZ5W"}"#),
    ]

    @Test("its keys get 404 or, where they lack the scope, 403 on every call, and change nothing")
    func nothing() async throws {
        try await Desk.run { desk in
            let path = try await desk.started(#"{"external_id":"t"}"#)
            try await desk.say("a person please", in: path)
            let before = try await desk.call("GET", path + "/transcript", as: .desk).text
            for caller in [Desk.Caller.other, .otherDesk] {
                for (method, end, body) in Self.calls {
                    let answer = try await desk.call(method, path + end, body, as: caller)
                    #expect(["404 not_found", "403 forbidden"].contains(answer.outcome), "\(caller) \(method) \(end)")
                    #expect(!answer.text.contains("person"), "\(caller) \(method) \(end)")
                }
            }
            // Where the scope is there, it is as if there were no such conversation.
            for (method, end, body) in Self.calls where !["/messages", "/feedback"].contains(end) || method == "GET" {
                #expect(
                    try await desk.call(method, path + end, body, as: .otherDesk).outcome == "404 not_found",
                    "\(method) \(end)")
            }
            for query in ["", "status=waiting", "external_id=t", "q=person", "assignee=none"] {
                #expect(try await desk.listed(query, as: .otherDesk) == [])
            }
            #expect(try await desk.call("GET", path + "/transcript", as: .desk).text == before)
        }
    }

    @Test("an admin sees every app")
    func admin() async throws {
        try await Desk.run { desk in
            let (shop, other) = (try await desk.started(), try await desk.started(as: .other))
            #expect(try await desk.listed("", as: .admin) == [other, shop])
            #expect(try await desk.call("POST", other + "/take", as: .admin)["agent"] == "admin")
            #expect(try await desk.listed("", as: .desk) == [shop])
        }
    }
}
