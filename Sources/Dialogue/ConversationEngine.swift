public import ConversationDomain
public import Foundation

/// What watches turns, for metrics.
public protocol TurnObserver: Sendable {
    /// - Parameter action: nil when the bot was silent.
    func turnFinished(action: Action?, seconds: Double)
}

/// What an engine works with; everything that varies is injected.
public struct EngineParts: Sendable {
    public var store: any ConversationStore
    public var classifier: any IntentClassifier
    public var knowledge: any KnowledgeBase
    public var content: any LiveContent
    public var observer: (any TurnObserver)?
    /// The locale of conversations that name none, and of answers that lack the wanted one; nil for the content's commonest.
    public var defaultLocale: BotLocale?
    public var ids = IdentifierGenerator()
    public var now: @Sendable () -> Date = { Date() }
    /// Picks among answer variants.
    public var random: @Sendable () -> Int = { Int.random(in: 0..<1_000_000) }

    public init(
        store: any ConversationStore, classifier: any IntentClassifier, knowledge: any KnowledgeBase,
        content: any LiveContent
    ) {
        self.store = store
        self.classifier = classifier
        self.knowledge = knowledge
        self.content = content
    }
}

/// Runs turns: understand, decide, render, commit, publish. One turn at a time per conversation.
public final class ConversationEngine: ChatService {
    private let parts: EngineParts
    private let policy = DialoguePolicy()
    private let templates = TemplateRenderer()
    private let feed = ConversationFeed()
    private let line = TurnLine()

