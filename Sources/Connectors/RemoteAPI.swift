import ConversationDomain
import Foundation
import Outbox
import Webhooks
import Wire

/// The REST interface of another system: JSON both ways, within one time for all that an event needs.
struct RemoteAPI: Sendable {
    let client: TargetClient
    /// Without a slash at its end.
    let base: String
    /// What proves who calls.
    let credential: (String, String)

    struct Answer {
        let status: Int
        /// Null where the body is no JSON.
        let json: JSONValue
        var isSuccess: Bool { (200...299).contains(status) }
    }

    /// Bytes of an answer that are read: a ticket with many articles.
    private static let answerLimit = 4 << 20

    /// - Throws: ``TargetFailure`` when there was no answer.
    func call(_ method: String, _ path: String, _ body: JSONValue? = nil, by deadline: ContinuousClock.Instant)
        async throws -> Answer
    {
        var headers = [credential, ("Accept", "application/json"), ("User-Agent", "Frontdesk")]
        if body != nil { headers.append(("Content-Type", "application/json; charset=utf-8")) }
        let answer = try await client.send(
            method, try TargetURL(base + path), headers: headers, body: body.map { Data($0.json()) },
            within: deadline - .now, bodyLimit: Self.answerLimit)
        return Answer(status: answer.status, json: (try? JSONValue.parse(answer.body)) ?? .null)
    }

    /// What an answer that refuses comes to.
    static func refusal(_ answer: Answer, _ what: String) -> TargetFailure {
        // What the caller sent is wrong and stays so: trying again would only hold up what follows.
        let isFinal = [400, 409, 413, 422].contains(answer.status)
        return TargetFailure("status \(answer.status) when it was to \(what)", isFinal: isFinal)
    }
}

extension JSONValue {
    /// A member; null where there is none.
    subscript(_ name: String) -> JSONValue {
        if case .object(let members) = self { members[name] ?? .null } else { .null }
    }

    var text: String? { if case .string(let text) = self { text } else { nil } }
    var flag: Bool? { if case .bool(let flag) = self { flag } else { nil } }
    var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }

    /// A whole number, also one that is written as a text.
    var number: Int64? {
        switch self {
        case .integer(let number): number
        case .string(let text) where text.utf8.count <= 20: Int64(text)
        default: nil
        }
    }
}

/// An event of the outbox as its body tells it.
struct ToldEvent {
    let conversation: ConversationID
    let status: ConversationStatus?
    let previous: ConversationStatus?
    let reason: String?
    let visitor: Visitor
    let email: String?
    /// The message that it is about.
    let message: Told?

    struct Told {
        let id: MessageID
        let seq: Int
        let from: Sender
        let text: String
        let buttons: [String]
    }

    /// - Throws: ``TargetFailure`` for a body that is none of ours.
    init(_ body: Data) throws {
        let json = try? JSONValue.parse(body)
        guard let json, let conversation = json["conversation"]["id"].text.flatMap(ConversationID.init) else {
            throw TargetFailure("the event cannot be read", isFinal: true)
        }
        self.conversation = conversation
        previous = json["previous_status"].text.flatMap(ConversationStatus.init)
        status = json["status"].text.flatMap(ConversationStatus.init)
        reason = json["reason"].text ?? json["conversation"]["handoff_reason"].text
        let visitor = json["conversation"]["visitor"]
        self.visitor = Visitor(id: visitor["id"].text, name: visitor["name"].text, email: visitor["email"].text)
        email = json["email"].text
        let message = json["message"]
        if let id = message["id"].text.flatMap(MessageID.init), let seq = message["seq"].number,
            let from = message["from"].text.flatMap(Sender.init), let text = message["text"].text
        {
            self.message = Told(
                id: id, seq: Int(seq), from: from, text: text,
                buttons: message["buttons"].elements.compactMap { $0["title"].text })
        } else {
            self.message = nil
        }
    }
}
