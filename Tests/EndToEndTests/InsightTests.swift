import APIConformance
import Foundation
import Testing

extension EndToEndTests {
    @Suite("Asking about texts and about the bot") struct InsightTests {}
}

extension EndToEndTests.InsightTests {
    @Test("classify ranks intents for one text or many, in their order, with entities")
    func classify() async throws {
        let caller = try await SharedServer.caller()
        let one = try await caller.post("/v1/classify", ["text": "is my parcel on its way?", "top": 3]).json
        #expect(one.keys == ["model", "results"])
        #expect(one["model"].string?.hasPrefix("model_") == true)
        let result = one["results"][0]
        #expect(result.keys == ["accepted", "confidence", "entities", "intent", "ranking", "text"])
        #expect(
            result.picking("intent", "accepted", "text")
                == ["intent": "order.status", "accepted": true, "text": "is my parcel on its way?"])
        #expect(result["ranking"].elements.count == 3)
        #expect(result["ranking"][0] == ["intent": "order.status", "confidence": result["confidence"]])
        let confidences = result["ranking"].elements.compactMap { $0["confidence"].number }
        #expect(confidences == confidences.sorted(by: >))
        #expect(result["entities"] == [])
        let tagged = try await caller.post("/v1/classify", ["text": "please track my parcel c7654321"]).json["results"][
            0]
        let entity = try #require(tagged["entities"].elements.first { $0["entity"] == "order_number" })
        #expect(entity.picking("value", "start", "end") == ["value": "C7654321", "start": 23, "end": 31])

