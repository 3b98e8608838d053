public import ConversationDomain
public import Dialogue
import IntentData
import NativeContent
import Synchronization
public import Wording

/// A small bot and one conversation with it: `try await chat.say("…")` is a turn.
public struct TestChat: Sendable {
    /// The app that the conversation belongs to.
    public static let shop = principal("shop", .chat)

    public let engine: ConversationEngine
    public let store: InMemoryConversationStore
    public let conversation: Conversation

    /// - Parameters:
    ///   - meanings: what each text is understood as; any other is out of scope.
    ///   - knowledge: what is found for each text.
    ///   - locale: what the caller names at the start; nil for nothing.
    ///   - adjust: changes the engine's parts before it is made.
    public init(
        _ meanings: [String: MessageUnderstanding] = [:], knowledge: [String: KnowledgeHit] = [:],
        locale: BotLocale? = .english, channel: ChannelName = .api, content: BotContent = TestBot.content,
        store: InMemoryConversationStore = InMemoryConversationStore(), adjust: (inout EngineParts) -> Void = { _ in }
    ) async throws {
        // What is to be found has to be there.
        var content = content
        let known = Set(content.knowledge.map(\.id))
        content.knowledge += knowledge.values.map(\.entry).filter { !known.contains($0.id) }
        let clock = FixedClock()
        let numbers = SeededNumbers()
        var parts = EngineParts(
            store: store, classifier: FakeClassifier(meanings), knowledge: FakeKnowledgeBase(knowledge),
            content: TestBot.Fixed(snapshot: Self.snapshot(of: content)))
        parts.ids = IdentifierGenerator(now: { clock.now })
        parts.now = { clock.now }
        parts.random = { Int(truncatingIfNeeded: numbers.next()) }
        adjust(&parts)
        self.store = store
        engine = ConversationEngine(parts)
        conversation = try await engine.start(ConversationRequest(locale: locale, channel: channel), as: Self.shop)
    }

    /// The content made ready; the same content is made ready once, since that takes longer than a turn.
    private static func snapshot(of content: BotContent) -> ContentSnapshot {
        ready.withLock { ready in
            if let snapshot = ready[content] { return snapshot }
            let snapshot = ContentSnapshot(revision: 1, content: content.withShippedPhrases)
            ready[content] = snapshot
            return snapshot
        }
    }

    private static let ready = Mutex<[BotContent: ContentSnapshot]>([:])

    @discardableResult
    public func say(_ text: String) async throws -> Turn { try await send(.text(text)).turn }

    @discardableResult
    public func press(_ intent: String, _ slots: [String: String] = [:]) async throws -> Turn {
        try await send(.button(intent: IntentName(trusted: intent), slots: slots)).turn
    }

    @discardableResult
    public func press(entry id: String) async throws -> Turn {
        try await send(.knowledge(KnowledgeID(trusted: id))).turn
    }

    /// - Parameter id: the client message id.
    public func send(_ content: InboundContent, id: String? = nil, as principal: Principal = shop) async throws
        -> TurnResult
    {
        try await engine.respond(
            to: InboundMessage(conversation: conversation.id, content: content, clientMessageID: id), as: principal)
    }

    /// The conversation as it is stored now.
    public var stored: Conversation {
        get async throws { try await engine.conversation(conversation.id, as: Self.shop) }
    }

    public static func principal(_ app: String, _ scopes: Scope...) -> Principal {
        Principal(
            key: IdentifierGenerator().next(), kind: .secret, app: AppName(trusted: app), scopes: Set(scopes))
    }
}

extension PhraseBook {
    /// What the program brings for English and Chinese.
    public static let shipped = PhraseBook([.english, .chinese].compactMap { ShippedPhrases.phrases(in: $0) })
}

extension Turn {
    /// What the bot said.
    public var texts: [String] { replies.map(\.text) }

    /// The rule that decided; nil when the bot was silent.
    public var rule: String? { decision?.rule }
}
