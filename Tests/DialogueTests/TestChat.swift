import ConversationDomain
import Dialogue
import Foundation
import Synchronization
import Testing

/// Conversations in memory, with the store's rules.
final class MemoryConversationStore: ConversationStore {
    private struct State {
        var conversations: [ConversationID: Conversation] = [:]
        var states: [ConversationID: DialogueState] = [:]
        var messages: [ConversationID: [Message]] = [:]
        var turns: [String: StoredTurn] = [:]
    }

    private let state = Mutex(State())

    func create(_ conversation: Conversation) async throws {
        state.withLock {
            $0.conversations[conversation.id] = conversation
            $0.states[conversation.id] = DialogueState()
        }
    }

    func conversation(_ id: ConversationID) async throws -> Conversation? { state.withLock { $0.conversations[id] } }

    func turnContext(_ id: ConversationID, clientMessageID: String?) async throws -> TurnContext? {
        state.withLock { state in
            guard let conversation = state.conversations[id], let dialogue = state.states[id] else { return nil }
            return TurnContext(
                conversation: conversation, state: dialogue,
                repeated: clientMessageID.flatMap { state.turns["\(id)/\($0)"] })
        }
    }

    func commit(_ turn: TurnCommit) async throws {
        try state.withLock { state in
            let id = turn.conversation.id
            guard state.conversations[id]?.lastSeq == turn.previousSeq else { throw ChatError(.conflict, "stale") }
            state.conversations[id] = turn.conversation
            state.states[id] = turn.state
            state.messages[id, default: []] += [turn.stored.turn.message] + turn.stored.turn.replies
            if let client = turn.stored.turn.clientMessageID { state.turns["\(id)/\(client)"] = turn.stored }
        }
    }

    func messages(in id: ConversationID, after seq: Int, limit: Int) async throws -> MessagePage {
        state.withLock { state in
            let all = state.messages[id] ?? []
            return MessagePage(messages: Array(all.filter { $0.seq > seq }.prefix(limit)), lastSeq: all.last?.seq ?? 0)
        }
    }

    func record(_ feedback: Feedback, at: Date) async throws -> Bool {
        state.withLock {
            $0.messages[feedback.conversation]?.contains { $0.id == feedback.message && $0.from != .visitor } ?? false
        }
    }

    func setStatus(_ status: ConversationStatus, of id: ConversationID) async throws -> Conversation? {
        state.withLock { state in
            state.conversations[id]?.status = status
            return state.conversations[id]
        }
    }
}

/// Understands what a test tells it to; any other text is out of scope.
struct FakeClassifier: IntentClassifier {
    static let model = ModelVersionID(trusted: "model_test")
    var meanings: [String: MessageUnderstanding] = [:]

    func understand(_ texts: [String]) async throws -> [MessageUnderstanding] {
        texts.map { meanings[$0] ?? Self.understanding([], verdict: .outOfScope) }
    }

    static func understanding(
        _ ranking: [(String, Double)], verdict: MessageUnderstanding.Verdict = .accepted,
        entities: [(String, String)] = []
    ) -> MessageUnderstanding {
        MessageUnderstanding(
            model: model, ranking: ranking.map { IntentScore(intent: IntentName(trusted: $0.0), confidence: $0.1) },
            threshold: 0.7, verdict: verdict,
            entities: entities.map {
                Entity(entity: EntityName(trusted: $0.0), value: $0.1, text: $0.1, start: 0, end: $0.1.count)
            },
            embedding: [1, 0])
    }
}

/// Finds what a test put in, by the query's exact text.
struct FakeKnowledge: KnowledgeBase {
    var hits: [String: KnowledgeHit] = [:]

    func search(_ query: String, embedding: [Float]?, model: ModelVersionID?, locale: BotLocale?, limit: Int)
        async throws -> [KnowledgeHit]
    {
        hits[query].map { [$0] } ?? []
    }
}

struct FixedContent: LiveContent {
    let snapshot: ContentSnapshot
    func current() -> ContentSnapshot { snapshot }
}

