import Foundation
import Testing

/// A program that uses the REST API with one key.
struct Caller: Sendable {
    let server: ServerProcess
    let key: String?
    /// Sent with every request.
    var headers: [(String, String)] = []

    var allHeaders: [(String, String)] {
        (key.map { [("Authorization", "Bearer \($0)")] } ?? []) + headers
    }

    func get(_ path: String) async throws -> Response { try await server.call("GET", path, headers: allHeaders) }

    func post(_ path: String, _ body: JSON) async throws -> Response { try await post(path, bytes: body.data) }

    func post(_ path: String, bytes: Data, type: String? = "application/json") async throws -> Response {
        let type = type.map { [("Content-Type", $0)] } ?? []
        return try await server.call("POST", path, headers: allHeaders + type, body: bytes)
    }

    /// Starts a conversation.
    func start(_ body: JSON = [:]) async throws -> Chat {
        let response = try await post("/v1/conversations", body)
        try #require(response.status == 201, "\(response.status) \(response.text)")
        return try Chat(caller: self, response)
    }

    func webSocket(_ more: [(String, String)] = []) async throws -> WebSocket {
        try await WebSocket.open(
            port: server.port, protocols: ["frontdesk.v1"] + (key.map { ["bearer.\($0)"] } ?? []),
            headers: headers + more)
    }
}

/// One conversation of a caller.
struct Chat: Sendable {
    /// Shows the conversation's token with every request, as a page must.
    let caller: Caller
    let id: String
    /// Nil where a secret key needs none.
    let resumeToken: String?

    init(caller: Caller, id: String, resumeToken: String? = nil) {
        var caller = caller
        if let resumeToken { caller.headers.append(("Frontdesk-Resume-Token", resumeToken)) }
        (self.caller, self.id, self.resumeToken) = (caller, id, resumeToken)
    }

    /// - Parameter started: the answer to its start.
    init(caller: Caller, _ started: Response) throws {
        let token: String = try #require(started.json["resume_token"].string)
        self.init(caller: caller, id: try #require(started.json["id"].string), resumeToken: token)
    }

    var path: String { "/v1/conversations/\(id)" }

    func post(_ body: JSON) async throws -> Response { try await caller.post(path + "/messages", body) }

    /// Says something and gives the turn.
    func say(_ text: String) async throws -> JSON { try await turn(["text": .string(text)]) }

    func turn(_ body: JSON) async throws -> JSON {
        let response = try await post(body)
        try #require(response.status == 200, "\(response.status) \(response.text)")
        return response.json
    }

    /// All messages so far.
    func history() async throws -> [JSON] {
        let response = try await caller.get(path + "/messages?limit=500")
        try #require(response.status == 200, "\(response.status) \(response.text)")
        return response.json["messages"].elements
    }
}

extension JSON {
    /// The texts of a turn's replies, one a line.
    var replyText: String { self["replies"].elements.compactMap { $0["text"].string }.joined(separator: "\n") }

    /// What a turn came to: action, intent, status.
    var outcome: [String?] {
        [self["decision"]["action"].string, self["decision"]["intent"].string, self["status"].string]
    }
}

/// Whether a response is a refusal in the one shape that all refusals have.
func expectProblem(
    _ response: Response, _ status: Int, _ code: String, naming words: String? = nil, about subject: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let comment = Comment(rawValue: "\(subject): \(response.status) \(response.text.prefix(300))")
    let body = response.json
    #expect([response.status, body["status"].integer] == [status, status], comment, sourceLocation: sourceLocation)
    #expect(body["code"].string == code, comment, sourceLocation: sourceLocation)
    #expect(
        body.keys == ["code", "detail", "request_id", "status", "title", "type"], comment,
        sourceLocation: sourceLocation)
    #expect(
        response["Content-Type"]?.hasPrefix("application/problem+json") == true, comment, sourceLocation: sourceLocation
    )
    #expect(
        body["request_id"].string == response["X-Request-Id"] && body["request_id"].string?.isEmpty == false, comment,
        sourceLocation: sourceLocation)
    if let words {
        #expect(body["detail"].string?.contains(words) == true, comment, sourceLocation: sourceLocation)
    }
}
