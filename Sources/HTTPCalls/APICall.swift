import Access
package import ConversationDomain
import Foundation
package import HTTPTypes
import HTTPWire
package import Wire

/// The calls of the REST interface, by the names that generated clients give them.
package enum CallName: String, CaseIterable, Sendable {
    case startConversation, getConversation, sendMessage, listMessages, rateMessage, closeConversation
    case classify, predict, search, listIntents, listModels
    case listConversations, editConversation, takeConversation, returnConversation, assignConversation,
        reopenConversation
    case reply, addNote, listNotes, readTranscript
    case listSuggestions, markWrong, markRead, showTyping
    case getVisitor, exportVisitor, eraseVisitor, mergeVisitor, listAgents, makeVisitorToken
    case listReview, correctMessage, decideReview
    case createWebhook, listWebhooks, getWebhook, changeWebhook, removeWebhook, listDeliveries, resendDeliveries
    case receiveEvent
    case isLive, isReady, readMetrics, describe
}

/// One call, declared once: the router, the checks of what is sent, the description at `/openapi.json` and the tests' table of routes
/// and credentials come from it.
package struct APICall: Sendable {
    /// What the calls are listed under.
    package enum Topic: String, CaseIterable, Sendable {
        case conversations = "Conversations"
        case understanding = "Understanding"
        case people = "People"
        case visitors = "Visitors"
        case review = "Review"
        case webhooks = "Webhooks"
        case connectors = "Connectors"
        case operations = "Operations"

        package var note: String {
            switch self {
            case .conversations: "What a visitor says and what the bot answers."
            case .understanding: "What the bot makes of a text, what it knows, and which model is live."
            case .people: "For agents and ticketing systems: who has a conversation, and what people write in it."
            case .visitors: "Who the visitors are, as the shop knows them, and the people who answer them."
            case .review: "What the bot did not understand, for people who teach it."
            case .webhooks: "Other programs that are told of what happens in an app's conversations."
            case .connectors: "Other systems that conversations are joined with, and what they tell."
            case .operations: "For whoever runs the server."
            }
        }
    }

    /// What `{id}` in the path names.
    package enum Subject: Sendable {
        case conversation, reviewItem, visitor, webhook, connector
    }

    package let name: CallName
    package let method: HTTPRequest.Method
    /// As OpenAPI and the router write it: `/v1/conversations/{id}`.
    package let path: String
    package let topic: Topic
    package let summary: String
    package var note = ""
    /// What a key must allow; nil for calls that need no key.
    package let scope: Scope?
    /// Another scope that is enough.
    package var orScope: Scope?
    /// Counts against the limits on a publishable key's messages.
    package var isMessage = false
    package var subject: Subject?
    package var query: [APIParameter] = []
    package var body: Body?
    package let answer: Answer
    /// What it gives when there was nothing to make any more.
    package var otherAnswers: [Answer] = []
    /// The refusals of this call alone, with the reason.
    package var refusals: [ChatError.Code: String] = [:]
    /// Calls that the answer's members lead to.
    package var leadsTo: [Link] = []

    /// A JSON body.
    package struct Body: Sendable {
        /// The alternatives; none for an object of any members.
        package let alternatives: [(title: String, members: [Shape.Member])]
        /// No body at all counts as `{}`.
        package var mayBeEmpty = false
        package let example: JSONValue

        package init(_ members: [Shape.Member], mayBeEmpty: Bool = false, example: JSONValue) {
            self.init(alternatives: [("", members)], mayBeEmpty: mayBeEmpty, example: example)
        }

        package init(
            alternatives: [(title: String, members: [Shape.Member])], mayBeEmpty: Bool = false, example: JSONValue
        ) {
            self.alternatives = alternatives
            self.mayBeEmpty = mayBeEmpty
            self.example = example
        }

        /// An object of any members.
        package init(free example: JSONValue) { self.init(alternatives: [], example: example) }

        /// Every field that a body can have.
        package var fields: Set<String> { Set(alternatives.flatMap(\.members).map(\.name)) }

        package var shape: Shape {
            guard !alternatives.isEmpty else { return .anyObject }
            guard alternatives.count > 1 else { return .object(alternatives[0].members, isClosed: true) }
            return .oneOf(alternatives.map { Shape.object($0.members, isClosed: true).titled($0.title) })
        }
    }

    /// What a call gives when it does what it is asked for.
    package struct Answer: Sendable {
        package let status: HTTPResponse.Status
        package let note: String
        /// Nil has no body.
        package let content: (type: String, shape: Shape, example: JSONValue?)?
        /// Headers beside those of every answer.
        package var headers: [Shape.Member] = []
        /// Other types that it comes in on demand, all of them text.
        package var otherTypes: [String] = []

        package static func json(
            _ shape: Shape, _ note: String, status: HTTPResponse.Status = .ok, headers: [Shape.Member] = [],
            otherTypes: [String] = [], example: JSONValue
        ) -> Answer {
            Answer(
                status: status, note: note, content: ("application/json", shape, example), headers: headers,
                otherTypes: otherTypes)
        }
    }

    /// A way from an answer to the next call.
    package struct Link: Sendable {
        package let call: CallName
        /// Where the next call's `{id}` comes from: the answer's body, or the `{id}` of this call.
        package let id: String?
        /// What the next call can send; texts that begin with `$` stand for a place as `id` does.
        package let body: JSONValue?

        private init(_ call: CallName, id: String?, body: JSONValue?) {
            self.call = call
            self.id = id
            self.body = body
        }

        /// About what was made.
        package static func made(_ call: CallName) -> Link { Link(call, id: "$response.body#/id", body: nil) }

        /// About the same conversation again.
        package static func same(_ call: CallName, body: JSONValue? = nil) -> Link {
            Link(call, id: "$request.path.id", body: body)
        }

        /// About what the body names.
        package static func about(_ call: CallName, body: JSONValue) -> Link { Link(call, id: nil, body: body) }
    }
}

