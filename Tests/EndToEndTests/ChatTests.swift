import Foundation
import Testing

extension EndToEndTests {
    @Suite("Chatting over REST") struct ChatTests {}
}

extension EndToEndTests.ChatTests {
    @Test("an order question in English asks for the number, takes it, and answers with it")
    func englishOrder() async throws {
        let chat = try await SharedServer.caller().start(["locale": "en"])
        let question = try await chat.say("is my parcel on its way?")
        #expect(question.outcome == ["ask", "order.status", "bot"])
        #expect(question.replyText.hasPrefix("Which order number is it?"))
        let answer = try await chat.say("it is A1234567")
        #expect(answer.outcome == ["answer", "order.status", "bot"])
        #expect(answer.replyText.contains("https://shop.example/orders/A1234567"))
        #expect(answer["decision"]["template"].string?.hasPrefix("order.status#") == true)
    }

    @Test("an order question in Chinese is asked back and answered in Chinese, without naming a language")
    func chineseOrder() async throws {
        let chat = try await SharedServer.caller().start()
        let question = try await chat.say("你好，请问我买的东西寄到哪里了？")
        #expect(question.outcome == ["ask", "order.status", "bot"])
        #expect(question.replyText.hasPrefix("请问订单号是多少"))
        let answer = try await chat.say("单号是 B7654321")
        #expect(answer.outcome == ["answer", "order.status", "bot"])
        #expect(answer.replyText.contains("https://shop.example/orders/B7654321"))
        #expect(answer.replyText.unicodeScalars.contains { $0.value >= 0x4E00 })
    }

    @Test("what everybody types first is understood in both languages", arguments: ["where is my order", "我的快递到哪了"])
    func firstWords(text: String) async throws {
        let turn = try await SharedServer.caller().start().say(text)
        #expect(turn.outcome == ["ask", "order.status", "bot"])
    }

    @Test(
        "a number given with the question is used at once",
        arguments: ["track parcel C7654321", "帮我查一下订单C7654321的物流"])
    func slotInFirstMessage(text: String) async throws {
        let turn = try await SharedServer.caller().start().say(text)
        #expect(turn.outcome == ["answer", "order.status", "bot"])
        #expect(turn.replyText.contains("https://shop.example/orders/C7654321"))
    }

    @Test("a thank-you is answered in the visitor's language")
    func thanks() async throws {
        let caller = try await SharedServer.caller()
        let english = try await caller.start(["locale": "en"]).say("thank you very much!")
        #expect(english.outcome == ["answer", "thanks", "bot"])
        let chinese = try await caller.start(["locale": "zh"]).say("太谢谢你了")
        #expect(chinese.outcome == ["answer", "thanks", "bot"])
        #expect(english.replyText.unicodeScalars.allSatisfy { $0.value < 0x2E80 })
        #expect(chinese.replyText.unicodeScalars.contains { $0.value >= 0x4E00 })
    }

    @Test(
        "a question from the help centre is answered from it, with its link",
        arguments: [
            (
                "en", "does the shop work with a screen reader?", "shop.accessibility.en",
                "accessibility"
            ),
            ("zh", "你们网站支持读屏软件吗？", "shop.accessibility.zh", "accessibility"),
        ])
    func knowledge(locale: String, question: String, entry: String, link: String) async throws {
        let turn = try await SharedServer.caller().start(["locale": .string(locale)]).say(question)
        #expect(turn["decision"]["action"] == "search")
        #expect(turn["decision"]["knowledge"].string == entry)
        #expect(turn.replyText.contains("https://shop.example/help/shop/\(link)"))
    }

    @Test("what the bot cannot know is admitted once, and at the second miss a person is offered, whom a button calls")
    func fallbackThenHandoff() async throws {
        let chat = try await SharedServer.caller().start(["locale": "en"])
        let first = try await chat.say("who is the president of Brazil?")
        #expect(first["decision"]["action"] == "fallback")
        #expect(first["status"] == "bot")
        let second = try await chat.say("how do I bake sourdough bread at home?")
        #expect(second["status"] == "bot")
        let buttons = second["replies"].elements.flatMap { $0["buttons"].elements }
        let offer = try #require(buttons.first { $0["intent"] == "agent.request" })
        let called = try await chat.turn(["intent": offer["intent"], "slots": [:]])
        #expect(called.outcome == ["handoff", "agent.request", "waiting"])
    }

    @Test("someone who asks for a person waits for one, and the bot goes on answering meanwhile")
    func agentRequest() async throws {
        let chat = try await SharedServer.caller().start(["locale": "en"])
        let turn = try await chat.say("let me talk to a human please")
        #expect(turn.outcome == ["handoff", "agent.request", "waiting"])
        #expect(try await chat.caller.get(chat.path).json["status"] == "waiting")
        let next = try await chat.say("thank you very much!")
        #expect(next["status"] == "waiting")
        #expect(next["replies"].elements.count == 1)
    }