/// A small bot and one conversation with it: `try await chat.say("…")` is a turn.
struct TestChat {
    static let shop = Principal(
        key: IdentifierGenerator().next(), kind: .secret, app: AppName(trusted: "shop"), scopes: [.chat])

    let engine: ConversationEngine
    let store: MemoryConversationStore
    let conversation: Conversation

    init(
        meanings: [String: MessageUnderstanding] = [:], hits: [String: KnowledgeHit] = [:], channel: ChannelName = .web,
        locale: BotLocale? = .english, content: BotContent = TestChat.content
    ) async throws {
        store = MemoryConversationStore()
        var parts = EngineParts(
            store: store, classifier: FakeClassifier(meanings: meanings), knowledge: FakeKnowledge(hits: hits),
            content: FixedContent(snapshot: ContentSnapshot(revision: 1, content: content)))
        parts.now = { Date(timeIntervalSince1970: 1_780_000_000.123_4) }
        let count = Counter()
        parts.random = { count.next() }
        engine = ConversationEngine(parts)
        conversation = try await engine.start(ConversationRequest(locale: locale, channel: channel), as: Self.shop)
    }

    func say(_ text: String, id: String? = nil) async throws -> Turn {
        try await result(.text(text), id: id).turn
    }

    func press(_ intent: String, slots: [String: String] = [:]) async throws -> Turn {
        try await result(.button(intent: IntentName(trusted: intent), slots: slots), id: nil).turn
    }

    func result(_ content: InboundContent, id: String?) async throws -> TurnResult {
        try await engine.respond(
            to: InboundMessage(conversation: conversation.id, content: content, clientMessageID: id), as: Self.shop)
    }

    private final class Counter: Sendable {
        private let value = Mutex(0)
        func next() -> Int {
            value.withLock { value in
                defer { value = (value * 1_103 + 12_345) % 65_521 }
                return value / 7
            }
        }
    }

    static func intent(_ name: String, slots: [SlotDefinition] = [], answers: [AnswerTemplate]) -> Intent {
        Intent(
            name: IntentName(trusted: name), description: name,
            examples: [
                Example(text: "about \(name)", locale: .english), Example(text: "关于\(name)", locale: .chinese),
            ], slots: slots, answers: answers)
    }

    static func answer(
        _ intent: String, _ ordinal: Int, _ english: String, _ chinese: String,
        when: AnswerCondition = AnswerCondition()
    ) -> AnswerTemplate {
        AnswerTemplate(
            intent: IntentName(trusted: intent), ordinal: ordinal, condition: when,
            text: [.english: english, .chinese: chinese])
    }

    static let orderNumber = SlotDefinition(
        name: SlotName(trusted: "order_number"), entity: EntityName(trusted: "order_number"),
        ask: [.english: "Which order?", .chinese: "哪个订单？"])

    static let content = BotContent(intents: [
        intent(
            "order.status", slots: [orderNumber],
            answers: [answer("order.status", 1, "Order {{order_number}} <is> on its way.", "订单 {{order_number}} 在路上。")]),
        intent(
            "thanks",
            answers: [
                answer("thanks", 1, "one", "一"), answer("thanks", 2, "two", "二"), answer("thanks", 3, "three", "三"),
            ]),
        intent(
            "hours",
            answers: [
                answer("hours", 1, "9 to 21", "9 点到 21 点"),
                answer("hours", 2, "see the page", "请看页面", when: AnswerCondition(channel: .web)),
            ]),
        intent("agent.request", answers: [answer("agent.request", 1, "A person comes.", "人工马上来。")]),
    ])

    static func hit(_ id: String, score: Double, accepted: Bool = true) -> KnowledgeHit {
        KnowledgeHit(
            entry: KnowledgeEntry(
                id: KnowledgeID(trusted: id), locale: .english, questions: ["q"], answer: "the answer",
                link: "https://shop.example/a"),
            question: "q", score: score, isAccepted: accepted)
    }
}