extension APICall {
    /// Headers that it takes beside those of every request.
    package var headers: [Shape.Member] {
        let isForPages = subject == .conversation && (scope == .chat || orScope == .chat)
        return (method == .post && scope != nil ? [Self.idempotencyKey] : [])
            + (isForPages ? [Self.resumeToken, Self.visitorToken] : [])
    }

    /// A secret key needs none, so any text is taken.
    private static let resumeToken = Shape.Member(
        "Frontdesk-Resume-Token", .string(),
        "The conversation's `resume_token`. A publishable key needs it: without it the conversation is not found.",
        .sometimes)

    private static let visitorToken = Shape.Member(
        "Frontdesk-Visitor-Token", .string(),
        "A visitor token that proves that the visitor is the conversation's: for a publishable key instead of the conversation's own token.",
        .sometimes)

    /// The caller's own name for a request that it may send again.
    private static let idempotencyKey = Shape.Member(
        "Idempotency-Key", .string(IdempotencyKey.length, pattern: IdempotencyKey.pattern),
        "Yours, new for each request, such as a UUID: within 24 hours the same one with the same body gives the answer that was given, and nothing runs twice.",
        .sometimes)
}

extension APICall.Answer {
    private static let replayed = Shape.Member(
        "Idempotent-Replayed", .choice(["true"]),
        "There when the request had been answered before; the body is the same, byte for byte.", .sometimes)

    /// Headers beside those of every answer.
    package func headers(of call: APICall) -> [Shape.Member] {
        let isThere = headers.contains { $0.name == Self.replayed.name }
        return call.method == .post && call.scope != nil && !isThere ? headers + [Self.replayed] : headers
    }
}

/// A query parameter as the description shows it.
package struct APIParameter: Sendable {
    package let member: Shape.Member
    /// An empty value counts as none.
    package let mayBeEmpty: Bool
}

/// A query parameter: its name, what it may be, and how it is read.
package struct QueryField<Value: Sendable>: Sendable {
    package let parameter: APIParameter
    private let parse: @Sendable (UTF8Text) -> Value?
    private let expected: String

    /// - Parameters:
    ///   - expected: what the refusal says that the value must be.
    ///   - parse: nil for a text that is none.
    package init(
        _ name: String, _ shape: Shape, _ note: String, mayBeEmpty: Bool = false, expected: String,
        parse: @escaping @Sendable (UTF8Text) -> Value?
    ) {
        parameter = APIParameter(
            member: Shape.Member(name, shape, note, .sometimes), mayBeEmpty: mayBeEmpty)
        self.parse = parse
        self.expected = expected
    }

    /// The value that was sent; nil when none was.
    /// - Throws: `ChatError(.invalidRequest)` that names the parameter and says what was expected.
    package func value(of text: (UTF8Text) -> UTF8Text?) throws -> Value? {
        guard let text = text(UTF8Text(parameter.member.name)), !(parameter.mayBeEmpty && text.isEmpty) else {
            return nil
        }
        guard let value = parse(text) else {
            throw ChatError(.invalidRequest, "'\(parameter.member.name)' must be \(expected)")
        }
        return value
    }
}

extension QueryField where Value == Int {
    /// A whole number of a range.
    package static func integer(
        _ name: String, in range: ClosedRange<Int>, default value: Int, _ note: String, mayBeEmpty: Bool = false,
        expected: String
    ) -> QueryField {
        // Every bound is named, the machine's own too, since what is beyond it is refused.
        let shape = Shape([
            "type": "integer", "minimum": .integer(Int64(range.lowerBound)),
            "maximum": .integer(Int64(range.upperBound)),
        ])
        return QueryField(
            name, shape.with(default: .integer(Int64(value))), note, mayBeEmpty: mayBeEmpty, expected: expected
        ) { text in
            Int(text.string).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension QueryField where Value: RawRepresentable<String> & CaseIterable {
    /// One of the values of an enumeration; an empty text counts as none.
    package static func choice(_ name: String, _ shape: Shape, _ note: String) -> QueryField {
        let all = Value.allCases.map(\.rawValue).joined(separator: ", ")
        return QueryField(name, shape, note, mayBeEmpty: true, expected: "one of \(all)") { text in
            Value.allCases.first { UTF8Text($0.rawValue) == text }
        }
    }
}
