import ConversationDomain
import Dialogue
import Foundation
import People
import ServiceTestSupport
import Testing
import WebSocketTestClient
import Wire

@Suite("Following over the socket", .timeLimit(.minutes(2)))
struct FollowTests {
    @Test("who follows sees messages, notes, status and typing in one order, after the history that was asked for")
    func whole() async throws {
        try await Desk.run { desk in
            let visitor = try await desk.socket(.page)
            let path = try await visitor.startedPath(in: desk)
            try await visitor.say("hours?", id: "1")
            #expect(try await visitor.frames(2) == ["ack", "message 2 bot 9 to 21"])
            try await desk.call("POST", path + "/notes", #"{"text":"an early note"}"#, as: .mia)

            let mia = try await desk.socket(.mia)
            try await mia.follow(path, after: 1)
            #expect(
                try await mia.told(3) == ["following bot visitor", "note Mia: an early note", "message 2 bot 9 to 21"])
            try await visitor.say("a person please", id: "2")
            #expect(
                try await mia.told(3) == [
                    "message 3 visitor a person please", "message 4 bot A person comes.", "status waiting",
                ])
            try await desk.call("POST", path + "/take", as: .mia)
            try await desk.call("POST", path + "/notes", #"{"text":"has it"}"#, as: .mia)
            try await desk.call("POST", path + "/replies", #"{"text":"Hello."}"#, as: .mia)
            #expect(
                try await mia.told(3) == ["status agent Mia", "note Mia: has it", "message 5 agent Hello. by Mia"])
            try await visitor.send(#"{"type":"typing","on":true}"#)
            #expect(try await mia.told(1) == ["typing visitor on"])
            try await visitor.say("thanks", id: "3")
            #expect(try await mia.told(1) == ["message 6 visitor thanks"])

            // The visitor sees nothing of what agents have among themselves.
            #expect(
                try await visitor.frames(6) == [
                    "ack", "message 4 bot A person comes.", "status waiting", "status agent Mia",
                    "message 5 agent Hello.", "ack",
                ])
            try await visitor.connection.close()
            #expect(try await mia.told(1) == ["presence visitor gone"])
            try await mia.send(#"{"type":"unfollow"}"#)
            #expect(try await mia.told(1) == ["unfollowed"])
            try await desk.call("POST", path + "/close", as: .mia)
            try await mia.send(#"{"type":"ping"}"#)
            #expect(try await mia.told(1) == ["pong"])
            try await mia.connection.close()
        }
    }

    @Test("a conversation that goes on while it is begun to be followed is shown whole and in order, without a gap")
    func gapless() async throws {
        try await Desk.run { desk in
            let path = try await desk.started()
            for _ in 0..<10 { try await desk.say("hours?", in: path) }
            let mia = try await desk.socket(.mia)
            async let more: Void = {
                for number in 0..<40 {
                    if number % 4 == 0 {
                        try await desk.call("POST", path + "/return", as: .noor)
                        try await desk.say("hours?", in: path)
                    } else {
                        try await desk.call("POST", path + "/replies", #"{"text":"\#(number)"}"#, as: .noor)
                    }
                }
            }()
            try await mia.follow(path, after: 3)
            try await more
            let all = try await desk.history(path)
            #expect(all.count == 70)
            var seqs: [Int] = []
            while seqs.last != all.count {
                let frame = try await mia.frame()
                if frame["type"] == "message" { seqs.append(frame["message"]["seq"].integer ?? 0) }
            }
            #expect(seqs == Array(4...all.count))
            try await mia.connection.close()
        }
    }

    @Test("who reads too slowly is cut, and leaves nothing behind")
    func slow() async throws {
        try await Desk.run { desk in
            let path = try await desk.started()
            let mia = try await desk.socket(.mia)
            try await mia.follow(path)
            #expect(try await mia.told(1) == ["following bot alone"])
            try await mia.connection.pauseReading()
            let id = ConversationID(trusted: String(path.split(separator: "/").last ?? ""))
            for _ in 0..<100_000 { desk.engine.visitorTypes(true, in: id) }
            try await mia.connection.resumeReading()
            var last = try await mia.next()
            while case .text = last { last = try await mia.next() }
            #expect(last == .closed(1001, "too slow; follow again to go on"))
            #expect(desk.engine.subscriptions == 0)
            try await mia.connection.close()
        }
    }

    @Test("another app's agent, a visitor's key and a page follow nothing; the office follows all")
    func foreign() async throws {
        try await Desk.run { desk in
            let path = try await desk.started()
            let id = path.split(separator: "/").last ?? ""
            try await desk.call("POST", path + "/assign", #"{"team":"billing"}"#, as: .mia)
            for (caller, outcome) in [
                (Desk.Caller.otherDesk, "error not_found"), (.shop, "error forbidden"), (.page, "error forbidden"),
            ] {
                let socket = try await desk.socket(caller)
                for frame in ["follow", "presence"] {
                    try await socket.send(#"{"type":"\#(frame)","conversation_id":"\#(id)"}"#)
                    #expect(try await socket.told(1) == [outcome], "\(caller) \(frame)")
                }
                try await socket.send(#"{"type":"typing","conversation_id":"\#(id)","on":true}"#)
                #expect(try await socket.told(1) == [outcome], "\(caller)")
                try await socket.send(#"{"type":"read","conversation_id":"\#(id)","seq":0}"#)
                // A page may mark what it has read, of its own conversation.
                #expect(
                    try await socket.told(1) == [caller == .shop ? "error forbidden" : "error not_found"],
                    "\(caller)")
                try await socket.send(#"{"type":"follow_queue"}"#)
                #expect(
                    try await socket.told(1) == [caller == .otherDesk ? "queue_ready 0" : outcome], "\(caller)")
                try await socket.connection.close()
            }
            let office = try await desk.socket(.admin)
            try await office.send(#"{"type":"follow_queue"}"#)
            #expect(try await office.told(2) == ["queue waiting billing", "queue_ready 1"])
            try await office.follow(path)
            #expect(try await office.told(1) == ["following waiting alone"])
            try await office.connection.close()

            // An agent looks on, and does not speak for the visitor.
            let mia = try await desk.socket(.mia)
            for frame in [#"{"type":"start"}"#, #"{"type":"resume","conversation_id":"\#(id)","after":0}"#] {
                try await mia.send(frame)
                #expect(try await mia.told(1) == ["error forbidden"])
            }
            try await mia.connection.close()
        }
    }

    @Test("frames that say too little or too much are refused, and so is one conversation too many")
    func refused() async throws {
        try await Desk.run { desk in
            let path = try await desk.started()
            let id = path.split(separator: "/").last ?? ""
            for frame in [
                #"{"type":"follow"}"#, #"{"type":"follow","conversation_id":"\#(id)","after":-1}"#,
                #"{"type":"follow","conversation_id":"\#(id)","after":1}"#,
                #"{"type":"follow","conversation_id":"\#(id)","more":1}"#, #"{"type":"follow_queue","status":"bot"}"#,
                #"{"type":"follow_queue","status":"waiting,"}"#, #"{"type":"follow_queue","team":"a b"}"#,
                #"{"type":"read","conversation_id":"\#(id)"}"#, #"{"type":"read","seq":1}"#,
                #"{"type":"typing","conversation_id":"\#(id)"}"#,
            ] {
                let socket = try await desk.socket(.mia)
                try await socket.send(frame)
                #expect(try await socket.told(1) == ["error invalid_request"], "\(frame)")
                try await socket.connection.close()
            }
            let socket = try await desk.socket(.mia)
            for _ in 0..<50 {
                try await socket.follow(try await desk.started())
                #expect(try await socket.told(1) == ["following bot alone"])
            }
            try await socket.follow(path)
            #expect(try await socket.told(1) == ["error conflict"])
            try await socket.send(#"{"type":"unfollow"}"#)
            try await socket.follow(path)
            #expect(try await socket.told(2) == ["unfollowed", "following bot alone"])
            #expect(desk.engine.subscriptions == 1)
            try await socket.connection.close()
        }
    }

    @Test("the queue is shown as it is, then every change of it, by team and status")
    func queue() async throws {
        try await Desk.run { desk in
            let first = try await desk.started()
            try await desk.say("a person please", in: first)
            let theirs = try await desk.started(as: .other)
            try await desk.say("a person please", in: theirs, as: .other)
            let all = try await desk.socket(.mia)
            try await all.send(#"{"type":"follow_queue","status":"waiting,agent"}"#)
            #expect(try await all.told(2) == ["queue waiting", "queue_ready 1"])
            let billing = try await desk.socket(.noor)
            try await billing.send(#"{"type":"follow_queue","team":"billing"}"#)
            #expect(try await billing.told(1) == ["queue_ready 0"])

            try await desk.call("POST", first + "/assign", #"{"team":"billing"}"#, as: .mia)
            #expect(try await all.told(1) == ["queue waiting billing"])
            #expect(try await billing.told(1) == ["queue waiting billing"])
            // What the visitor says meanwhile is a change, what somebody says to the bot is none.
            try await desk.say("thanks", in: first)
            try await desk.say("thanks", in: try await desk.started())
            try await desk.call("POST", first + "/take", as: .noor)
            #expect(try await all.told(2) == ["queue waiting billing", "queue agent billing Noor"])
            #expect(try await billing.told(2) == ["queue waiting billing", "queue_left agent"])
            try await desk.call("POST", first + "/close", as: .noor)
            #expect(try await all.told(1) == ["queue_left closed"])

            // Erased while it waits.
            let second = try await desk.started(#"{"visitor":{"id":"c-1"}}"#)
            try await desk.say("a person please", in: second)
            #expect(try await all.told(1) == ["queue waiting"])
            try await desk.call("DELETE", "/v1/visitors/c-1", as: .desk)
            #expect(try await all.told(1) == ["queue_left closed"])
            try await all.connection.close()
            try await billing.connection.close()
        }
    }

    @Test("a queue that changes while it is begun to be followed ends as it is, whatever came when")
    func race() async throws {
        try await Desk.run { desk in
            var paths: [String] = []
            for _ in 0..<30 { paths.append(try await desk.started()) }
            let known = paths
            for path in known.prefix(15) { try await desk.say("a person please", in: path) }
            let socket = try await desk.socket(.mia)
            async let changes: Void = withThrowingTaskGroup(of: Void.self) { group in
                for (index, path) in known.enumerated() {
                    group.addTask {
                        if index < 15 {
                            try await desk.call("POST", path + "/take", as: .noor)
                        } else {
                            try await desk.say("a person please", in: path)
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await socket.send(#"{"type":"follow_queue"}"#)
            try await changes
            try await socket.send(#"{"type":"ping"}"#)
            var waiting: Set<String> = []
            var (isReady, isOver) = (false, false)
            while !isReady || !isOver {
                let frame = try await socket.frame()
                let id = frame["conversation"]["id"].string ?? frame["conversation_id"].string ?? ""
                switch frame["type"].string {
                case "queue": waiting.insert(id)
                case "queue_left": waiting.remove(id)
                case "queue_ready": isReady = true
                case "pong": isOver = true
                default: Issue.record("unexpected \(frame)")
                }
            }
            #expect(Set(known[15...].map { String($0.split(separator: "/").last ?? "") }) == waiting)
            try await socket.connection.close()
        }
    }

    @Test("read marks never go back, are shown, and reach the other side")
    func read() async throws {
        try await Desk.run { desk in
            let visitor = try await desk.socket(.page)
            let path = try await visitor.startedPath(in: desk)
            try await visitor.say("hours?", id: "1")
            _ = try await visitor.frames(2)
            let mia = try await desk.socket(.mia)
            try await mia.follow(path)
            #expect(try await mia.told(1) == ["following bot visitor"])
            func mark(_ body: String, as caller: Desk.Caller) async throws -> String {
                let answer = try await desk.call("POST", path + "/read", body, as: caller)
                guard answer.status == 200 else { return answer.outcome }
                return "visitor \(answer["visitor"].integer ?? -1), agent \(answer["agent"].integer ?? -1)"
            }
            #expect(try await mark(#"{"seq":2}"#, as: .mia) == "visitor 0, agent 2")
            #expect(try await mark(#"{"seq":1}"#, as: .mia) == "visitor 0, agent 2")
            #expect(try await visitor.told(1) == ["read agent 2"])
            #expect(try await mia.told(1) == ["read agent 2"])
            try await visitor.send(#"{"type":"read","seq":1}"#)
            #expect(try await visitor.told(1) == ["read visitor 1"])
            #expect(try await mia.told(1) == ["read visitor 1"])
            #expect(try await mark(#"{"seq":2}"#, as: .page) == "visitor 2, agent 2")
            #expect(try await mia.told(1) == ["read visitor 2"])
            let shown = try await desk.call("GET", path, as: .page)
            #expect(shown["read"] == ["agent": 2, "visitor": 2])
            let listed = try await desk.call("GET", "/v1/conversations", as: .mia)["conversations"].elements
            #expect(listed.map { $0["read"] } == [shown["read"]])
            for (body, caller, outcome) in [
                (#"{"seq":3}"#, Desk.Caller.mia, "409 conflict"), (#"{"seq":-1}"#, .mia, "400 invalid_request"),
                ("{}", .mia, "400 invalid_request"), (#"{"seq":1,"as":"bot"}"#, .mia, "400 invalid_request"),
                (#"{"seq":1,"as":"visitor"}"#, .mia, "403 forbidden"),
                (#"{"seq":1,"as":"agent"}"#, .shop, "403 forbidden"), (#"{"seq":1}"#, .other, "404 not_found"),
                (#"{"seq":1}"#, .otherDesk, "404 not_found"),
            ] { #expect(try await mark(body, as: caller) == outcome, "\(body) \(caller)") }
            // A program of both sides says which it means.
            try await desk.say("thanks", in: path)
            #expect(try await mark(#"{"seq":3,"as":"visitor"}"#, as: .tickets) == "visitor 3, agent 2")
            #expect(try await mark(#"{"seq":4}"#, as: .tickets) == "visitor 3, agent 4")
            try await mia.connection.close()
            try await visitor.connection.close()
        }
    }

    @Test("an agent who writes is shown to the visitor by name, while nobody else has the conversation")
    func typing() async throws {
        try await Desk.run { desk in
            let visitor = try await desk.socket(.page)
            let path = try await visitor.startedPath(in: desk)
            func type(_ body: String?, as caller: Desk.Caller) async throws -> String {
                try await desk.call("POST", path + "/typing", body, as: caller).outcome
            }
            #expect(try await type(nil, as: .mia) == "204")
            #expect(try await visitor.frame() == ["type": "typing", "on": true, "agent": "Mia"])
            try await desk.call("POST", path + "/take", as: .noor)
            #expect(try await visitor.told(1) == ["status agent Noor"])
            #expect(try await type(#"{"on":true}"#, as: .mia) == "409 conflict")
            #expect(try await type(#"{"on":false}"#, as: .noor) == "204")
            #expect(try await visitor.frame() == ["type": "typing", "on": false, "agent": "Noor"])
            let noor = try await desk.socket(.noor)
            let id = path.split(separator: "/").last ?? ""
            try await noor.send(#"{"type":"typing","conversation_id":"\#(id)","on":true}"#)
            #expect(try await visitor.frame() == ["type": "typing", "on": true, "agent": "Noor"])
            for (body, caller, outcome) in [
                ("{}", Desk.Caller.otherDesk, "404 not_found"), ("{}", .shop, "403 forbidden"),
                ("{}", .page, "403 forbidden"), (#"{"on":"yes"}"#, .noor, "400 invalid_request"),
                (#"{"agent":"Mia"}"#, .noor, "400 invalid_request"),
            ] { #expect(try await type(body, as: caller) == outcome, "\(body) \(caller)") }
            try await desk.call("POST", path + "/close", as: .noor)
            #expect(try await type(nil, as: .noor) == "409 conflict")
            try await noor.connection.close()
            try await visitor.connection.close()
        }
    }

    @Test("agents are there while a socket of theirs is, each app's for itself; a visitor's coming and going is told")
    func presence() async throws {
        try await Desk.run { desk in
            let path = try await desk.started()
            let id = path.split(separator: "/").last ?? ""
            let mia = try await desk.socket(.mia)
            try await mia.send(#"{"type":"presence"}"#)
            #expect(try await mia.told(1) == ["presence Mia"])
            let noor = try await desk.socket(.noor)
            try await noor.send(#"{"type":"follow_queue"}"#)
            #expect(try await noor.told(1) == ["queue_ready 0"])
            let other = try await desk.socket(.otherDesk)
            try await other.send(#"{"type":"presence"}"#)
            #expect(try await other.told(1) == ["presence otherDesk"])
            try await mia.send(#"{"type":"presence","conversation_id":"\#(id)"}"#)
            #expect(try await mia.told(1) == ["presence Mia, Noor visitor gone"])

            try await mia.follow(path)
            #expect(try await mia.told(1) == ["following bot alone"])
            let visitor = try await desk.socket(.shop)
            try await visitor.send(#"{"type":"resume","conversation_id":"\#(id)","after":0}"#)
            #expect(try await visitor.told(1) == ["ready"])
            #expect(try await mia.told(1) == ["presence visitor there"])
            try await mia.send(#"{"type":"presence","conversation_id":"\#(id)"}"#)
            #expect(try await mia.told(1) == ["presence Mia, Noor visitor there"])
            try await visitor.connection.close()
            #expect(try await mia.told(1) == ["presence visitor gone"])
            for socket in [mia, noor, other] { try await socket.connection.close() }
        }
    }
}

extension TestSocket {
    /// Starts a conversation and gives its path; the desk knows its token from then on.
    func startedPath(in desk: Desk) async throws -> String {
        try await send(#"{"type":"start","locale":"en","channel":"api"}"#)
        let ready = try await frame()
        desk.tokens.note(try JSONEncoder().encode(ready))
        return "/v1/conversations/" + (try #require(ready["conversation_id"].string))
    }

    func say(_ text: String, id: String) async throws {
        try await send(#"{"type":"message","client_message_id":"\#(id)","text":"\#(text)"}"#)
    }

    func follow(_ path: String, after seq: Int? = nil) async throws {
        let after = seq.map { #","after":\#($0)"# } ?? ""
        try await send(#"{"type":"follow","conversation_id":"\#(path.split(separator: "/").last ?? "")"\#(after)}"#)
    }

    /// The next frames in a few words.
    func told(_ count: Int) async throws -> [String] {
        var words: [String] = []
        while words.count < count {
            let frame = try await frame()
            // The bot's own.
            if frame["type"] == "typing", frame["from"] == .null, frame["agent"] == .null { continue }
            words.append(frame.words)
        }
        return words
    }
}
