public import ConversationDomain
import Foundation

/// Runs turns: understand, decide, render, commit, publish. One turn at a time per conversation.
///
/// A locale that the caller names is where a conversation begins; a visitor who clearly writes in another language that the bot
/// has is answered in that one from then on.
public final class ConversationEngine: ChatService {
    let parts: EngineParts
    let policy = DialoguePolicy()
    let templates = TemplateRenderer()
    let feed = ConversationFeed()
    let line: TurnLine

    public init(_ parts: EngineParts) {
        self.parts = parts
        line = TurnLine(limit: parts.waitingMessages)
    }

    /// Feed subscriptions that are open now.
    public var subscriptions: Int { feed.count }

    public func start(_ request: ConversationRequest, as principal: Principal) async throws -> Conversation {
        try principal.require(.chat)
        let available = parts.content.current().locales
        let wanted = request.locale.flatMap { $0.nearest(in: available) }
        let conversation = Conversation(
            id: parts.ids.next(), app: principal.app, locale: wanted ?? defaultLocale(available),
            localeIsFixed: wanted != nil, channel: request.channel ?? .api, visitor: request.visitor,
            metadata: request.metadata,
            createdAt: now())
        try await parts.store.create(conversation)
        return conversation
    }

    public func conversation(_ id: ConversationID, as principal: Principal) async throws -> Conversation {
        try principal.require(.chat)
        guard let conversation = try await parts.store.conversation(id) else { throw Self.notFound }
        try check(conversation, principal)
        return conversation
    }

    public func messages(in id: ConversationID, after seq: Int, limit: Int, as principal: Principal) async throws
        -> MessagePage
    {
        _ = try await conversation(id, as: principal)
        return try await parts.store.messages(in: id, after: seq, limit: limit)
    }

    public func record(_ feedback: Feedback, as principal: Principal) async throws {
        _ = try await conversation(feedback.conversation, as: principal)
        guard try await parts.store.record(feedback, at: now()) else {
            throw ChatError(.notFound, "there is no such reply in this conversation")
        }
    }

    /// Closing twice is closing once.
    public func close(_ id: ConversationID, as principal: Principal) async throws -> Conversation {
        _ = try await conversation(id, as: principal)
        return try await line.run(id) {
            let current = try await conversation(id, as: principal)
            guard current.status != .closed else { return current }
            guard let closed = try await parts.store.setStatus(.closed, of: id) else { throw Self.notFound }
            feed.publish(.status(.closed), to: id)
            return closed
        }
    }

    public func follow(_ id: ConversationID, as principal: Principal) async throws -> FeedSubscription {
        _ = try await conversation(id, as: principal)
        return feed.subscribe(to: id)
    }

    public func respond(to message: InboundMessage, as principal: Principal) async throws -> TurnResult {
        try principal.require(.chat)
        let started = ContinuousClock.now
        // A caller that goes away must not leave half a turn: the turn runs in a task of its own, to its end.
        let turn = Task {
            try await line.run(message.conversation) {
                try await self.runTurn(message, principal: principal, started: started)
            }
        }
        return try await turn.value
    }
}

extension ConversationEngine {
    static let notFound = ChatError(.notFound, "there is no such conversation")

    /// Another app's conversation looks like one that does not exist.
    func check(_ conversation: Conversation, _ principal: Principal) throws {
        guard principal.seesAllApps || conversation.app == principal.app else { throw Self.notFound }
    }

    /// Whole milliseconds, as they are stored and shown.
    func now() -> Date {
        Date(timeIntervalSince1970: (parts.now().timeIntervalSince1970 * 1000).rounded() / 1000)
    }

    func defaultLocale(_ available: [BotLocale]) -> BotLocale {
        parts.defaultLocale?.nearest(in: available) ?? available.first ?? parts.defaultLocale ?? .english
    }
}
