package import Access
package import ConversationDomain
public import Foundation
import HTTPTypes
import HTTPWire
import ModelRecords
import Outbox
import Wire

/// The interface's description, OpenAPI 3.1.
extension API {
    /// The description as it is served: sorted, indented, always the same bytes for the same calls.
    public func document() -> Data { document(of: calls) }

    package func document(of calls: [APICall], at base: BasePath = .root) -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let bytes = try? encoder.encode(description(of: calls, at: base))
        let text = bytes.map { String(decoding: $0, as: UTF8.self) } ?? ""
        // What nobody can see in a file stands there as an escape.
        var escaped = ""
        for scalar in text.unicodeScalars {
            guard scalar.properties.isDefaultIgnorableCodePoint else {
                escaped.unicodeScalars.append(scalar)
                continue
            }
            for unit in String(scalar).utf16 { escaped += #"\u"# + String(unit, radix: 16).padded(to: 4) }
        }
        return Data((escaped + "\n").utf8)
    }

    package func description(of calls: [APICall], at base: BasePath = .root) -> JSONValue {
        var paths: [String: [String: JSONValue]] = [:]
        for call in calls { paths[call.path, default: [:]][call.method.rawValue.lowercased()] = operation(call) }
        let topics = APICall.Topic.allCases.filter { topic in calls.contains { $0.topic == topic } }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Frontdesk", "version": "1", "description": .string(Self.introduction),
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "servers": [["url": .string(base.prefix + "/"), "description": "This server."]],
            "tags": .array(topics.map { ["name": .string($0.rawValue), "description": .string($0.note)] }),
            "paths": .object(paths.mapValues { .object($0) }),
            "components": [
                "securitySchemes": [
                    "key": [
                        "type": "http", "scheme": "bearer",
                        "description":
                            "A key that `frontdesk keys create` made: `fd_sk_…`, or `fd_pk_…` from its own origins.",
                    ]
                ],
                "schemas": .object(
                    Dictionary(APIShapes.all.map { ($0.name, $0.shape.json) }, uniquingKeysWith: { first, _ in first })),
                "headers": ["RequestID": Self.requestID],
                "responses": .object(Dictionary(uniqueKeysWithValues: Refusal.all.map { ($0.name, $0.response) })),
            ],
        ]
    }

    private static let introduction = """
        A customer-service bot over REST. Bodies are JSON, times RFC 3339 in UTC; fields that say nothing are null. Unknown fields \
        of a request are refused and named. Every answer carries `X-Request-Id`, the caller's own if it is 1 to 128 letters, digits \
        and `._-`. A refusal is `application/problem+json` with a `code`.

        `/v1` only grows: answers get more members and values, requests more optional fields; nothing goes and nothing changes its \
        meaning. So ignore the members that you do not know.
        """

    private static let requestID: JSONValue = [
        "description": "Names the request in the server's log.", "required": true,
        "schema": Shape.string(1...128, pattern: "^[A-Za-z0-9._-]+$").json,
    ]

    private func operation(_ call: APICall) -> JSONValue {
        var operation: [String: JSONValue] = [
            "operationId": .string(call.name.rawValue), "summary": .string(call.summary),
            "tags": [.string(call.topic.rawValue)], "responses": .object(responses(call)),
            "security": .array([call.scope, call.orScope].compactMap { $0 }.map { ["key": [.string($0.rawValue)]] }),
        ]
        let scopes = [call.scope, call.orScope].compactMap { $0 }.map { "`\($0.rawValue)`" }.joined(separator: " or ")
        var admission = scopes.isEmpty ? "Needs no key." : "Needs a key with the scope \(scopes)."
        if call.isMessage { admission += " Counts against the limits on a publishable key's messages." }
        operation["description"] = .string(call.note.isEmpty ? admission : "\(call.note)\n\n\(admission)")
        let parameters =
            (call.subject.map { [Self.parameter($0)] } ?? []) + call.query.map(Self.parameter)
            + call.headers.map(Self.header)
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        if let body = call.body {
            operation["requestBody"] = [
                "required": .bool(!body.mayBeEmpty),
                "content": ["application/json": ["schema": body.shape.json, "example": body.example]],
            ]
        }
        return .object(operation)
    }

    private static func parameter(_ subject: APICall.Subject) -> JSONValue {
        let (shape, note): (Shape, String) =
            switch subject {
            case .conversation: (.identifier(ConversationID.self), "The conversation.")
            case .visitor:
                (.string(1...Limits().visitorField), "The visitor's id, as `visitor.id` of their conversations has it.")
            case .reviewItem: (.identifier(ReviewID.self), "A text of the group, or the group itself.")
            case .webhook: (.identifier(WebhookID.self), "The webhook.")
            case .connector: (.string(1...256), "The connector, as `frontdesk connectors add` prints it.")
            }
        return [
            "name": "id", "in": "path", "required": true, "description": .string(note), "schema": shape.json,
        ]
    }

    private static func parameter(_ query: APIParameter) -> JSONValue {
        var parameter: [String: JSONValue] = [
            "name": .string(query.member.name), "in": "query", "description": .string(query.member.note),
            "schema": query.member.shape.json,
        ]
        if query.mayBeEmpty { parameter["allowEmptyValue"] = true }
        return .object(parameter)
    }

    private static func header(_ header: Shape.Member) -> JSONValue {
        [
            "name": .string(header.name), "in": "header", "required": false, "description": .string(header.note),
            "schema": header.shape.json,
        ]
    }

    private func responses(_ call: APICall) -> [String: JSONValue] {
        var responses: [String: JSONValue] = [:]
        for answer in [call.answer] + call.otherAnswers {
            responses["\(answer.status.code)"] = response(answer, of: call)
        }
        for refusal in call.allRefusals { responses["\(refusal.status)"] = refusal.reference(call) }
        return responses
    }

    private func response(_ described: APICall.Answer, of call: APICall) -> JSONValue {
        var answer: [String: JSONValue] = ["description": .string(described.note)]
        var headers: [String: JSONValue] = ["X-Request-Id": ["$ref": "#/components/headers/RequestID"]]
        for header in described.headers(of: call) {
            headers[header.name] = [
                "description": .string(header.note), "required": .bool(header.presence == .always),
                "schema": header.shape.json,
            ]
        }
        answer["headers"] = .object(headers)
        if let content = described.content {
            var media: [String: JSONValue] = ["schema": content.shape.json]
            media["example"] = content.example
            var types: [String: JSONValue] = [content.type: .object(media)]
            for type in described.otherTypes { types[type] = ["schema": Shape.string().json] }
            answer["content"] = .object(types)
        }
        if !call.leadsTo.isEmpty {
            answer["links"] = .object(
                Dictionary(
                    call.leadsTo.map { ($0.call.rawValue, Self.link($0)) }, uniquingKeysWith: { first, _ in first }))
        }
        return .object(answer)
    }

    private static func link(_ link: APICall.Link) -> JSONValue {
        var members: [String: JSONValue] = ["operationId": .string(link.call.rawValue)]
        if let id = link.id { members["parameters"] = ["id": .string(id)] }
        members["requestBody"] = link.body
        return .object(members)
    }
}

