import ConversationDomain
import Foundation
import ModelRecords
import People
import SQLiteStore
import Testing
import WebSocketTestClient
import Wire

@Suite("Suggestions, and replies that were wrong")
struct SuggestionTests {
    /// `reply 0.9 hours: 9 to 21`
    private func suggested(_ desk: Desk, _ path: String, _ query: String = "", as caller: Desk.Caller = .mia)
        async throws -> [String]
    {
        let answer = try await desk.call("GET", path + "/suggestions" + query, as: caller)
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer["suggestions"].elements.allSatisfy { $0["text"].string?.isEmpty == false })
        return answer["suggestions"].elements.map { one in
            let share = one["probability"] == .null ? one["similarity"] : one["probability"]
            let name = one["intent"].string ?? one["knowledge"].string ?? one["question"].string ?? ""
            let kind = one["kind"].string ?? ""
            var text = one["text"].string ?? ""
            // An entry's source stands behind it, in words of the bot's that change.
            if kind == "knowledge", text.hasSuffix(one["link"].string ?? "-") {
                text = text.prefix { $0 != "\n" } + " (source)"
            }
            return "\(kind) \(share.number ?? -1) \(name): \(text)"
        }
    }

    @Test("what the bot would say and what was found are suggested, while the bot is silent too")
    func own() async throws {
        try await Desk.run { desk in
            let path = try await desk.started(#"{"locale":"en"}"#)
            #expect(try await suggested(desk, path) == [])
            try await desk.call("POST", path + "/take", as: .mia)
            try await desk.say("hours?", in: path)
            #expect(try await suggested(desk, path) == ["reply 0.9 hours: 9 to 21"])
            // Neither a person nor what has no answer is of use to an agent.
            try await desk.call("POST", path + "/replies", #"{"text":"one moment"}"#, as: .mia)
            try await desk.say("hours or returns?", in: path)
            let source = "see returns.en (source)"
            #expect(
                try await suggested(desk, path) == [
                    "reply 0.5 hours: 9 to 21", "knowledge 0.4 returns.en: \(source)",
                ])
            #expect(try await suggested(desk, path, "?limit=1") == ["reply 0.5 hours: 9 to 21"])
            // Several messages in a row are one request; a value is filled in.
            try await desk.call("POST", path + "/replies", #"{"text":"yes?"}"#, as: .mia)
            try await desk.say("where is A1?", in: path)
            try await desk.say("may I return it?", in: path)
            #expect(
                try await suggested(desk, path) == [
                    "knowledge 1.0 returns.en: \(source)", "reply 0.8 order.status: Order A1 <is> on its way.",
                ])
            // What is merely found stands behind what the bot ranks.
            try await desk.call("POST", path + "/replies", #"{"text":"yes?"}"#, as: .mia)
            try await desk.say("opening and returns", in: path)
            #expect(
                try await suggested(desk, path) == ["reply 0.9 hours: 9 to 21", "knowledge 0.9 returns.en: \(source)"])
            let all = try await desk.call("GET", path + "/suggestions", as: .mia)["suggestions"].elements
            #expect(all.last?["link"] == "https://shop.example/a" && all.last?["question"] == "returns.en?")
            // Where nothing is sure a person may look at what was found all the same.
            try await desk.call("POST", path + "/replies", #"{"text":"yes?"}"#, as: .mia)
            try await desk.say("or is it something else?", in: path)
            #expect(try await suggested(desk, path) == ["knowledge 0.1 returns.en: \(source)"])
            // Nothing was said or stored by it.
            #expect(try await desk.history(path).count == 10)
        }
    }

    @Test(
        "what agents answered in other conversations of the app is suggested; not what did not help, and no other app's"
    )
    func similar() async throws {
        try await Desk.run { desk in
            func answered(
                _ question: String, _ answers: [String], as caller: Desk.Caller = .shop, by agent: Desk.Caller = .mia
            ) async throws -> (path: String, replies: [String]) {
                let path = try await desk.started(as: caller)
                try await desk.call("POST", path + "/take", as: agent)
                try await desk.say(question, in: path, as: caller)
                var replies: [String] = []
                for text in answers {
                    let reply = try await desk.call("POST", path + "/replies", #"{"text":"\#(text)"}"#, as: agent)
                    replies.append(reply["message"]["id"].string ?? "")
                }
                return (path, replies)
            }
            _ = try await answered("the lid is broken", ["Oh no.", "A new one is on its way."])
            let bad = try await answered("The lid is broken!", ["Bad luck."])
            try await desk.call(
                "POST", bad.path + "/feedback", #"{"message_id":"\#(bad.replies[0])","rating":"down"}"#, as: .shop)
            _ = try await answered("the lid is broken", ["Not ours."], as: .other, by: .otherDesk)
            _ = try await answered("something else", ["Something else."])
            let same = try await answered("the lid is broken.", [])
            #expect(
                try await suggested(desk, same.path) == [
                    "similar 0.9 the lid is broken: Oh no.\n\nA new one is on its way."
                ])
            let theirs = try await desk.started(as: .other)
            try await desk.call("POST", theirs + "/take", as: .otherDesk)
            try await desk.say("THE LID IS BROKEN", in: theirs, as: .other)
            #expect(
                try await suggested(desk, theirs, as: .otherDesk) == ["similar 0.9 the lid is broken: Not ours."])
            #expect(
                try await desk.call("GET", same.path + "/suggestions", as: .otherDesk).outcome == "404 not_found")
            #expect(try await desk.call("GET", same.path + "/suggestions", as: .shop).outcome == "403 forbidden")
            for query in ["?limit=0", "?limit=21", "?limit=x", "?more=1"] {
                let refused = try await desk.call("GET", same.path + "/suggestions" + query, as: .mia)
                #expect(refused.outcome == "400 invalid_request", "\(query)")
            }
        }
    }

    @Test("a wrong reply puts the visitor's words into the review queue, once, with what the agent says of it")
    func wrong() async throws {
        try await Desk.run { desk in
            let path = try await desk.started()
            let turn = try await desk.say("hours?", in: path)
            let reply = try #require(turn["replies"].elements.first?["id"].string)
            let review = SQLiteReviewStore(desk.database)
            #expect(try await review.items(.open, limit: 10) == [])
            func mark(_ more: String, as caller: Desk.Caller = .mia, _ message: String? = nil) async throws -> (
                outcome: String, id: String?
            ) {
                let body = #"{"message_id":"\#(message ?? reply)"\#(more)}"#
                let answer = try await desk.call("POST", path + "/wrong", body, as: caller)
                return (answer.outcome, answer["id"].string)
            }
            let marked = try await mark(#","intent":"thanks","note":"was polite only""#)
            #expect(marked.outcome == "201")
            let item = try #require(try await review.items(.open, limit: 10).first)
            #expect(item.id.rawValue == marked.id && item.text == "hours?" && item.reasons == [.corrected])
            #expect(item.suggestion?.rawValue == "thanks" && item.note == "was polite only" && item.count == 1)
            #expect(item.intent?.rawValue == "hours" && item.message?.rawValue == turn["message"]["id"].string)

            // Decided on, the same mark again opens nothing; another one does.
            _ = try await review.decide(ReviewDecision(items: [item], label: nil, by: "test", at: Date()))
            let again = try await mark(#","intent":"thanks","note":"was polite only""#)
            #expect(again.outcome == "200" && again.id == marked.id)
            #expect(try await review.items(.open, limit: 10) == [])
            #expect(try await mark(#","knowledge":"returns.en""#).outcome == "201")
            let open = try #require(try await review.items(.open, limit: 10).first)
            #expect(open.id == item.id && open.count == 1 && open.suggestedEntry?.rawValue == "returns.en")
            #expect(open.note == nil)

            let button = try await desk.call("POST", path + "/messages", #"{"intent":"hours"}"#, as: .shop)
            let pressed = try #require(button["replies"].elements.first?["id"].string)
            try await desk.call("POST", path + "/take", as: .mia)
            let own = try await desk.call("POST", path + "/replies", #"{"text":"hello"}"#, as: .mia)
            let question = try #require(turn["message"]["id"].string)
            for (message, more, caller, outcome) in [
                (question, "", Desk.Caller.mia, "409 conflict"), (pressed, "", .mia, "409 conflict"),
                (own["message"]["id"].string ?? "", "", .mia, "409 conflict"),
                ("msg_038G7BH8M2S0J3R7T5NSN4E94VPKD", "", .mia, "404 not_found"), ("x", "", .mia, "404 not_found"),
                (reply, #","intent":"unknown""#, .mia, "404 not_found"),
                (reply, #","knowledge":"unknown""#, .mia, "404 not_found"),
                (reply, #","intent":"thanks","knowledge":"returns.en""#, .mia, "400 invalid_request"),
                (reply, #","intent":null"#, .mia, "400 invalid_request"),
                (reply, #","intent":"not a name""#, .mia, "400 invalid_request"),
                (reply, #","more":1"#, .mia, "400 invalid_request"),
                (reply, "", .otherDesk, "404 not_found"), (reply, "", .shop, "403 forbidden"),
                (reply, "", .page, "403 forbidden"),
            ] {
                #expect(try await mark(more, as: caller, message).outcome == outcome, "\(message)\(more) \(caller)")
            }
            let long = String(repeating: "x", count: 501)
            #expect(try await mark(#","note":"\#(long)""#).outcome == "400 invalid_request")
        }
    }

    @Test("what was written of a wrong reply goes with the conversation")
    func erased() async throws {
        try await Desk.run { desk in
            let path = try await desk.started(#"{"visitor":{"id":"c-1"}}"#)
            let reply = try #require(try await desk.say("hours?", in: path)["replies"].elements.first?["id"].string)
            try await desk.call(
                "POST", path + "/wrong", #"{"message_id":"\#(reply)","note":"Ann's parcel"}"#, as: .mia)
            let review = SQLiteReviewStore(desk.database)
            let item = try #require(try await review.items(.open, limit: 10).first)
            _ = try await review.decide(
                ReviewDecision(items: [item], label: nil, by: "test", at: Date()))
            #expect(try await review.item(item.id)?.note == "Ann's parcel")
            try await desk.call("DELETE", "/v1/visitors/c-1", as: .desk)
            let left = try #require(try await review.item(item.id))
            #expect(left.note == nil && left.conversation == nil)
        }
    }
}

extension JSONValue {
    var number: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }
}