    @Test("a turn has the shape of the wire format, and every part of its decision")
    func shape() async throws {
        let chat = try await SharedServer.caller().start(["locale": "en", "channel": "web"])
        let turn = try await chat.say("is my parcel on its way?")
        #expect(turn.keys == ["decision", "message", "replies", "status"])
        let message = turn["message"]
        let reply = turn["replies"][0]
        let fields = ["buttons", "created_at", "from", "id", "in_reply_to", "seq", "text"]
        #expect(message.keys == fields)
        #expect(reply.keys == fields)
        #expect(
            message.picking("seq", "from", "in_reply_to", "buttons")
                == ["seq": 1, "from": "visitor", "in_reply_to": .null, "buttons": []])
        #expect(message["text"] == "is my parcel on its way?")
        #expect(
            reply.picking("seq", "from", "in_reply_to")
                == ["seq": 2, "from": "bot", "in_reply_to": message["id"]])
        #expect(message["id"].string?.hasPrefix("msg_") == true && reply["id"].string?.hasPrefix("msg_") == true)
        // Identifiers sort by the time they were made: their first ten characters are milliseconds.
        #expect((message["id"].string ?? "").prefix(13) <= (reply["id"].string ?? "").prefix(13))
        for button in reply["buttons"].elements {
            #expect(Set(button.keys).isSubset(of: ["title", "intent", "slots"]) && button["title"].string != nil)
        }
        let decision = turn["decision"]
        #expect(
            Set(decision.keys).isSuperset(of: [
                "action", "intent", "confidence", "threshold", "ranking", "template", "knowledge", "model",
                "elapsed_ms",
            ]))
        #expect(decision["ranking"].elements.count == 5)
        #expect(decision["ranking"][0] == ["intent": decision["intent"], "confidence": decision["confidence"]])
        #expect(decision["model"].string?.hasPrefix("model_") == true)
        let confidence = try #require(decision["confidence"].number)
        let threshold = try #require(decision["threshold"].number)
        #expect(threshold <= confidence && confidence <= 1)
        #expect((decision["elapsed_ms"].number ?? 0) > 0)
    }

    @Test("a conversation is shown as it was started, and history comes in pages, in order")
    func conversationAndHistory() async throws {
        let caller = try await SharedServer.caller()
        let body: JSON = [
            "locale": "zh-CN", "channel": "email", "visitor": ["id": "42", "name": "李", "email": "li@example.com"],
            "metadata": ["page": "/cart", "deep": ["list": [1, 2.5, true, .null]]],
        ]
        let started = try await caller.post("/v1/conversations", body)
        #expect(started.status == 201)
        var conversation = started.json
        #expect(
            conversation.keys == [
                "agent", "assignee", "channel", "created_at", "external_id", "handoff", "id", "last_seq", "locale",
                "metadata", "read", "resume_token", "status", "team", "visitor",
            ])
        let token: String = try #require(conversation["resume_token"].string)
        #expect(token.wholeMatch(of: /rt_[a-z2-9]{52}/) != nil)
        #expect(
            conversation.picking("locale", "channel", "last_seq", "status")
                == ["locale": "zh", "channel": "email", "last_seq": 0, "status": "bot"])
        let created = try #require(conversation["created_at"].string)
        #expect(created.hasSuffix("Z") && created.prefix(2) == "20")

        let chat = Chat(caller: caller, id: try #require(conversation["id"].string))
        for text in ["你好", "谢谢", "再见"] { _ = try await chat.say(text) }
        // The token is told once.
        conversation = conversation.picking(
            "agent", "assignee", "channel", "created_at", "external_id", "handoff", "id", "locale", "metadata", "read",
            "status", "team", "visitor")
        conversation["last_seq"] = 6
        #expect(try await caller.get(chat.path).json == conversation)

        let all = try await chat.history()
        #expect(all.map { $0["seq"].integer } == [1, 2, 3, 4, 5, 6])
        #expect(all.map { $0["from"].string } == ["visitor", "bot", "visitor", "bot", "visitor", "bot"])
        let page = try await caller.get(chat.path + "/messages?after=2&limit=3").json
        #expect(page == ["messages": .array(Array(all[2..<5])), "last_seq": 6])
        let end = try await caller.get(chat.path + "/messages?after=6").json
        #expect(end == ["messages": [], "last_seq": 6])
    }

    @Test("feedback on a reply is taken; feedback on nothing is not")
    func feedback() async throws {
        let chat = try await SharedServer.caller().start(["locale": "en"])
        let reply = try await chat.say("thank you very much!")["replies"][0]["id"]
        func rate(_ body: JSON) async throws -> Response { try await chat.caller.post(chat.path + "/feedback", body) }
        let taken = try await rate(["message_id": reply, "rating": "up", "comment": "quick"])
        #expect(taken.status == 204 && taken.body.isEmpty)
        #expect(try await rate(["message_id": reply, "rating": "down"]).status == 204)
        expectProblem(try await rate(["message_id": reply, "rating": "meh"]), 400, "invalid_request", naming: "rating")
        expectProblem(try await rate(["message_id": "msg_0", "rating": "up"]), 404, "not_found")
        let other = try await chat.caller.start()
        expectProblem(
            try await chat.caller.post(other.path + "/feedback", ["message_id": reply, "rating": "up"]), 404,
            "not_found")
    }

    @Test("a closed conversation can be read and takes no more messages")
    func close() async throws {
        let chat = try await SharedServer.caller().start()
        _ = try await chat.say("hello")
        let closed = try await chat.caller.post(chat.path + "/close", [:])
        #expect(closed.status == 200)
        #expect(try await chat.caller.get(chat.path).json["status"] == "closed")
        expectProblem(try await chat.post(["text": "hello again"]), 409, "conflict")
        #expect(try await chat.history().count == 2)
    }
}
