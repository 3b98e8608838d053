import ConversationDomain
import ServiceTestSupport
import Testing
import WebSocketTestClient
import Wire

@Suite("Classify, search and what is live")
struct InsightRouteTests {
    private static let ranking = #"[{"intent":"greeting","confidence":0.75},{"intent":"thanks","confidence":0.25}]"#
    private static let entities = #"[{"entity":"number","value":"1","text":"one","start":0,"end":3,"confidence":null}]"#

    @Test("one text or several are classified, accepted or not")
    func classify() async throws {
        try await TestAPI.run { api in
            let one = try await api.call("POST", "/v1/classify", json: #"{"text":"hello"}"#)
            #expect(one.status == 200)
            #expect(
                try one.json()
                    == json(
                        """
                        {"model":"model_1","results":[{"text":"hello","intent":"greeting","confidence":0.75,"accepted":true,
                        "ranking":\(Self.ranking),"entities":\(Self.entities)}]}
                        """))
            let several = try await api.call(
                "POST", "/v1/classify", json: #"{"texts":["asdf","hello"],"top":1,"locale":"zh"}"#)
            guard case .array(let results) = try several.field("results"), case .object(let rejected) = results.first
            else { throw TestFailure() }
            #expect(results.count == 2)
            #expect(rejected["intent"] == .null)
            #expect(rejected["accepted"] == .bool(false))
            #expect(rejected["confidence"] == .number(0.75))
            #expect(try rejected["ranking"] == json(#"[{"intent":"greeting","confidence":0.75}]"#))
            #expect(
                api.insight.asked == [
                    FakeInsight.Asked(texts: ["hello"], count: 5, locale: nil),
                    FakeInsight.Asked(texts: ["asdf", "hello"], count: 1, locale: .chinese),
                ])
        }
    }

    @Test("a classifier is named, and its labels are ranked as intents are; the intents are one of them")
    func classifier() async throws {
        try await TestAPI.run { api in
            let labelled = try await api.call(
                "POST", "/v1/classify", json: #"{"texts":["fine","asdf"],"classifier":"sentiment","top":1}"#)
            #expect(labelled.status == 200)
            #expect(
                try labelled.json()
                    == json(
                        """
                        {"model":"model_1","classifier":"sentiment","results":[
                        {"text":"fine","label":"positive","confidence":0.75,"accepted":true,
                        "ranking":[{"label":"positive","confidence":0.75}]},
                        {"text":"asdf","label":"positive","confidence":0.75,"accepted":false,
                        "ranking":[{"label":"positive","confidence":0.75}]}]}
                        """))
            let intent = try await api.call("POST", "/v1/classify", json: #"{"text":"hello","classifier":"intent"}"#)
            let plain = try await api.call("POST", "/v1/classify", json: #"{"text":"hello"}"#)
            #expect(try intent.json() == plain.json())
            let unknown = try await api.call("POST", "/v1/classify", json: #"{"text":"a","classifier":"topic"}"#)
            #expect(try unknown.problem() == "400 invalid_request")
            #expect(try unknown.field("detail") == .string("no classifier 'topic'; there are intent, sentiment"))
        }
    }

    private struct TestFailure: Error {}

    @Test(
        "a classification that is not in the wire format is refused",
        arguments: [
            "{}", #"{"text":"a","texts":["b"]}"#, #"{"texts":[]}"#, #"{"texts":"a"}"#, #"{"texts":["a",1]}"#,
            #"{"texts":["a",""]}"#, #"{"text":"a","top":0}"#, #"{"text":"a","top":"5"}"#, #"{"text":"a","locale":"?"}"#,
            #"{"text":"a","more":1}"#, #"{"text":"a","classifier":1}"#, #"{"text":"a","classifier":"no name"}"#,
            #"{"texts":["# + Array(repeating: #""a""#, count: 65).joined(separator: ",") + "]}",
        ])
    func classifyStrictness(body: String) async throws {
        try await TestAPI.run { api in
            let response = try await api.call("POST", "/v1/classify", json: body)
            #expect(try response.problem() == "400 invalid_request")
            #expect(api.insight.asked.isEmpty)
        }
    }

    @Test("the shortest way in gives one prediction")
    func predict() async throws {
        try await TestAPI.run { api in
            let accepted = try await api.call("POST", "/predict", json: #"{"text":"hello"}"#)
            #expect(accepted.status == 200)
            #expect(try accepted.json() == json(#"{"prediction":"greeting","confidence":0.75}"#))
            let rejected = try await api.call("POST", "/predict", json: #"{"text":"asdf"}"#)
            #expect(try rejected.json() == json(#"{"prediction":null,"confidence":0.75}"#))
        }
    }

    @Test("search gives ranked hits")
    func search() async throws {
        try await TestAPI.run { api in
            let found = try await api.call(
                "POST", "/v1/search", json: #"{"query":"can I return","limit":3,"locale":"en"}"#)
            #expect(found.status == 200)
            #expect(
                try found.json()
                    == json(
                        """
                        {"hits":[{"id":"returns","question":"May I return it?","answer":"You may.","locale":"en",
                        "score":0.5,"link":null}]}
                        """))
            #expect(api.insight.asked == [FakeInsight.Asked(texts: ["can I return"], count: 3, locale: .english)])
            for body in [#"{"query":""}"#, "{}", #"{"query":"a","limit":51}"#, #"{"query":"a","q":1}"#] {
                #expect(try await api.call("POST", "/v1/search", json: body).problem() == "400 invalid_request")
            }
        }
    }

    @Test("intents and models tell what is live")
    func live() async throws {
        try await TestAPI.run { api in
            let intents = try await api.call("GET", "/v1/intents")
            #expect(
                try intents.json()
                    == json(
                        """
                        {"intents":[{"name":"order.status","title":{"en":"Where my order is"},"description":"Where it is","examples":{"en":2,"zh":3},
                        "slots":[{"name":"number","entity":"order_number"}],"answers":1}]}
                        """))
            let models = try await api.call("GET", "/v1/models")
            #expect(
                try models.json()
                    == json(
                        """
                        {"models":[{"id":"model_1","created_at":"\(Timestamp.text(FakeChat.time))","encoder":"e5","intents":2,
                        "classifiers":[{"name":"sentiment","labels":["negative","positive"],"examples":8,"accuracy":0.75,
                        "calibration_error":0.25}],"active":true,"metrics":{"examples":10,"accuracy":0.5,"coverage":0.25,"precision":0.75,
                        "out_of_scope_recall":null,"calibration_error":0.125,"seconds":1}}]}
                        """))
        }
    }

    @Test("a key for chatting alone may do none of this")
    func scopes() async throws {
        try await TestAPI.run { api in
            let calls = [
                ("POST", "/v1/classify", #"{"text":"a"}"#), ("POST", "/predict", #"{"text":"a"}"#),
                ("POST", "/v1/search", #"{"query":"a"}"#), ("GET", "/v1/intents", nil), ("GET", "/v1/models", nil),
            ]
            for (method, path, body) in calls {
                let response = try await api.call(method, path, json: body, key: api.keys.otherApp)
                #expect(try response.problem() == "403 forbidden", "\(path)")
            }
            #expect(api.insight.asked.isEmpty)
        }
    }
}
