import Foundation
import NIOCore
import Testing

extension EndToEndTests {
    @Suite("What the server refuses") struct BadInputTests {}
}

extension EndToEndTests.BadInputTests {
    /// A message body that must be refused, and how.
    struct Refusal: Sendable, CustomTestStringConvertible {
        let title: String
        let body: Data
        var status = 400
        var code = "invalid_request"
        var naming: String?

        init(
            _ title: String, _ body: Data, _ status: Int = 400, _ code: String = "invalid_request",
            naming: String? = nil
        ) {
            (self.title, self.body, self.status, self.code, self.naming) = (title, body, status, code, naming)
        }

        init(
            _ title: String, _ body: String, _ status: Int = 400, _ code: String = "invalid_request",
            naming: String? = nil
        ) {
            self.init(title, Data(body.utf8), status, code, naming: naming)
        }

        var testDescription: String { title }
    }

    static let manySlots = (0..<10_000).map { "\"s\($0)\":\"\"" }.joined(separator: ",").prefix(60_000)

    static let refusals = [
        Refusal("nothing", ""),
        Refusal("a blank", "  \n"),
        Refusal("words", "hello"),
        Refusal("half an object", #"{"text":"hi""#),
        Refusal("something after the object", #"{"text":"hi"} {"#),
        Refusal("an array", "[]"),
        Refusal("a string", #""hi""#),
        Refusal("null", "null"),
        Refusal("no field", "{}", naming: "text"),
        Refusal("a number as text", #"{"text":5}"#, naming: "text"),
        Refusal("an object as text", #"{"text":{"a":1}}"#, naming: "text"),
        Refusal("no text but null", #"{"text":null}"#, naming: "text"),
        Refusal("empty text", #"{"text":""}"#, naming: "text"),
        Refusal("blank text", #"{"text":" \t\n "}"#, naming: "text"),
        Refusal("invisible text", #"{"text":"\u200b\ufeff"}"#, naming: "text"),
        Refusal("an escaped zero", #"{"text":"a\u0000b"}"#, naming: "text"),
        Refusal("an escape character", #"{"text":"a\u001b[31mb"}"#, naming: "text"),
        Refusal("half of a surrogate pair", #"{"text":"\ud83d"}"#),
        Refusal(
            "bytes that are not UTF-8",
            Data([0x7B, 0x22, 0x74, 0x65, 0x78, 0x74, 0x22, 0x3A, 0x22, 0xFF, 0xC0, 0x22, 0x7D])),
        Refusal("UTF-16", Data("{\"text\":\"hi\"}".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] })),
        Refusal("an unknown field", #"{"text":"hi","urgent":true}"#, naming: "urgent"),
        Refusal(
            "buttons", #"{"text":"hi","buttons":[\#(Array(repeating: "{}", count: 10_000).joined(separator: ","))]}"#,
            naming: "buttons"),
        Refusal("text and intent", #"{"text":"hi","intent":"thanks"}"#, naming: "intent"),
        Refusal("slots without an intent", #"{"text":"hi","slots":{}}"#, naming: "slots"),
        Refusal("slots as an array", #"{"intent":"thanks","slots":[]}"#, naming: "slots"),
        Refusal("a nested slot", #"{"intent":"thanks","slots":{"a":{}}}"#, naming: "slots"),
        Refusal(
            "thousands of slots",
            "{\"intent\":\"thanks\",\"slots\":{\(manySlots.prefix(upTo: manySlots.lastIndex(of: ",") ?? manySlots.endIndex))}}",
            naming: "slots"),
        Refusal(
            "a slot of 60,000 characters",
            #"{"intent":"thanks","slots":{"a":"\#(String(repeating: "x", count: 60_000))"}}"#, naming: "slots"),
        Refusal("an intent that cannot be a name", #"{"intent":"no such name!"}"#, naming: "intent"),
        Refusal("an empty id", #"{"text":"hi","client_message_id":""}"#, naming: "client_message_id"),
        Refusal(
            "a long id", #"{"text":"hi","client_message_id":"\#(String(repeating: "x", count: 129))"}"#,
            naming: "client_message_id"),
        Refusal("a number as id", #"{"text":"hi","client_message_id":1}"#, naming: "client_message_id"),
        Refusal(
            "arrays in arrays in arrays", String(repeating: "[", count: 30_000) + String(repeating: "]", count: 30_000)),
        Refusal("objects without end", String(repeating: #"{"a":"#, count: 12_000)),
        Refusal("2,001 characters", #"{"text":"\#(String(repeating: "字", count: 2_001))"}"#, 413, "too_large"),
        Refusal(
            "a body of more than 64 KiB", #"{"text":"\#(String(repeating: "x", count: 65_536))"}"#, 413, "too_large"),
        Refusal("a body of 5 MB", String(repeating: "x", count: 5_000_000), 413, "too_large"),
    ]

    @Test("a bad message is refused with the reason, and changes nothing", arguments: refusals)
    func message(_ refusal: Refusal) async throws {
        let chat = try await SharedServer.caller().start()
        let response = try await chat.caller.post(chat.path + "/messages", bytes: refusal.body)
        expectProblem(response, refusal.status, refusal.code, naming: refusal.naming)
        #expect(try await chat.history() == [])
    }

    @Test("a button whose intent is gone is answered like words that are not understood")
    func staleButton() async throws {
        let turn = try await SharedServer.caller().start(["locale": "en"]).turn(["intent": "no.such.intent"])
        #expect(turn["decision"]["action"] == "fallback")
        #expect(turn["replies"].elements.count == 1)
    }

    @Test("a client that offers another protocol is answered in HTTP/1.1")
    func upgradeOffers() async throws {
        let caller = try await SharedServer.caller()
        let offer = [
            ("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABkAAQAAP__"),
        ]
        #expect(try await caller.server.call("GET", "/health/live", headers: offer).status == 200)
        let type = [("Content-Type", "application/json")]
        let response = try await caller.server.call(
            "POST", "/predict", headers: caller.allHeaders + type + offer, body: Data(#"{"text":"hi"}"#.utf8))
        #expect(response.status == 200)
    }

    @Test("2,000 characters are a message, in any script")
    func longest() async throws {
        let chat = try await SharedServer.caller().start()
        for scalar in ["字", "x", "😀"] {
            let turn = try await chat.say(String(repeating: scalar, count: 2_000))
            #expect(turn["message"]["text"].string?.unicodeScalars.count == 2_000)
        }
    }

    @Test(
        "a conversation that cannot be is not started",
        arguments: [
            (#"{"locale":"not a language"}"#, "locale"), (#"{"locale":5}"#, "locale"),
            (#"{"channel":"a b"}"#, "channel"), (#"{"visitor":"me"}"#, "visitor"),
            (#"{"visitor":{"age":5}}"#, "age"), (#"{"visitor":{"name":5}}"#, "visitor.name"),
            (#"{"visitor":{"name":"\#(String(repeating: "x", count: 257))"}}"#, "visitor.name"),
            (#"{"metadata":[]}"#, "metadata"),
            (#"{"metadata":{"a":"\#(String(repeating: "x", count: 9_000))"}}"#, "metadata"),
            (#"{"metadata":{"a":[[[[[[[[[]]]]]]]]]}}"#, "metadata"), (#"{"text":"hi"}"#, "text"),
        ])
    func conversation(body: String, field: String) async throws {
        let response = try await SharedServer.caller().post("/v1/conversations", bytes: Data(body.utf8))
        expectProblem(response, 400, "invalid_request", naming: field, about: body)
    }

    @Test(
        "calls about texts check their fields",
        arguments: [
            ("/v1/classify", "{}", 400), ("/v1/classify", #"{"text":"a","texts":["b"]}"#, 400),
            ("/v1/classify", #"{"text":"a","top":0}"#, 400), ("/v1/classify", #"{"text":"a","top":"5"}"#, 400),
            ("/v1/classify", #"{"text":"a","top":1e99}"#, 400), ("/v1/classify", #"{"texts":[]}"#, 400),
            ("/v1/classify", #"{"texts":["a",5]}"#, 400), ("/v1/classify", #"{"texts":["a",""]}"#, 400),
            ("/v1/classify", #"{"text":"a","locale":"??"}"#, 400), ("/v1/classify", #"{"text":"a","more":1}"#, 400),
            ("/predict", "{}", 400), ("/predict", #"{"text":""}"#, 400), ("/predict", #"{"texts":["a"]}"#, 400),
            ("/v1/search", "{}", 400), ("/v1/search", #"{"query":""}"#, 400),
            ("/v1/search", #"{"query":"a","limit":0}"#, 400), ("/v1/search", #"{"query":"a","limit":-5}"#, 400),
            ("/v1/search", #"{"query":"a","text":"b"}"#, 400),
        ])
    func insight(path: String, body: String, status: Int) async throws {
        let response = try await SharedServer.caller().post(path, bytes: Data(body.utf8))
        expectProblem(response, status, "invalid_request", about: "\(path) \(body)")
    }

    @Test("too many texts at once are refused")
    func tooManyTexts() async throws {
        let body: JSON = ["texts": .array(Array(repeating: "hello", count: 5_000))]
        let response = try await SharedServer.caller().post("/v1/classify", body)
        #expect([400, 413].contains(response.status))
        expectProblem(response, response.status, response.status == 400 ? "invalid_request" : "too_large")
    }

    @Test(
        "a page of history that cannot be is refused",
        arguments: [
            "after=-1", "after=x", "after=", "limit=0", "limit=-1", "limit=x", "after=99999999999999999999",
        ])
    func page(query: String) async throws {
        let chat = try await SharedServer.caller().start()
        let response = try await chat.caller.get(chat.path + "/messages?" + query)
        expectProblem(response, 400, "invalid_request", about: query)
    }

    @Test(
        "a body must say that it is JSON",
        arguments: [
            ("text/plain", 415), ("application/x-www-form-urlencoded", 415), ("multipart/form-data; boundary=x", 415),
            ("application/jsonp", 415), ("nonsense", 415), ("application/json; charset=utf-8", 200),
            ("Application/JSON", 200),
        ])
    func contentType(type: String, status: Int) async throws {
        let chat = try await SharedServer.caller().start()
        let response = try await chat.caller.post(
            chat.path + "/messages", bytes: Data(#"{"text":"hi"}"#.utf8), type: type)
        if status == 200 {
            #expect(response.status == 200, "\(type)")
        } else {
            expectProblem(response, status, "unsupported_media_type", about: type)
        }
    }

    @Test(
        "what is not there is not found",
        arguments: [
            ("GET", "/v1/conversations/conv_00000000000000000000000000000"), ("GET", "/v1/conversations/conv_x"),
            ("GET", "/v1/conversations/%00"), ("GET", "/v1/conversations/..%2f..%2fetc%2fpasswd"),
            ("GET", "/v1/conversations/msg_00000000000000000000000000000/messages"), ("GET", "/v1/nothing"),
            ("GET", "/v2/conversations"), ("POST", "/v1/conversations/conv_x/messages"),
            ("POST", "/v1/conversations/conv_x/close"), ("POST", "/v1/conversations/conv_x/feedback"),
            ("GET", "/v1/conversations/\(String(repeating: "x", count: 3_000))"),
        ])
    func notFound(method: String, path: String) async throws {
        let caller = try await SharedServer.caller()
        let response = method == "GET" ? try await caller.get(path) : try await caller.post(path, ["text": "hi"])
        expectProblem(response, 404, "not_found", about: String(path.prefix(60)))
    }

    @Test("a method that a path does not have is refused", arguments: ["DELETE", "PUT", "PATCH"])
    func method(_ method: String) async throws {
        let caller = try await SharedServer.caller()
        let response = try await caller.server.call(method, "/v1/classify", headers: caller.allHeaders)
        #expect([404, 405].contains(response.status) && response["X-Request-Id"] != nil)
    }

    @Test("every routed response carries an X-Request-Id of its own")
    func requestIDs() async throws {
        let caller = try await SharedServer.caller()
        var ids: [String] = []
        for path in ["/health/live", "/health/ready", "/metrics", "/v1/intents", "/v1/models", "/v1/nothing"] {
            ids.append(try #require(try await caller.get(path)["X-Request-Id"], "\(path)"))
        }
        ids.append(try #require(try await caller.post("/predict", ["text": "hi"])["X-Request-Id"]))
        #expect(Set(ids).count == ids.count)
    }

    @Test("a body in chunks is read, and refused when it grows too large")
    func chunked() async throws {
        let chat = try await SharedServer.caller().start()
        let head = chat.caller.allHeaders + [("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")]
        func send(_ chunks: [String]) async throws -> Response {
            let connection = try await Connection.open(port: chat.caller.server.port)
            await connection.send(Connection.bytes("POST", chat.path + "/messages", headers: head, body: nil))
            for chunk in chunks {
                await connection.send(Data("\(String(chunk.utf8.count, radix: 16))\r\n\(chunk)\r\n".utf8))
            }
            await connection.send(Data("0\r\n\r\n".utf8))
            let response = try await connection.response()
            await connection.close()
            return response
        }
        #expect(try await send([#"{"te"#, #"xt":"hel"#, #"lo"}"#]).status == 200)
        let large = Array(repeating: String(repeating: "x", count: 8_000), count: 20)
        expectProblem(try await send([#"{"text":""#] + large), 413, "too_large")
    }

    @Test("garbage instead of HTTP, broken requests and clients that leave hurt nobody")
    func garbage() async throws {
        let chat = try await SharedServer.caller().start()
        let server = chat.caller.server
        let fields = chat.caller.allHeaders + [("Content-Type", "application/json"), ("Content-Length", "1000")]
        let attempts: [Data] = [
            Data([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]), Data((0..<4_096).map { UInt8($0 % 251) }),
            Data("GET\r\n\r\n".utf8), Data("GET / HTTP/9.9\r\n\r\n".utf8),
            Data("POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n".utf8),
            Data(
                "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
                    .utf8),
            Data("GET / HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "x", count: 200_000))\r\n\r\n".utf8),
            Connection.bytes("POST", chat.path + "/messages", headers: fields, body: nil) + Data("{\"te".utf8),
        ]
        for attempt in attempts {
            let connection = try await Connection.open(port: server.port)
            await connection.send(attempt)
            await connection.closeSendingSide()
            let response = try? await connection.response(within: 5)
            #expect(response.map { $0.status < 500 } ?? true, "\(response?.text ?? "")")
            await connection.close()
            #expect(try await server.call("GET", "/health/live").status == 200)
        }
        #expect(try await chat.history() == [])
    }
}
