public import Foundation
internal import Synchronization
public import WebhookReceiver

/// Chatwoot as its agent bots know it: the two calls that a bot may make, and the events that it is sent.
public final class FakeChatwoot: Sendable {
    private struct State {
        var written: [Written] = []
        var statuses: [String] = []
        var mishaps = Mishaps()
        var next = 100
    }

    /// A message that the bot has written.
    public struct Written: Sendable, Equatable {
        public let conversation: Int
        public let content: String
        public let type: String
        /// Title and value of each button.
        public let items: [[String]]

        public init(conversation: Int, content: String, type: String, items: [[String]]) {
            self.conversation = conversation
            self.content = content
            self.type = type
            self.items = items
        }
    }

    private let state = Mutex(State())
    private let token: String
    private let account: Int
    private let holder = Mutex<WebhookReceiver?>(nil)

    public static func start(token: String, account: Int) async throws -> FakeChatwoot {
        let fake = FakeChatwoot(token: token, account: account)
        let receiver = try await WebhookReceiver.start { fake.answer($0) }
        fake.holder.withLock { $0 = receiver }
        return fake
    }

    private init(token: String, account: Int) {
        self.token = token
        self.account = account
    }

    public var receiver: WebhookReceiver {
        guard let receiver = holder.withLock({ $0 }) else { preconditionFailure("not started") }
        return receiver
    }

    public var url: String { "http://127.0.0.1:\(receiver.port)" }
    public var written: [Written] { state.withLock { $0.written } }
    /// The statuses that the bot has set, as `7 open`.
    public var statuses: [String] { state.withLock { $0.statuses } }
    public var faults: [String] { state.withLock { $0.mishaps.faults } }
    public func change(_ body: (inout Mishaps) -> Void) { state.withLock { body(&$0.mishaps) } }
    public func wait(until isEnough: @escaping @Sendable (FakeChatwoot) -> Bool) async {
        await receiver.wait { _ in isEnough(self) }
    }

    private func answer(_ request: WebhookReceiver.Request) -> WebhookReceiver.Answer {
        state.withLock { state in
            let name = Mishaps.name(request)
            guard request.headers["api_access_token"] == token else {
                return .reply(401, Plain.data(["error": "Invalid Access Token"]))
            }
            if let refusal = state.mishaps.refusal(name) { return .reply(refusal, Data("{}".utf8)) }
            let parts = request.path.split(separator: "/").map(String.init)
            let body = Plain.object(request.body)
            guard parts.count == 7, parts[3] == "\(account)", let conversation = Int(parts[5]) else {
                state.mishaps.faults.append(name)
                return .status(404)
            }
            guard conversation > 0 else { return .reply(404, Plain.data(["error": "Resource could not be found"])) }
            switch name {
            case "POST /api/v1/accounts/#/conversations/#/messages":
                guard let content = body["content"] as? String, body["message_type"] as? String == "outgoing",
                    body["private"] as? Bool == false, let type = body["content_type"] as? String,
                    Set(body.keys).isSubset(of: [
                        "content", "message_type", "private", "content_type", "content_attributes",
                    ])
                else {
                    state.mishaps.faults.append("\(name): \(body)")
                    return .status(422)
                }
                let items = (body["content_attributes"] as? [String: Any])?["items"] as? [[String: String]] ?? []
                state.written.append(
                    Written(
                        conversation: conversation, content: content, type: type,
                        items: items.map { [$0["title"] ?? "", $0["value"] ?? ""] }))
                state.next += 1
                return state.mishaps.isLost(name)
                    ? .hangUp : .reply(200, Plain.data(["id": state.next, "content": content, "message_type": 1]))
            case "POST /api/v1/accounts/#/conversations/#/toggle_status":
                guard let status = body["status"] as? String, ["open", "pending", "resolved"].contains(status) else {
                    state.mishaps.faults.append("\(name): \(body)")
                    return .status(422)
                }
                state.statuses.append("\(conversation) \(status)")
                return .reply(
                    200, Plain.data(["payload": ["success": true, "current_status": status] as Plain.Object]))
            default:
                // Bots may do nothing else.
                state.mishaps.faults.append(name)
                return .reply(401, Plain.data(["error": "Access to this endpoint is not authorized for bots"]))
            }
        }
    }

    // MARK: Events

    /// The event of a contact's message.
    public func message(
        _ id: Int, _ content: String?, in conversation: Int, status: String = "pending", type: String = "incoming",
        isPrivate: Bool = false
    ) -> Data {
        Plain.data([
            "event": "message_created", "id": id, "content": content.map { $0 as Any } ?? NSNull(),
            "content_type": "text",
            "content_attributes": [:] as Plain.Object, "message_type": type, "private": isPrivate,
            "created_at": "2026-11-23T08:15:30.123Z",
            "sender": ["id": 4, "name": "Ann", "email": "ann@mail.example", "type": "contact"] as Plain.Object,
            "account": ["id": account, "name": "Shop"] as Plain.Object,
            "inbox": ["id": 3, "name": "Website"] as Plain.Object,
            "conversation": shown(conversation, status, last: id),
        ])
    }

    /// The event of a press on a button of a message that the bot has written.
    public func press(_ id: Int, title: String, value: String, in conversation: Int) -> Data {
        Plain.data([
            "event": "message_updated", "id": id, "content": "…", "content_type": "input_select",
            "content_attributes": ["submitted_values": [["title": title, "value": value]]], "message_type": "outgoing",
            "private": false, "account": ["id": account, "name": "Shop"] as Plain.Object,
            "inbox": ["id": 3, "name": "Website"] as Plain.Object,
            "conversation": shown(conversation, "pending", last: id),
        ])
    }

    /// The event of a conversation that was opened or resolved.
    public func moved(_ event: String, _ conversation: Int, last: Int) -> Data {
        var body = shown(conversation, event == "conversation_opened" ? "open" : "resolved", last: last)
        body["event"] = event
        return Plain.data(body)
    }

    private func shown(_ id: Int, _ status: String, last: Int) -> [String: Any] {
        [
            "id": id, "inbox_id": 3, "status": status, "channel": "Channel::WebWidget", "can_reply": true,
            "additional_attributes": ["browser_language": "en"],
            "messages": [["id": last, "content": "…"] as Plain.Object],
            "contact_inbox": ["source_id": "s-1", "hmac_verified": false] as Plain.Object,
            "meta": ["sender": ["id": 4, "name": "Ann"] as Plain.Object, "assignee": NSNull()] as Plain.Object,
        ]
    }

    /// The headers of an event, signed where there is a secret.
    public static func headers(_ body: Data, secret: String?, at time: Date = Date()) -> [(String, String)] {
        let seconds = "\(Int(time.timeIntervalSince1970))"
        let signed = secret.map {
            [
                ("X-Chatwoot-Timestamp", seconds),
                ("X-Chatwoot-Signature", "sha256=\(Plain.sha256(Data("\(seconds).".utf8) + body, $0))"),
                ("X-Chatwoot-Delivery", "6a7e1a52-58a9-4d9f-9a3e-0a2f6b1f7f10"),
            ]
        }
        return [("Content-Type", "application/json"), ("Accept", "application/json")] + (signed ?? [])
    }
}
