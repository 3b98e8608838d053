import ConversationDomain
import Foundation
import Outbox
import People
import Wire

/// Takes what Chatwoot tells its agent bot: a contact's message while the bot has the conversation is answered, and who has it there has
/// it here. The answers go through the outbox, so that Chatwoot, which waits for five seconds, waits for the turn alone.
struct ChatwootHook {
    private let connector: Connector
    private let hooks: ConnectorHooks

    init(_ connector: Connector, _ hooks: ConnectorHooks) {
        self.connector = connector
        self.hooks = hooks
    }

    static let channel = ChannelName(trusted: "chatwoot")
    private var me: Principal { connector.principal }

    func receive(_ hook: IncomingHook) async throws -> HookOutcome {
        if let secret = connector.secrets.signing {
            guard
                HookSignature.isChatwoots(
                    hook.headers["x-chatwoot-signature"], time: hook.headers["x-chatwoot-timestamp"], of: hook.body,
                    secret: secret, at: hooks.now())
            else { throw ConnectorHooks.isForged }
        }
        guard let json = try? JSONValue.parse(hook.body), let event = json["event"].text else {
            throw ChatError(.invalidRequest, "expected JSON with 'event', as Chatwoot sends to an agent bot")
        }
        let account = json["account"]["id"].number
        guard account == nil || account == connector.settings.account else {
            throw ChatError(.forbidden, "this connector is for account \(connector.settings.account ?? 0) of Chatwoot")
        }
        switch event {
        case "message_created":
            guard json["message_type"].text == "incoming" || json["message_type"].number == 0 else { return .ignored }
            return try await hear(json)
        case "message_updated": return try await press(json)
        case "conversation_opened": return try await open(json)
        case "conversation_resolved": return try await resolve(json)
        default: return .ignored
        }
    }

    // MARK: Messages

    /// A contact has written.
    private func hear(_ json: JSONValue) async throws -> HookOutcome {
        let conversation = json["conversation"]
        guard let id = json["id"].number, json["private"].flag != true, conversation["status"].text == "pending",
            let remote = conversation["id"].number,
            let text = json["content"].text?.trimmingCharacters(in: .whitespacesAndNewlines),
            let content = text.parts(of: hooks.limits.messageText, atMost: 1).first
        else { return .ignored }
        let name = "chatwoot-\(id)"
        // Also one that was said in a conversation which has ended since.
        if try await hooks.store.isSaid(name, remote: remote, at: connector.id) { return .ignored }
        for isLast in [false, true] {
            let (here, isNew) = try await hooks.people.find(
                "chatwoot-\(connector.settings.account ?? 0)-\(remote)", orStart: request(json), as: me)
            guard try await isOurs(here, remote, message: id) else { return .ignored }
            do {
                _ = try await hooks.chat.respond(
                    to: InboundMessage(
                        conversation: here.id, content: .text(content), clientMessageID: name), as: me)
                return .taken
            } catch let error as ChatError where error.code == .conflict && !isLast && !isNew {
                // It was closed in that moment: the message begins a new one.
            }
        }
        return .ignored
    }

    /// A contact has pressed a button of a message that we wrote.
    private func press(_ json: JSONValue) async throws -> HookOutcome {
        let conversation = json["conversation"]
        guard let id = json["id"].number, conversation["status"].text == "pending",
            let remote = conversation["id"].number,
            let value = json["content_attributes"]["submitted_values"].elements.first?["value"].text,
            let thread = try await hooks.store.thread(remote: remote, at: connector.id),
            let content = try await pressed(value, in: thread.conversation)
        else { return .ignored }
        let here = try await hooks.chat.conversation(thread.conversation, as: me)
        guard here.status != .closed, try await isOurs(here, remote, message: id) else { return .ignored }
        _ = try await hooks.chat.respond(
            to: InboundMessage(conversation: here.id, content: content, clientMessageID: "chatwoot-\(id)-pressed"),
            as: me)
        return .taken
    }