    public init(_ parts: EngineParts) {
        self.parts = parts
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

    public func close(_ id: ConversationID, as principal: Principal) async throws -> Conversation {
        _ = try await conversation(id, as: principal)
        return try await line.run(id) {
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

// MARK: - One turn

extension ConversationEngine {
    private func runTurn(_ message: InboundMessage, principal: Principal, started: ContinuousClock.Instant) async throws
        -> TurnResult
    {
        guard
            let context = try await parts.store.turnContext(
                message.conversation, clientMessageID: message.clientMessageID)
        else { throw Self.notFound }
        try check(context.conversation, principal)
        if let repeated = context.repeated {
            guard repeated.content == message.content else {
                throw ChatError(.conflict, "this client_message_id was used for another message of the conversation")
            }
            return TurnResult(turn: repeated.turn, body: repeated.body, isReplay: true)
        }
        guard context.conversation.status != .closed else { throw ChatError(.conflict, "the conversation is closed") }

        var draft = try await draft(message, context)
        draft.decision = draft.decision.map { $0.taking((ContinuousClock.now - started) / .milliseconds(1)) }
        let commit = try commit(draft, message, context)
        try await parts.store.commit(commit)
        let turn = commit.stored.turn
        feed.publish(.turn(turn, origin: message.origin), to: turn.conversation)
        if turn.status != context.conversation.status { feed.publish(.status(turn.status), to: turn.conversation) }
        parts.observer?.turnFinished(
            action: turn.decision?.action, seconds: (ContinuousClock.now - started) / .seconds(1))
        return TurnResult(turn: turn, body: commit.stored.body, isReplay: false)
    }

    /// What a turn will say and change, before it has identifiers.
    private struct Draft {
        var conversation: Conversation
        var state: DialogueState
        var replies: [ReplyRenderer.Draft] = []
        var decision: Decision?
    }

    private func draft(_ message: InboundMessage, _ context: TurnContext) async throws -> Draft {
        let snapshot = parts.content.current()
        var draft = Draft(conversation: context.conversation, state: context.state)
        // The bot is silent once a person answers.
        guard context.conversation.status != .agent else { return draft }

        draft.conversation.locale = locale(of: message.content, context.conversation, snapshot)
        let understanding = try await understand(message.content)
        let plan = try await plan(message.content, understanding, context, draft.conversation.locale, snapshot)
        let renderer = ReplyRenderer(
            templates: templates, snapshot: snapshot, locale: draft.conversation.locale,
            defaultLocale: defaultLocale(snapshot.locales), channel: context.conversation.channel,
            choice: parts.random())
        let rendering = try renderer.render(plan)
        if let reason = plan.handoffReason, draft.conversation.status == .bot {
            draft.conversation.status = .waiting
            draft.conversation.handoffReason = reason
        }
        draft.state = rendering.state
        draft.replies = rendering.drafts
        draft.decision = Decision(
            action: plan.action, intent: plan.intent ?? understanding?.top?.intent,
            confidence: understanding?.top?.confidence, threshold: understanding?.threshold,
            ranking: Array(understanding?.ranking.prefix(5) ?? []), rule: plan.rule, template: rendering.template,
            knowledge: plan.knowledge, model: understanding?.model, elapsedMilliseconds: 0)
        return draft
    }

    private func understand(_ content: InboundContent) async throws -> MessageUnderstanding? {
        guard case .text(let text) = content else { return nil }
        return try await parts.classifier.understand([text]).first
    }

    private func plan(
        _ content: InboundContent, _ understanding: MessageUnderstanding?, _ context: TurnContext, _ locale: BotLocale,
        _ snapshot: ContentSnapshot
    ) async throws -> TurnPlan {
        func decide(_ hits: [KnowledgeHit]?) -> PolicyStep {
            policy.decide(
                PolicyInput(
                    content: content, understanding: understanding, state: context.state,
                    status: context.conversation.status,
                    intents: snapshot.intents, hits: hits))
        }
        if case .decided(let plan) = decide(nil) { return plan }
        guard case .text(let text) = content else { throw ChatError(.internal, "a button needs no search") }
        let hits = try await parts.knowledge.search(
            text, embedding: understanding?.embedding, model: understanding?.model, locale: locale, limit: 3)
        guard case .decided(let plan) = decide(hits) else { throw ChatError(.internal, "the policy did not decide") }
        return plan
    }

    private func commit(_ draft: Draft, _ message: InboundMessage, _ context: TurnContext) throws -> TurnCommit {
        let time = now()
        var seq = context.conversation.lastSeq + 1
        let inbound = Message(
            id: parts.ids.next(), seq: seq, from: .visitor,
            text: visitorText(message.content, draft.conversation.locale),
            createdAt: time)
        let replies = draft.replies.map { reply in
            seq += 1
            return Message(
                id: parts.ids.next(), seq: seq, from: .bot, text: reply.text, buttons: reply.buttons,
                inReplyTo: inbound.id,
                createdAt: time)
        }
        var conversation = draft.conversation
        conversation.lastSeq = seq
        let turn = Turn(
            id: parts.ids.next(), conversation: conversation.id, message: inbound, replies: replies,
            decision: draft.decision,
            status: conversation.status, clientMessageID: message.clientMessageID)
        let stored = StoredTurn(turn: turn, content: message.content, body: try turn.encodedBody())
        return TurnCommit(
            stored: stored, conversation: conversation, previousSeq: context.conversation.lastSeq, state: draft.state)
    }
}

// MARK: - Small decisions

extension ConversationEngine {
    private static let notFound = ChatError(.notFound, "there is no such conversation")

    /// Another app's conversation looks like one that does not exist.
    private func check(_ conversation: Conversation, _ principal: Principal) throws {
        guard principal.seesAllApps || conversation.app == principal.app else { throw Self.notFound }
    }

    /// Whole milliseconds, as they are stored and shown.
    private func now() -> Date {
        Date(timeIntervalSince1970: (parts.now().timeIntervalSince1970 * 1000).rounded() / 1000)
    }

    private func defaultLocale(_ available: [BotLocale]) -> BotLocale {
        parts.defaultLocale ?? available.first ?? .english
    }

    /// A visitor who clearly writes in another language is answered in it, whatever the conversation began with.
    private func locale(of content: InboundContent, _ conversation: Conversation, _ snapshot: ContentSnapshot)
        -> BotLocale
    {
        guard case .text(let text) = content else { return conversation.locale }
        return LanguageDetector.locale(of: text, among: snapshot.locales, current: conversation.locale)
            ?? conversation.locale
    }

    /// How a pressed button stands in the history: by the title that the intent's buttons have, else by the intent's name.
    private func visitorText(_ content: InboundContent, _ locale: BotLocale) -> String {
        switch content {
        case .text(let text): return text
        case .button(let intent, _):
            let snapshot = parts.content.current()
            for candidate in snapshot.content.intents {
                for button in candidate.answers.flatMap(\.buttons) where button.intent == intent {
                    if let title = locale.nearest(in: button.title.keys.sorted()).flatMap({ button.title[$0] }) {
                        return title
                    }
                }
            }
            return intent == .agentRequest ? BotPhrases.text(.talkToPerson, locale: locale) : intent.rawValue
        }
    }
}

extension Decision {
    fileprivate func taking(_ milliseconds: Double) -> Decision {
        Decision(
            action: action, intent: intent, confidence: confidence, threshold: threshold, ranking: ranking, rule: rule,
            template: template, knowledge: knowledge, model: model, elapsedMilliseconds: milliseconds)
    }
}
