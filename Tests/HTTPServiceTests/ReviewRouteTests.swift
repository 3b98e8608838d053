import ConversationDomain
import HTTPService
import ModelRecords
import ServiceTestSupport
import Testing
import WebSocketTestClient
import Wire

@Suite("The review queue over REST")
struct ReviewRouteTests {
    private static let path = "/v1/review/\(FakeReview.id)"

    private func run(_ body: @escaping @Sendable (TestAPI, FakeReview) async throws -> Void) async throws {
        let review = FakeReview()
        try await TestAPI.run {
            $0.review = review
        } _: { api in
            try await body(api, review)
        }
    }

    @Test("the queue is listed in groups, with everything that is known of each text")
    func list() async throws {
        try await run { api, review in
            let response = try await api.call("GET", "/v1/review", key: api.keys.agent)
            #expect(response.status == 200)
            let time = Timestamp.text(FakeChat.time)
            #expect(
                try response.json()
                    == json(
                        """
                        {"clusters":[{"id":"\(FakeReview.id)","messages":3,"items":[{"id":"\(FakeReview.id)",
                        "text":"ship to mars?","locale":"en","reasons":["rejected","corrected"],"count":3,
                        "intent":"delivery","confidence":0.25,"model":"model_1","suggestion":"mars","message_id":"msg_1",
                        "conversation_id":"conv_1","created_at":"\(time)","last_seen_at":"\(time)","status":"open",
                        "label":null,"decided_by":null,"decided_at":null,"suggested_knowledge":"mars.en","note":"of the red one"}]}],"total":7,"next":"3:\(FakeReview.id)"}
                        """))
            let query = "status=labelled&reason=rated_down&limit=5&after=3:\(FakeReview.id)"
            #expect(try await api.call("GET", "/v1/review?\(query)", key: api.keys.agent).status == 200)
            var asked = ReviewQuery()
            asked.status = .labelled
            asked.reason = .ratedDown
            asked.limit = 5
            asked.after = ReviewCursor("3:\(FakeReview.id)")
            #expect(review.asked == [.list(ReviewQuery()), .list(asked)])
        }
    }

    @Test(
        "a query that is not in the wire format is refused",
        arguments: ["status=x", "reason=x", "limit=0", "limit=201", "limit=x", "after=x", "more=1"])
    func queries(query: String) async throws {
        try await run { api, review in
            let response = try await api.call("GET", "/v1/review?\(query)", key: api.keys.agent)
            #expect(try response.problem() == "400 invalid_request")
            #expect(review.asked == [])
        }
    }

    @Test("a group is labelled in each of the four ways, by the key that says so")
    func label() async throws {
        try await run { api, review in
            let bodies = [
                #"{"action":"label","intent":"order.status"}"#,
                #"{"action":"label","new_intent":"mars","description":"Space","scope":"one"}"#,
                #"{"action":"label","knowledge":"faq.mars","force":false}"#,
                #"{"action":"label","out_of_scope":true}"#, #"{"action":"label","intent":"out_of_scope"}"#,
            ]
            for body in bodies {
                let response = try await api.call("POST", Self.path, json: body, key: api.keys.agent)
                #expect(response.status == 200)
                #expect(
                    try response.json()
                        == json(
                            """
                            {"status":"labelled","items":["\(FakeReview.id)"],"checked":2,"improvements":1,
                            "regressions":[{"text":"where is it","intent":"order.status","understood":null}]}
                            """))
            }
            let labels: [(ReviewLabel, ReviewScope)] = [
                (.intent(IntentName(trusted: "order.status")), .cluster),
                (.newIntent(IntentName(trusted: "mars"), description: "Space"), .one),
                (.knowledge(KnowledgeID(trusted: "faq.mars")), .cluster), (.outOfScope, .cluster),
                (.outOfScope, .cluster),
            ]
            #expect(
                review.asked
                    == labels.map {
                        .label(FakeReview.id, $0.0, $0.1, force: false, by: api.keys.agentID.rawValue)
                    })
        }
    }

    @Test("a label that harms too much is refused with what it harms, and learned when it is forced")
    func refused() async throws {
        try await run { api, review in
            let refused = try await api.call(
                "POST", Self.path, json: #"{"action":"label","intent":"bad"}"#, key: api.keys.agent)
            #expect(try refused.problem() == "409 conflict")
            #expect(refused.text.contains("'where is it' (order.status → rejected)"))
            let forced = try await api.call(
                "POST", Self.path, json: #"{"action":"label","intent":"bad","force":true}"#, key: api.keys.agent)
            #expect(forced.status == 200)
        }
    }

    @Test("a group or one text is dismissed")
    func dismiss() async throws {
        try await run { api, review in
            let response = try await api.call(
                "POST", Self.path, json: #"{"action":"dismiss","scope":"one"}"#, key: api.keys.agent)
            #expect(
                try response.json()
                    == json(
                        """
                        {"status":"dismissed","items":["\(FakeReview.id)"],"checked":null,"regressions":null,
                        "improvements":null}
                        """))
            #expect(review.asked == [.dismiss(FakeReview.id, .one, by: api.keys.agentID.rawValue)])
        }
    }

    @Test("an agent's correction is filed")
    func correct() async throws {
        try await run { api, review in
            let message: MessageID = IdentifierGenerator().next()
            let response = try await api.call(
                "POST", "/v1/review", json: #"{"message_id":"\#(message)","intent":"refund"}"#, key: api.keys.agent)
            #expect(response.status == 201)
            #expect(try response.json() == json(#"{"id":"\#(FakeReview.id)"}"#))
            #expect(review.asked == [.correct(message, IntentName(trusted: "refund"))])
            let unknown = try await api.call(
                "POST", "/v1/review", json: #"{"message_id":"x","intent":"refund"}"#, key: api.keys.agent)
            #expect(try unknown.problem() == "404 not_found")
        }
    }

    @Test(
        "a decision that is not in the wire format is refused",
        arguments: [
            "{}", #"{"action":"forget"}"#, #"{"action":"label"}"#, #"{"action":"label","intent":"a b"}"#,
            #"{"action":"label","intent":"a","out_of_scope":true}"#, #"{"action":"label","out_of_scope":false}"#,
            #"{"action":"label","intent":"a","scope":"all"}"#, #"{"action":"label","intent":"a","force":"yes"}"#,
            #"{"action":"label","intent":"a","description":"b"}"#, #"{"action":"dismiss","intent":"a"}"#,
            #"{"action":"label","intent":"a","more":1}"#,
        ])
    func strictness(body: String) async throws {
        try await run { api, review in
            let response = try await api.call("POST", Self.path, json: body, key: api.keys.agent)
            #expect(try response.problem() == "400 invalid_request")
            #expect(review.asked == [])
        }
    }

    @Test("items that are not there, malformed or not, are 404; without the scope agent nothing is told")
    func refusals() async throws {
        try await run { api, review in
            let other = IdentifierGenerator().next(ReviewID.self)
            for path in ["/v1/review/\(other)", "/v1/review/x"] {
                let response = try await api.call("POST", path, json: #"{"action":"dismiss"}"#, key: api.keys.agent)
                #expect(try response.problem() == "404 not_found")
            }
            for (method, path) in [("GET", "/v1/review"), ("POST", "/v1/review"), ("POST", Self.path)] {
                let body = method == "POST" ? #"{"action":"dismiss"}"# : nil
                #expect(try await api.call(method, path, json: body).problem() == "403 forbidden")
            }
        }
    }
}
