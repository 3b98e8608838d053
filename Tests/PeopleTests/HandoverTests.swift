import ConversationDomain
import Foundation
import People
import TestSupport
import Testing
import WebSocketTestClient
import Wire

@Suite("Handover over the wires")
struct HandoverTests {
    @Test("asked for, taken, answered, given back: every side sees the same, in one order")
    func whole() async throws {
        try await Desk.run { desk in
            let socket = try await desk.socket(.page)
            try await socket.send(#"{"type":"start","locale":"en","channel":"api"}"#)
            let ready = try await socket.frame()
            let path = "/v1/conversations/" + (try #require(ready["conversation_id"].string))
            try await socket.send(#"{"type":"message","client_message_id":"1","text":"a person please"}"#)
            #expect(try await socket.frames(3) == ["ack", "message 2 bot A person comes.", "status waiting"])
            let waiting = try await desk.call("GET", path, as: .desk)
            #expect(waiting["handoff"]["reason"].string?.isEmpty == false && waiting["handoff"]["at"].string != nil)

            let taken = try await desk.call("POST", path + "/take", as: .mia)
            #expect(taken["status"] == "agent" && taken["agent"] == "Mia" && taken["assignee"]["name"] == "Mia")
            #expect(try await socket.frames(1) == ["status agent Mia"])
            let reply = try await desk.call(
                "POST", path + "/replies", #"{"text":"Hello, this is Mia.","client_message_id":"r1"}"#, as: .mia)
            #expect(reply.status == 201 && reply["message"]["seq"] == 3 && reply["status"] == "agent")
            #expect(try await socket.frames(1) == ["message 3 agent Hello, this is Mia."])

            // The bot is silent.
            try await socket.send(#"{"type":"message","client_message_id":"2","text":"hours?"}"#)
            #expect(try await socket.frames(1) == ["ack"])
            #expect(try await desk.say("hours?", in: path)["decision"] == .null)
            #expect(try await socket.frames(1) == ["message 5 visitor hours?"])

            #expect(try await desk.call("POST", path + "/return", "{}", as: .mia)["handoff"] == .null)
            #expect(try await socket.frames(1) == ["status bot"])
            try await socket.send(#"{"type":"message","client_message_id":"3","text":"hours?"}"#)
            #expect(try await socket.frames(2) == ["ack", "message 7 bot 9 to 21"])
            #expect(
                try await desk.history(path) == [
                    "1 visitor a person please", "2 bot A person comes.", "3 agent Hello, this is Mia.",
                    "4 visitor hours?", "5 visitor hours?", "6 visitor hours?", "7 bot 9 to 21",
                ])
            try await socket.connection.close()
        }
    }

    @Test("one has it: another is refused, unless by force, and the old one is refused from then on")
    func conflict() async throws {
        try await Desk.run { desk in
            let path = try await desk.started()
            #expect(try await desk.call("POST", path + "/take", as: .mia).status == 200)
            #expect(try await desk.call("POST", path + "/take", as: .mia).status == 200)
            #expect(try await desk.call("POST", path + "/take", as: .noor).outcome == "409 conflict")
            #expect(
                try await desk.call("POST", path + "/take", #"{"agent":"Ida"}"#, as: .desk).outcome == "409 conflict")
            #expect(
                try await desk.call("POST", path + "/replies", #"{"text":"me too"}"#, as: .noor).outcome
                    == "409 conflict")
            let forced = try await desk.call("POST", path + "/take", #"{"force":true}"#, as: .noor)
            #expect(forced["agent"] == "Noor")
            #expect(
                try await desk.call("POST", path + "/replies", #"{"text":"still me"}"#, as: .mia).outcome
                    == "409 conflict")
            #expect(try await desk.history(path) == [])
        }
    }

    @Test("a program's key speaks for several people; a person's own key for nobody else")
    func names() async throws {
        try await Desk.run { desk in
            let path = try await desk.started()
            let taken = try await desk.call("POST", path + "/take", #"{"agent":"Ida"}"#, as: .desk)
            #expect(taken["agent"] == "Ida" && taken["assignee"]["id"].string?.hasPrefix("key_") == true)
            #expect(try await desk.call("POST", path + "/take", #"{"agent":"Ola"}"#, as: .desk).status == 409)
            let refused = try await desk.call("POST", path + "/take", #"{"force":true,"agent":"Ida"}"#, as: .mia)
            #expect(refused.outcome == "400 invalid_request")
            let unnamed = try await desk.started()
            #expect(try await desk.call("POST", unnamed + "/take", as: .desk)["agent"] == "desk")
        }
    }

    @Test("assigned to a person it is with them, to a team it waits; who is not there cannot have it")
    func assigned() async throws {
        try await Desk.run { desk in
            let path = try await desk.started()
            let noor = try #require(desk.agents[.noor]).id
            let given = try await desk.call("POST", path + "/assign", #"{"agent":"\#(noor)"}"#, as: .mia)
            #expect(given["status"] == "agent" && given["agent"] == "Noor")
            #expect(try await desk.call("POST", path + "/assign", #"{"agent":"Mia"}"#, as: .noor)["agent"] == "Mia")
            let passed = try await desk.call("POST", path + "/assign", #"{"team":"billing"}"#, as: .mia)
            #expect(passed["status"] == "waiting" && passed["team"] == "billing" && passed["assignee"] == .null)
            #expect(passed["handoff"]["reason"] == "passed on to billing")
            for (body, outcome) in [
                (#"{"agent":"Nobody"}"#, "404 not_found"), ("{}", "400 invalid_request"),
                (#"{"agent":"Mia","team":"billing"}"#, "400 invalid_request"),
                (#"{"agent":null,"team":"billing"}"#, "400 invalid_request"),
                (#"{"agent":"agent_038G7BH5JAB3CEWEESP168NR6FZ5W"}"#, "404 not_found"),
                (#"{"team":"not a name"}"#, "400 invalid_request"),
            ] { #expect(try await desk.call("POST", path + "/assign", body, as: .mia).outcome == outcome, "\(body)") }
        }
    }

    @Test("a closed one takes nothing until it is opened again, with whoever had it")
    func closing() async throws {
        try await Desk.run { desk in
            let path = try await desk.started()
            try await desk.call("POST", path + "/take", as: .mia)
            #expect(try await desk.call("POST", path + "/close", as: .desk)["status"] == "closed")
            #expect(try await desk.say("hello?", in: path).outcome == "409 conflict")
            for (order, body) in [("take", "{}"), ("return", "{}"), ("assign", #"{"agent":"Noor"}"#)] {
                #expect(try await desk.call("POST", "\(path)/\(order)", body, as: .noor).outcome == "409 conflict")
            }
            #expect(
                try await desk.call("POST", path + "/replies", #"{"text":"x"}"#, as: .mia).outcome == "409 conflict")
            let open = try await desk.call("POST", path + "/reopen", as: .noor)
            #expect(open["status"] == "agent" && open["agent"] == "Mia")
            let other = try await desk.started()
            try await desk.call("POST", other + "/close", as: .shop)
            #expect(try await desk.call("POST", other + "/reopen", as: .mia)["status"] == "bot")
            #expect(try await desk.say("hours?", in: other).status == 200)
        }
    }

    @Test("a reply that is sent again is stored once; another text under its id is refused")
    func repeated() async throws {
        try await Desk.run { desk in
            let path = try await desk.started()
            let body = #"{"text":"hello","client_message_id":"r1"}"#
            let bodies = try await withThrowingTaskGroup(of: TestHTTPResponse.self) { group in
                for _ in 0..<20 { group.addTask { try await desk.call("POST", path + "/replies", body, as: .mia) } }
                return try await group.reduce(into: [TestHTTPResponse]()) { $0.append($1) }
            }
            #expect(bodies.allSatisfy { $0.status == 201 } && Set(bodies.map(\.text)).count == 1)
            #expect(bodies.count { $0.headers["idempotent-replayed"] == "true" } == 19)
            #expect(try await desk.history(path) == ["1 agent hello"])
            let other = try await desk.call(
                "POST", path + "/replies", #"{"text":"other","client_message_id":"r1"}"#, as: .mia)
            #expect(other.outcome == "409 conflict")
        }
    }

    @Test("replies and visitors' messages that come at once stand in one line, without a gap, on every side")
    func order() async throws {
        try await Desk.run { desk in
            let socket = try await desk.socket(.page)
            try await socket.send(#"{"type":"start"}"#)
            let path = "/v1/conversations/" + (try #require(try await socket.frame()["conversation_id"].string))
            try await desk.call("POST", path + "/take", as: .mia)
            #expect(try await socket.frames(1) == ["status agent Mia"])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<14 {
                    group.addTask {
                        let body = #"{"text":"from Mia \#(number)"}"#
                        let reply = try await desk.call("POST", path + "/replies", body, as: .mia)
                        #expect(reply.status == 201)
                    }
                    group.addTask {
                        let said = try await desk.say("from Ann \(number)", in: path)
                        #expect(said.status == 200 && said["replies"].elements.isEmpty)
                    }
                }
                try await group.waitForAll()
            }
            let history = try await desk.history(path)
            #expect(history.count == 28)
            #expect(history.enumerated().allSatisfy { $1.hasPrefix("\($0 + 1) ") })
            #expect(try await socket.frames(28) == history.map { "message \($0)" })
            try await socket.connection.close()
        }
    }

    @Test("notes are for agents: the visitor sees none, and none has a seq")
    func notes() async throws {
        try await Desk.run { desk in
            let path = try await desk.started()
            try await desk.say("hours?", in: path)
            let note = try await desk.call("POST", path + "/notes", #"{"text":"has called twice"}"#, as: .mia)
            #expect(note.status == 201 && note["author"]["name"] == "Mia")
            #expect(try await desk.call("GET", path + "/notes", as: .desk)["notes"].elements == [note.json])
            #expect(try await desk.history(path).count == 2)
            #expect(try await desk.call("GET", path, as: .shop)["status"] == "bot")
            #expect(try await desk.call("GET", path + "/notes", as: .shop).outcome == "403 forbidden")
        }
    }

    @Test("agents do not speak for visitors")
    func notTheVisitor() async throws {
        try await Desk.run { desk in
            let path = try await desk.started()
            let refused = try await desk.say("I am Mia", in: path, as: .mia)
            #expect(refused.outcome == "403 forbidden" && refused.text.contains("/replies"))
            #expect(try await desk.say("I am Ann", in: path, as: .tickets)["message"]["from"] == "visitor")
        }
    }

    @Test("a transcript has everything: as JSON, as text, and as CSV without formulas")
    func transcript() async throws {
        try await Desk.run { desk in
            let path = try await desk.started(#"{"visitor":{"name":"Ann"}}"#)
            try await desk.say(#"=HYPERLINK(\"x\"),\n+1"#, in: path)
            try await desk.call("POST", path + "/replies", #"{"text":"@mia: -1"}"#, as: .mia)
            try await desk.call("POST", path + "/notes", #"{"text":"=1+1"}"#, as: .mia)
            let whole = try await desk.call("GET", path + "/transcript", as: .desk)
            let messages = whole["messages"].elements
            #expect(messages.map { $0["from"].string } == ["visitor", "bot", "agent"])
            #expect(messages.map { $0["author"]["name"].string } == [nil, nil, "Mia"])
            let seen = try await desk.call("GET", path + "/messages", as: .shop)["messages"].elements
            #expect(seen.map { $0["agent"].string } == [nil, nil, "Mia"])
            #expect(whole["notes"].elements.map { $0["text"].string } == ["=1+1"])
            let csv = try await desk.call("GET", path + "/transcript?format=csv", as: .desk)
            #expect(csv.headers["content-type"] == "text/csv; charset=utf-8")
            #expect(csv.text.hasPrefix("time,seq,from,name,text\r\n"))
            #expect(csv.text.contains(#",1,visitor,Ann,"'=HYPERLINK(""x""),"#))
            #expect(csv.text.contains(",3,agent,Mia,'@mia: -1\r\n") && csv.text.contains(",,note,Mia,'=1+1\r\n"))
            let text = try await desk.call("GET", path + "/transcript?format=text", as: .desk)
            #expect(text.headers["content-type"] == "text/plain; charset=utf-8")
            #expect(text.text.contains("  agent (Mia): @mia: -1\n"))
            #expect(try await desk.call("GET", path + "/transcript?format=pdf", as: .desk).status == 400)
        }
    }
}

@Suite("A visitor who comes back")
struct ComeBackTests {
    @Test("within the owner's time a message opens the conversation again: with the bot, or for the people who had it")
    func within() async throws {
        try await Desk.run(reopenSeconds: 600) { desk in
            let plain = try await desk.started()
            try await desk.call("POST", plain + "/close", as: .shop)
            let answered = try await desk.say("hours?", in: plain)
            #expect(answered["status"] == "bot" && answered["replies"].elements.count == 1)

            let mias = try await desk.started()
            try await desk.call("POST", mias + "/take", as: .mia)
            try await desk.call("POST", mias + "/close", as: .mia)
            let socket = try await desk.socket(.shop)
            let id = mias.split(separator: "/").last ?? ""
            try await socket.send(#"{"type":"resume","conversation_id":"\#(id)","after":0}"#)
            #expect(try await socket.frames(2) == ["ready", "status closed"])
            #expect(try await desk.say("hours?", in: mias)["status"] == "waiting")
            #expect(
                try await socket.frames(3) == ["message 1 visitor hours?", "message 2 bot 9 to 21", "status waiting"])
            let shown = try await desk.call("GET", mias, as: .desk)
            #expect(shown["handoff"]["reason"].string != nil && shown["assignee"] == .null)

            try await desk.call("POST", plain + "/close", as: .shop)
            desk.clock.advance(by: 600)
            #expect(try await desk.say("hours?", in: plain).outcome == "409 conflict")
            try await socket.connection.close()
        }
    }

    @Test("beside another open conversation of its external id it stays closed")
    func external() async throws {
        try await Desk.run(reopenSeconds: 600) { desk in
            let first = try await desk.started(#"{"external_id":"t"}"#)
            try await desk.call("POST", first + "/close", as: .shop)
            let second = try await desk.started(#"{"external_id":"t"}"#)
            #expect(try await desk.say("hours?", in: first).outcome == "409 conflict")
            #expect(try await desk.listed("external_id=t&status=bot") == [second])
        }
    }
}
