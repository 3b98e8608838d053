import ConversationDomain
import Foundation
import Outbox
import People
import Wire

/// Takes what a trigger of Zammad tells: an agent's public article becomes a reply to the visitor, a closed ticket a closed
/// conversation.
struct ZammadHook {
    private let connector: Connector
    private let hooks: ConnectorHooks

    init(_ connector: Connector, _ hooks: ConnectorHooks) {
        self.connector = connector
        self.hooks = hooks
    }

    /// Begins our own name for a reply, so that an article which is told twice is said once.
    static let idPrefix = "zammad-"

    func receive(_ hook: IncomingHook) async throws -> HookOutcome {
        guard
            HookSignature.isZammads(hook.headers["x-hub-signature"], of: hook.body, token: connector.secrets.hook)
        else { throw ConnectorHooks.isForged }
        guard let json = try? JSONValue.parse(hook.body), let ticket = json["ticket"]["id"].number else {
            throw ChatError(.invalidRequest, "expected JSON with 'ticket' and 'article', as Zammad sends by default")
        }
        guard let thread = try await hooks.store.thread(remote: ticket, at: connector.id) else { return .ignored }
        let isClosed = self.isClosed(json["ticket"])
        let isReply = try await reply(json["article"], in: thread)
        if isReply, !isClosed { try await hooks.store.setState(ZammadSender.open, of: thread) }
        guard isClosed, isReply || thread.state == ZammadSender.open else { return isReply ? .taken : .ignored }
        // First the ticket, so that the end of the conversation is not told to it.
        try await hooks.store.setState(ZammadSender.closed, of: thread)
        try await hooks.close(thread.conversation, connector)
        return .taken
    }

    private func isClosed(_ ticket: JSONValue) -> Bool {
        let state = ticket["state"].text ?? ticket["state"]["name"].text
        return state == ZammadSender.closed || state == connector.settings.closedState
    }

    /// Posts an agent's article to the visitor; false when it is nobody's or not for the visitor.
    private func reply(_ article: JSONValue, in thread: ConnectorThread) async throws -> Bool {
        let sender = article["sender"].text ?? article["sender"]["name"].text
        let type = article["type"].text ?? article["type"]["name"].text
        guard let id = article["id"].number, sender == "Agent", article["internal"].flag != true, type != "phone",
            try await !isOurs(article, id, thread.conversation)
        else { return false }
        let isHTML = article["content_type"].text?.hasPrefix("text/html") == true
        let body = article["body"].text ?? ""
        let text = isHTML ? ArticleText(html: body).text : body
        let pieces = text.trimmingCharacters(in: .whitespacesAndNewlines)
            .parts(of: hooks.limits.messageText, atMost: hooks.limits.parts)
        guard !pieces.isEmpty else { return false }
        let name = Self.author(of: article)
        let names = pieces.indices.map { $0 == 0 ? "\(Self.idPrefix)\(id)" : "\(Self.idPrefix)\(id)-\($0 + 1)" }
        // What was said already opens and takes nothing a second time.
        if let last = names.last, try await hooks.store.isPosted(last, in: thread.conversation) { return false }
        try await open(thread.conversation, for: name)
        for (own, piece) in zip(names, pieces) {
            _ = try await hooks.people.reply(
                piece, clientMessageID: own, to: thread.conversation, name: name, as: connector.principal)
        }
        return true
    }

    /// Whether an article is one that we have made.
    /// - Throws: `ChatError(.notReady)` when that is not known yet, so that Zammad tells it again.
    private func isOurs(_ article: JSONValue, _ id: Int64, _ conversation: ConversationID) async throws -> Bool {
        if try await hooks.store.part(remote: id, at: connector.id) != nil { return true }
        guard ZammadSender.isOurs(article["subject"].text),
            try await hooks.store.hasUncertainParts(conversation, at: connector.id)
        else { return false }
        throw ChatError(.notReady, "an article of ours is being added; send this again", retryAfter: 5)
    }

    /// Whoever wrote last has the conversation; one that had ended goes on.
    private func open(_ id: ConversationID, for name: String) async throws {
        let me = connector.principal
        let conversation = try await hooks.chat.conversation(id, as: me)
        if conversation.status == .closed { _ = try await hooks.people.perform(.reopen, on: id, as: me) }
        _ = try await hooks.people.perform(.take(name: name, force: true), on: id, as: me)
    }

    private static func author(of article: JSONValue) -> String {
        let user = article["created_by"]
        let name = [user["firstname"].text, user["lastname"].text].compactMap(\.self).filter { !$0.isEmpty }
        let shown = name.isEmpty ? article["from"].text ?? "Zammad" : name.joined(separator: " ")
        return String(shown.prefix(128))
    }
}
