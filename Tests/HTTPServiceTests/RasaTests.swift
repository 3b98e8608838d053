import ConversationDomain
import Foundation
import HTTPService
import ServiceTestSupport
import Testing
import WebSocketTestClient
import Wire

@testable import RasaInterface

@Suite("Clients of Rasa")
struct RasaTests {
    private func api(_ body: @escaping @Sendable (TestAPI) async throws -> Void) async throws {
        try await TestAPI.run(
            {
                $0.servesRasa = true
                $0.people = FakePeople()
            }, body)
    }

    private func json(_ data: Data) throws -> JSONValue { try JSONValue.parse(data) }

    private func payload(_ text: String) -> RasaPayload? { RasaPayload(text) }

    @Test("a message that begins with a slash stands for a button, unless it is what a visitor wrote")
    func payloads() {
        #expect(payload("/greet") == .pressed(["intent": "greet"]))
        #expect(payload("  /order.status@0.9 \n") == .pressed(["intent": "order.status"]))
        #expect(
            payload(#"/order.status{"order_number": "A1", "count": 2, "none": null}"#)
                == .pressed(["intent": "order.status", "slots": ["order_number": "A1", "count": 2]]))
        #expect(payload("/faq/opening_hours") == .pressed(["intent": "faq/opening_hours"]))
        #expect(payload(#"/@knowledge{"id":"returns.gift.en"}"#) == .pressed(["knowledge": "returns.gift.en"]))
        #expect(payload("/restart") == .command("restart"))
        for text in [
            "hello", "/", "/two words", #"/greet{"a":}"#, "/greet[1]", #"/greet{"a":1} and more"#, "/greet@high",
            #"/@knowledge{"id":"a b"}"#, "/@other", "/" + String(repeating: "a", count: 200),
            "/a{\"b\":\"" + String(repeating: "x", count: 9_000) + "\"}",
        ] {
            #expect(payload(text) == nil, "\(text.prefix(40))")
        }
    }