        let texts: [JSON] = ["谢谢你", "who is the president of Brazil?", "I want to talk to a human"]
        let many = try await caller.post("/v1/classify", ["texts": .array(texts)]).json["results"].elements
        #expect(many.map { $0["text"] } == texts)
        #expect(many.map { $0["intent"] } == ["thanks", .null, "agent.request"])
        #expect(many.map { $0["accepted"] } == [true, false, true])
        #expect(many.allSatisfy { $0["confidence"] == $0["ranking"][0]["confidence"] })
    }

    @Test("one text gives the same result alone and among others")
    func batchEqualsSingle() async throws {
        let caller = try await SharedServer.caller()
        let texts: [JSON] = [
            "where is my order", "我想退货", "ok", .string(String(repeating: "how long does delivery take? ", count: 20)),
        ]
        let many = try await caller.post("/v1/classify", ["texts": .array(texts)]).json["results"].elements
        for (text, among) in zip(texts, many) {
            let alone = try await caller.post("/v1/classify", ["text": text]).json["results"][0]
            #expect(alone["intent"] == among["intent"])
            let difference = (alone["confidence"].number ?? 0) - (among["confidence"].number ?? 1)
            #expect(abs(difference) < 0.02, "\(text) \(difference)")
        }
    }

    @Test("predict is the shortest way in")
    func predict() async throws {
        let response = try await SharedServer.caller().post("/predict", ["text": "谢谢你"]).json
        #expect(response.keys == ["confidence", "prediction"])
        #expect(response["prediction"] == "thanks")
        #expect((0.3...1).contains(response["confidence"].number ?? 0))
    }

    @Test("search finds the entry in the language that was asked for, best first, with its link")
    func search() async throws {
        let caller = try await SharedServer.caller()
        let english = try await caller.post(
            "/v1/search", ["query": "lost my return label", "limit": 3, "locale": "en"]
        ).json
        #expect(english.keys == ["hits"])
        let hits = english["hits"].elements
        #expect(hits.count == 3)
        #expect(hits[0].keys == ["answer", "id", "link", "locale", "question", "score"])
        #expect(
            hits[0].picking("id", "link")
                == ["id": "returns.no-label.en", "link": "https://shop.example/help/returns/no-label"])
        #expect(hits.allSatisfy { $0["locale"] == "en" })
        let scores = hits.compactMap { $0["score"].number }
        #expect(scores.count == 3 && scores == scores.sorted(by: >))
        let chinese = try await caller.post("/v1/search", ["query": "退货标签丢了", "locale": "zh-CN"]).json["hits"]
        #expect(chinese[0]["id"] == "returns.no-label.zh")
        // Ranked, no threshold: nonsense has hits too.
        #expect(try await caller.post("/v1/search", ["query": "zzzz qqqq"]).json["hits"].elements.isEmpty == false)
    }

    @Test("what is live can be listed: intents and models")
    func lists() async throws {
        let caller = try await SharedServer.caller()
        let intents = try await caller.get("/v1/intents")
        #expect(intents.status == 200)
        let order = try #require(intents.json["intents"].elements.first { $0["name"] == "order.status" })
        #expect((order["examples"]["en"].integer ?? 0) >= 20 && (order["examples"]["zh"].integer ?? 0) >= 20)
        #expect(intents.json["intents"].elements.count >= 30)
        let models = try await caller.get("/v1/models")
        #expect(models.status == 200)
        let active = models.json["models"].elements.filter { $0["active"] == true }
        #expect(active.count == 1)
        #expect(active.first?["encoder"] == "multilingual-e5-small")
        #expect(active.first?["id"] == (try await caller.post("/v1/classify", ["text": "hi"]).json["model"]))
    }

    @Test("health and metrics need no key, and metrics count what happened")
    func healthAndMetrics() async throws {
        let caller = try await SharedServer.caller()
        let server = caller.server
        #expect(try await server.call("GET", "/health/live").status == 200)
        #expect(try await server.call("GET", "/health/ready").status == 200)
        _ = try await caller.start().say("hello")
        let metrics = try await server.metrics()
        #expect(metrics.status == 200 && metrics["Content-Type"]?.hasPrefix("text/plain") == true)
        let read = try MetricsText(metrics.text)
        #expect(read.value("frontdesk_turn_seconds_count") ?? 0 >= 1)
        #expect(read.value("process_resident_memory_bytes") ?? 0 > 10_000_000)
        #expect(read.value("frontdesk_inference_queue_depth") != nil)
        #expect(read.value("frontdesk_waiting_conversations") != nil)
        let active = try await caller.get("/v1/models").json["models"].elements.filter { $0["active"] == true }
        let info = try #require(read.families.first { $0.name == "frontdesk_model_info" })
        #expect(info.samples.map(\.labels["model"]) == active.map(\.["id"].string))
        #expect(read.families.first { $0.name == "frontdesk_build_info" }?.samples.count == 1)
        #expect(!metrics.text.contains("conv_") && !metrics.text.contains("hello"))
    }

    @Test("docs/metrics.md names every metric with its type, and no other")
    func documentedMetrics() async throws {
        let read = try MetricsText(try await SharedServer.caller().server.metrics().text)
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/metrics.md")
        let rows = try String(contentsOf: page, encoding: .utf8).matches(of: /(?m)^\| `(\w+)` \| (\w+) \|/)
        #expect(rows.map { "\($0.1) \($0.2)" }.sorted() == read.families.map { "\($0.name) \($0.kind)" }.sorted())
    }

    @Test("metrics are on a listener of their own, whose address can be chosen, or off")
    func metricsAddress() async throws {
        let port = try await ServerProcess.freePort()
        let server = try await ServerProcess.start(
            try await DataFolder.trained(), "--metrics-address", "127.0.0.1:\(port)")
        let connection = try await Connection.open(port: port)
        #expect(try await connection.request("GET", "/metrics").status == 200)
        #expect(try await server.call("GET", "/metrics").status == 404)
        await connection.close()
        #expect(server.child.output.contains("metrics at http://127.0.0.1:\(port)/metrics"))
        #expect(try await server.stop() == 0)

        let off = try await ServerProcess.start(server.data, "--metrics-address", "off")
        #expect(try await off.call("GET", "/metrics").status == 404)
        #expect(!off.child.output.contains("metrics at"))
        #expect(try await off.stop() == 0)
    }

    @Test("a metrics port that is taken stops a server that was told to use it, and no other")
    func metricsPortTaken() async throws {
        let data = try await DataFolder.trained()
        let taken = try await ServerProcess.launch(
            data, ["--metrics-address", "127.0.0.1:\(try await SharedServer.shared.value.server.port)"])
        #expect(try await taken.child.wait(within: 30) == 69)
        #expect(taken.child.errors.contains("choose one with --metrics-address"))
    }
}