extension String {
    fileprivate func padded(to length: Int) -> String { String(repeating: "0", count: max(0, length - count)) + self }
}

/// A status that calls refuse with, and the codes that have it.
package struct Refusal: Sendable {
    package let status: Int
    package let codes: [ChatError.Code]
    package let name: String
    package let note: String

    /// By status, from the one table of codes; a head that is too large has a status of its own.
    package static let all: [Refusal] = {
        let byStatus = Dictionary(grouping: ChatError.Code.allCases, by: \.httpStatus.code)
        let usual = byStatus.sorted { $0.key < $1.key }.map { status, codes in
            Refusal(
                status: status, codes: codes, name: "Status\(status)",
                note: codes.map { "`\($0.rawValue)`: \(meaning(of: $0))" }.joined(separator: "; ") + ".")
        }
        let head = HeadLimits.Fault.head
        return usual + [
            Refusal(
                status: head.status, codes: [head.error.code], name: "Status\(head.status)", note: "\(head.message).")
        ]
    }()

    private static func meaning(of code: ChatError.Code) -> String {
        switch code {
        case .invalidRequest: "what was sent is not what was expected; `detail` says which"
        case .unauthorized: "there is no key, or it is unknown, expired or revoked"
        case .forbidden: "the key lacks the scope, or may not be used from this origin"
        case .notFound: "there is no such thing, or it is not yours"
        case .conflict: "it does not go with what is there"
        case .tooLarge: "the body or a text is longer than allowed"
        case .unsupportedMediaType: "the body is not application/json"
        case .rateLimited: "too many calls; `Retry-After` has the seconds to wait"
        case .overloaded: "the server is too busy; `Retry-After` has the seconds to wait"
        case .notReady: "the server cannot answer now; `Retry-After` has the seconds to wait"
        case .internal: "something went wrong; the server's log has the request id"
        }
    }

    /// As a component of the description.
    package var response: JSONValue {
        var headers: [String: JSONValue] = ["X-Request-Id": ["$ref": "#/components/headers/RequestID"]]
        if status == 401 {
            headers["WWW-Authenticate"] = [
                "description": "How to send a key.", "required": true, "schema": Shape.choice(["Bearer"]).json,
            ]
        }
        if codes.contains(where: { [.rateLimited, .overloaded, .notReady].contains($0) }) {
            headers["Retry-After"] = [
                "description": "Seconds.", "schema": Shape.integer(1...Int.max).json,
            ]
        }
        let shape = Shape([
            "allOf": [
                Shape.named("Problem").json,
                Shape.object([
                    Shape.Member("status", Shape(["const": .integer(Int64(status))])),
                    Shape.Member("code", .choice(codes.map(\.rawValue))),
                ]).json,
            ]
        ])
        return [
            "description": .string(note), "headers": .object(headers),
            "content": ["application/problem+json": ["schema": shape.json]],
        ]
    }

    /// A reference to the component, with the call's own reason where it has one.
    package func reference(_ call: APICall) -> JSONValue {
        var reference: [String: JSONValue] = ["$ref": .string("#/components/responses/\(name)")]
        var own = codes.compactMap { call.refusals[$0] }
        if codes.contains(.conflict), call.method == .post, call.scope != nil {
            own.append("its `Idempotency-Key` came with another body, or such a request is being worked on")
        }
        if !own.isEmpty { reference["description"] = .string(own.joined(separator: "; ").capitalisedFirst + ".") }
        return .object(reference)
    }
}

extension String {
    fileprivate var capitalisedFirst: String { prefix(1).uppercased() + dropFirst() }
}

extension APICall {
    /// What the call can refuse with, by how it is called and what it takes.
    package var allRefusals: [Refusal] {
        var codes: Set<ChatError.Code> = [.invalidRequest, .internal, .notReady]
        if scope != nil { codes.formUnion([.unauthorized, .forbidden, .rateLimited]) }
        if subject != nil { codes.insert(.notFound) }
        if method == .post { codes.insert(.conflict) }
        if body != nil { codes.formUnion([.tooLarge, .unsupportedMediaType]) }
        codes.formUnion(refusals.keys)
        let head = HeadLimits.Fault.head.status
        return Refusal.all.filter { $0.status == head || !codes.isDisjoint(with: $0.codes) }
    }
}
