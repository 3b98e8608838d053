public import ConversationDomain
public import Foundation
import Languages
import People
import Policy
import Synchronization
import Wording

/// Runs turns: understand, decide, render, commit, publish. One turn at a time per conversation.
///
/// A locale that the caller names is where a conversation begins; a visitor who clearly writes in another language that the bot
/// has is answered in that one from then on.
///
/// What a publishable key starts is stored with its first turn: whoever opens a page, or floods with starts, fills no disk. The
/// conversations of a secret key are stored at once, since its program may keep their ids over a restart of the server.
public final class ConversationEngine: ChatService {
    let parts: EngineParts
    let policy = DialoguePolicy()
    let templates = TemplateRenderer()
    let feed = ConversationFeed()
    let queue = QueueFeed()
    let attendance = AgentAttendance()
    let line: TurnLine
    let store: DeferredConversationStore
    /// Made once per change of the content.
    private let languages = Mutex<(revision: Int64, detector: LanguageDetector)?>(nil)

    public init(_ parts: EngineParts) {
        self.parts = parts
        line = TurnLine(limit: parts.waitingMessages)
        store = DeferredConversationStore(
            base: parts.store, pending: PendingConversations(limits: parts.pendingLimits), now: parts.now)
    }

    /// Conversations that wait for their first turn, and how many such were forgotten.
    public var pendingConversations: (count: Int, dropped: Int) { store.pending.metrics }

    /// Tells the followers of conversations that are not stored any more.
    public func removed(_ ids: [ConversationID]) {
        for id in ids { feed.publish(.status(.closed), to: id) }
        queue.removed(ids)
    }

    /// Feed subscriptions that are open now.
    public var subscriptions: Int { feed.count }

    public func start(_ request: ConversationRequest, as principal: Principal) async throws -> Conversation {
        try principal.require(.chat)
        let conversation = new(request, of: principal)
        switch principal.kind {
        case .publishable: store.hold(conversation, for: principal.client)
        case .secret: try await store.create(conversation)
        }
        return conversation
    }

    func new(_ request: ConversationRequest, of principal: Principal, externalID: String? = nil) -> Conversation {
        let available = parts.content.current().locales
        let wanted = request.locale.flatMap { $0.nearest(in: available) }
        var conversation = Conversation(
            id: parts.ids.next(), app: principal.app, locale: wanted ?? defaultLocale(available),
            localeIsFixed: wanted != nil, channel: request.channel ?? .api,
            visitor: principal.visitor ?? request.visitor, metadata: request.metadata, createdAt: now(),
            externalID: externalID)
        conversation.resumeHash = principal.resumeHash
        conversation.visitorIsProven =
            conversation.visitor?.id != nil && (principal.kind == .secret || principal.visitor != nil)
        return conversation
    }

    public func conversation(_ id: ConversationID, as principal: Principal) async throws -> Conversation {
        try principal.require(.chat, or: .agent)
        guard let conversation = try await store.conversation(id) else { throw Self.missing(for: principal) }
        try check(conversation, principal)
        return conversation
    }

    public func messages(in id: ConversationID, after seq: Int, limit: Int, as principal: Principal) async throws
        -> MessagePage
    {
        _ = try await conversation(id, as: principal)
        return try await store.messages(in: id, after: seq, limit: limit)
    }

    public func record(_ feedback: Feedback, from origin: UUID?, as principal: Principal) async throws {
        _ = try await conversation(feedback.conversation, as: principal)
        try parts.meter?.admit(principal)
        guard try await store.record(feedback, at: now(), account: parts.meter?.account(of: principal)) else {
            throw ChatError(.notFound, "there is no such reply in this conversation")
        }
        parts.meter?.stored(feedback.storedBytes, for: principal)
        feed.tell(.rated(feedback.message), to: origin, of: feedback.conversation)
    }

    /// Closing twice is closing once.
    public func close(_ id: ConversationID, as principal: Principal) async throws -> Conversation {
        _ = try await conversation(id, as: principal)
        return try await line.run(id) {
            let current = try await conversation(id, as: principal)
            guard current.status != .closed else { return current }
            if parts.people != nil, !store.isPending(id) {
                return try await committed(id, as: principal) { try $0.after(.close, at: $1) }.conversation
            }
            guard let closed = try await store.setStatus(.closed, of: id) else { throw Self.notFound }
            feed.publish(.status(.closed), to: id)
            queue.changed(from: current, to: closed)
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

    /// What a caller is told of a conversation that is not there, or is not theirs.
    static func missing(for principal: Principal) -> ChatError {
        guard principal.kind == .publishable else { return notFound }
        return ChatError(
            .notFound,
            "there is no such conversation, or its token is missing: Frontdesk-Resume-Token, resume_token on a socket")
    }

    /// Another app's conversation looks like one that does not exist, and so does one that a page has no token for.
    func check(_ conversation: Conversation, _ principal: Principal) throws {
        guard principal.seesAllApps || conversation.app == principal.app,
            conversation.isOpen(to: principal, isInGrace: now() < parts.graceEnd)
        else { throw Self.missing(for: principal) }
    }

    /// Whole milliseconds, as they are stored and shown.
    func now() -> Date {
        Date(timeIntervalSince1970: (parts.now().timeIntervalSince1970 * 1000).rounded() / 1000)
    }

    func languages(_ snapshot: ContentSnapshot) -> LanguageDetector {
        languages.withLock { known in
            if let known, known.revision == snapshot.revision { return known.detector }
            let detector = LanguageDetector(snapshot)
            known = (snapshot.revision, detector)
            return detector
        }
    }

    func defaultLocale(_ available: [BotLocale]) -> BotLocale {
        parts.defaultLocale?.nearest(in: available) ?? available.first ?? parts.defaultLocale ?? .english
    }
}