    @Test("replies are texts with buttons, and pictures; what a button sends is read as it was meant")
    func replies() throws {
        let text =
            "Here:\nhttps://shop.example/a.PNG?size=2\n![two](https://shop.example/b.jpg)\nSee https://shop.example/c.png."
        let message = Message(
            id: MessageID(trusted: "msg_1"), seq: 2, from: .bot, text: text,
            buttons: [
                Button(title: "Yes", intent: IntentName(trusted: "affirm")),
                Button(title: "A1", intent: IntentName(trusted: "order.status"), slots: ["order_number": "A1"]),
                Button(title: "Gifts", knowledge: KnowledgeID(trusted: "gift.en")),
            ], createdAt: Date())
        let sent = RasaReplies([message], to: "ann")
        #expect(
            try json(sent.body) == [
                ["recipient_id": "ann", "text": "Here:"],
                ["recipient_id": "ann", "image": "https://shop.example/a.PNG?size=2"],
                ["recipient_id": "ann", "image": "https://shop.example/b.jpg"],
                [
                    "recipient_id": "ann", "text": "See https://shop.example/c.png.",
                    "buttons": [
                        ["title": "Yes", "payload": "/affirm"],
                        ["title": "A1", "payload": #"/order.status{"order_number":"A1"}"#],
                        ["title": "Gifts", "payload": #"/@knowledge{"id":"gift.en"}"#],
                    ],
                ],
            ])
        #expect(String(decoding: try sent.lines, as: UTF8.self).split(separator: "\n").count == 4)
        #expect(payload(#"/@knowledge{"id":"gift.en"}"#) == .pressed(["knowledge": "gift.en"]))
        #expect(try json(RasaReplies.none.body) == [])
    }

    @Test("fields are read as Rasa reads them, within our bounds")
    func fields() throws {
        func read(_ text: String) throws -> RasaMessage { try RasaMessage(Data(text.utf8), limits: Limits()) }
        func refusal(_ text: String) -> String? {
            do {
                _ = try read(text)
                return nil
            } catch {
                return (error as? ChatError)?.message
            }
        }
        let plain = try read(#"{"message": "hi", "anything": [1]}"#)
        #expect(plain.sender == "default" && plain.request.channel?.rawValue == "rest")
        let full = try read(
            #"{"sender": "ann", "message": "hi", "input_channel": "slack", "metadata": {"page": "/cart"}}"#)
        #expect(full.sender == "ann" && full.request.channel?.rawValue == "slack")
        #expect(full.request.metadata == ["page": "/cart"])
        #expect(try read(#"{"sender": 7, "message": "hi", "metadata": null}"#).sender == "7")
        #expect(refusal(#"{"sender": "ann"}"#) == "'message' must be a text")
        #expect(refusal(#"{"sender": "", "message": "hi"}"#)?.contains("'sender' must be a text") == true)
        #expect(refusal(#"{"sender": ["a"], "message": "hi"}"#)?.contains("'sender' must be a text") == true)
        #expect(refusal(#"{"message": "  "}"#) == "'message' is empty")
        #expect(refusal(#"{"message": "hi", "metadata": 1}"#)?.contains("'metadata'") == true)
        #expect(refusal(#"["hi"]"#) == "the body must be a JSON object")
        #expect(refusal(#"{"message": "/greet{\"no slot\": 1}"}"#) != nil)
        #expect(refusal("{\"message\": \"\(String(repeating: "x", count: 2_001))\"}")?.contains("longer than") == true)
    }

    @Test("a text is parsed into what Rasa's clients read")
    func parse() async throws {
        try await api { api in
            let answer = try await api.call("POST", "/model/parse", json: #"{"text": "one", "message_id": "m1"}"#)
            #expect(answer.status == 200)
            #expect(
                try json(Data(answer.body)) == [
                    "text": "one", "message_id": "m1", "intent": ["name": "greeting", "confidence": 0.75],
                    "intent_ranking": [
                        ["name": "greeting", "confidence": 0.75], ["name": "thanks", "confidence": 0.25],
                    ],
                    "entities": [
                        [
                            "entity": "number", "value": "1", "start": 0, "end": 3, "confidence_entity": 1,
                            "extractor": "frontdesk",
                        ]
                    ],
                    "response_selector": [
                        "all_retrieval_intents": [],
                        "default": [
                            "response": [
                                "responses": .null, "confidence": 0, "intent_response_key": .null,
                                "utter_action": "utter_None",
                            ], "ranking": [],
                        ],
                    ],
                ])
            guard
                case .object(let rejected) = try json(
                    Data(try await api.call("POST", "/model/parse", json: #"{"text": "asdf"}"#).body))
            else {
                Issue.record("no object")
                return
            }
            #expect(rejected["intent"] == ["name": "nlu_fallback", "confidence": 0.25])
            guard
                case .object(let pressed) = try json(
                    Data(
                        try await api.call("POST", "/model/parse", json: #"{"text": "/greet{\"name\": \"Ann\"}"}"#).body
                    ))
            else {
                Issue.record("no object")
                return
            }
            #expect(pressed["intent"] == ["name": "greet", "confidence": 1])
            #expect(
                pressed["entities"] == [
                    [
                        "entity": "name", "value": "Ann", "start": 0, "end": 21, "extractor": "RegexMessageHandler",
                    ]
                ])
            #expect(api.insight.asked.map(\.texts) == [["one"], ["asdf"]])
        }
    }

    @Test("the key is a bearer or stands in the address, and without one there is Rasa's refusal")
    func keys() async throws {
        try await api { api in
            let body = #"{"text": "one"}"#
            let inAddress = try await api.call(
                "POST", "/model/parse?token=\(api.keys.secret)", json: body, key: .some(nil))
            #expect(inAddress.status == 200)
            let without = try await api.call("POST", "/model/parse", json: body, key: .some(nil))
            #expect(without.status == 401)
            guard case .object(let failure) = try json(Data(without.body)) else {
                Issue.record("no object")
                return
            }
            #expect(failure["status"] == "failure" && failure["reason"] == "NotAuthenticated" && failure["code"] == 401)
            #expect(Set(failure.keys) == ["version", "status", "message", "reason", "details", "help", "code"])
            let wrong = try await api.call("POST", "/webhooks/rest/webhook?token=fd_sk_no", json: "{}", key: .some(nil))
            #expect(wrong.status == 401)
            let scope = try await api.call("POST", "/model/parse", json: body, key: api.keys.otherApp)
            #expect(scope.status == 403)
            let emulated = try await api.call("POST", "/model/parse?emulation_mode=LUIS", json: body)
            #expect(emulated.status == 400 && emulated.text.contains("emulation_mode"))
            let unknown = try await api.call("POST", "/model/parse?tokne=1", json: body)
            #expect(unknown.status == 400 && unknown.text.contains("BadRequest"))
            let large = try await api.call(
                "POST", "/model/parse", json: "{\"text\": \"\(String(repeating: "x", count: 70_000))\"}")
            #expect(large.status == 413 && large.text.contains("failure"))
            #expect(try await api.call("GET", "/webhooks/rest/", key: .some(nil)).text == #"{"status":"ok"}"#)
            #expect(!api.log.all.contains { $0.contains(api.keys.secret) })
        }
    }

    @Test("without the flag there is nothing at these paths")
    func off() async throws {
        try await TestAPI.run { api in
            for path in ["/webhooks/rest/webhook", "/model/parse"] {
                let answer = try await api.call("POST", path, json: "{}")
                #expect(answer.status == 404)
            }
        }
    }
}