    /// What a button's value stands for: the message and the button's place in it.
    private func pressed(_ value: String, in id: ConversationID) async throws -> InboundContent? {
        guard value.utf8.count <= 64, let colon = value.lastIndex(of: ":"),
            let message = MessageID(String(value[..<colon])), let place = Int(value[value.index(after: colon)...])
        else { return nil }
        let last = try await hooks.chat.messages(in: id, after: 0, limit: 1, as: me).lastSeq
        let page = try await hooks.chat.messages(in: id, after: max(0, last - 100), limit: 100, as: me)
        guard let buttons = page.messages.first(where: { $0.id == message })?.buttons, buttons.indices.contains(place)
        else { return nil }
        switch buttons[place].target {
        case .intent(let intent, let slots): return .button(intent: intent, slots: slots ?? [:])
        case .knowledge(let entry): return .knowledge(entry)
        }
    }

    /// Whether the bot has the conversation, which is pending at Chatwoot as far as the message tells.
    /// - Parameter message: one from before a person opened the conversation comes too late.
    private func isOurs(_ conversation: Conversation, _ remote: Int64, message: Int64) async throws -> Bool {
        var thread =
            try await hooks.store.thread(conversation.id.rawValue, of: connector.id)
            ?? ConnectorThread(
                connector: connector.id, conversation: conversation.id, reference: conversation.id.rawValue,
                remote: remote, state: ChatwootSender.pending)
        guard thread.mark == 0 || message > thread.mark else { return false }
        // A person had opened it there, and has given it back to the bot since.
        let isBack = thread.mark > 0
        if isBack { (thread.mark, thread.state) = (0, ChatwootSender.pending) }
        try await hooks.store.keep(thread)
        if isBack, conversation.status == .agent {
            _ = try await hooks.people.perform(.giveBack, on: conversation.id, as: me)
        }
        return true
    }

    private func request(_ json: JSONValue) -> ConversationRequest {
        let (sender, conversation) = (json["sender"], json["conversation"])
        let attributes = conversation["additional_attributes"]
        let language = attributes["browser_language"].text ?? attributes["browser"]["browser_language"].text
        let contact = sender["id"].number.map { "chatwoot-\(connector.settings.account ?? 0)-\($0)" }
        let bounded = { (text: String?) -> String? in
            text.flatMap { $0.isEmpty ? nil : String(String.UnicodeScalarView($0.unicodeScalars.prefix(256))) }
        }
        return ConversationRequest(
            locale: language.flatMap { $0.utf8.count <= 35 ? BotLocale($0) : nil }, channel: Self.channel,
            visitor: Visitor(id: contact, name: bounded(sender["name"].text), email: bounded(sender["email"].text)),
            metadata: [
                "chatwoot": [
                    "account": .integer(connector.settings.account ?? 0),
                    "conversation": .integer(conversation["id"].number ?? 0),
                    "inbox": .integer(json["inbox"]["id"].number ?? 0),
                ]
            ])
    }

    // MARK: Who has it

    /// A person has the conversation there.
    private func open(_ json: JSONValue) async throws -> HookOutcome {
        guard let remote = json["id"].number,
            var thread = try await hooks.store.thread(remote: remote, at: connector.id)
        else { return .ignored }
        let newest = json["messages"].elements.compactMap { $0["id"].number }.max() ?? 1
        (thread.state, thread.mark) = (ChatwootSender.open, max(thread.mark, newest, 1))
        try await hooks.store.keep(thread)
        let conversation = try await hooks.chat.conversation(thread.conversation, as: me)
        guard conversation.status == .bot || conversation.status == .waiting else { return .ignored }
        let name = json["meta"]["assignee"]["name"].text.flatMap { $0.isEmpty ? nil : $0 } ?? "Chatwoot"
        _ = try await hooks.people.perform(
            .take(name: String(name.prefix(128)), force: true), on: conversation.id, as: me)
        return .taken
    }

    /// It is done there, and so it is here; the contact's next message begins another.
    private func resolve(_ json: JSONValue) async throws -> HookOutcome {
        guard let remote = json["id"].number,
            let thread = try await hooks.store.thread(remote: remote, at: connector.id)
        else { return .ignored }
        // First the state, so that the end of the conversation is not told to Chatwoot.
        try await hooks.store.setState(ChatwootSender.resolved, of: thread)
        try await hooks.close(thread.conversation, connector)
        return .taken
    }
}
