public import ConversationDomain
public import Foundation
import People
import Synchronization
import Wire

/// A chat that answers `echo: …` to everything, with the promises of the real one: repeats, gapless seqs, a feed in commit order.
///
/// The texts `two`, `agent`, `nothing`, `overload`, `crash` and `wait` are special: two replies, a hand-over, no reply, an overload, an
/// error that is no `ChatError`, and a turn that lasts until ``release()``.
public final class FakeChat: ChatService {
    public static let time = Date(timeIntervalSince1970: 1_790_000_000)

    private struct Entry {
        var conversation: Conversation
        var messages: [Message] = []
        var turns: [String: (content: InboundContent, result: TurnResult)] = [:]
        var followers: [FeedSubscription] = []
    }

    private struct State {
        var entries: [ConversationID: Entry] = [:]
        var feedback: [Feedback] = []
        var requests: [ConversationRequest] = []
    }

    private let state = Mutex(State())
    private let ids = IdentifierGenerator(now: { FakeChat.time })
    private let feedLimit: Int
    private let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
    private let (releases, releasing) = AsyncStream.makeStream(of: Void.self)
    private let (followerCounts, followerCount) = AsyncStream.makeStream(of: Int.self)

    /// - Parameter feedLimit: events that a follower may be behind.
    public init(feedLimit: Int = 256) { self.feedLimit = feedLimit }

    // MARK: - What tests look at and pull

    /// Returns when a turn with the text `wait` has begun.
    public func untilTurnWaits() async { for await _ in arrivals { return } }

    /// Lets one waiting turn go on.
    public func release() { releasing.yield() }

    /// Returns when exactly so many subscriptions are open.
    public func untilFollowers(are count: Int) async {
        guard followers != count else { return }
        for await number in followerCounts where number == count { return }
    }

    public var followers: Int { state.withLock { $0.entries.values.reduce(0) { $0 + $1.followers.count } } }
    public var feedback: [Feedback] { state.withLock { $0.feedback } }
    public var requests: [ConversationRequest] { state.withLock { $0.requests } }

    /// Changes the status, as another transport would.
    public func publish(_ status: ConversationStatus, to id: ConversationID) {
        state.withLock { state in
            state.entries[id]?.conversation.status = status
            publish(.status(status), to: id, &state)
        }
    }

    // MARK: - ChatService

    public func start(_ request: ConversationRequest, as principal: Principal) async throws -> Conversation {
        try principal.require(.chat)
        var conversation = Conversation(
            id: ids.next(), app: principal.app, locale: request.locale ?? .english, channel: request.channel ?? .api,
            visitor: request.visitor, metadata: request.metadata, createdAt: Self.time)
        conversation.resumeHash = principal.resumeHash
        state.withLock { state in
            state.requests.append(request)
            state.entries[conversation.id] = Entry(conversation: conversation)
        }
        return conversation
    }

    public func conversation(_ id: ConversationID, as principal: Principal) async throws -> Conversation {
        try state.withLock { try entry(id, principal, $0).conversation }
    }

    public func respond(to message: InboundMessage, as principal: Principal) async throws -> TurnResult {
        if let repeated = try repeated(message, principal) { return repeated }
        var replies = 1
        switch message.content {
        case .text("two"): replies = 2
        case .text("nothing"): replies = 0
        case .text("overload"): throw ChatError(.overloaded, "too much to do", retryAfter: 2)
        case .text("crash"): throw URLError(.badServerResponse)
        case .text("wait"):
            arrival.yield()
            for await _ in releases { break }
        case .text, .button, .knowledge: break
        }
        return try state.withLock { state in
            let turn = try commit(message, replies: replies, &state)
            let result = TurnResult(turn: turn, body: turn.encodedBody(), isReplay: false)
            if let id = message.clientMessageID {
                state.entries[message.conversation]?.turns[id] = (message.content, result)
            }
            publish(.turn(turn, origin: message.origin), to: message.conversation, &state)
            if message.content == .text("agent") { publish(.status(turn.status), to: message.conversation, &state) }
            return result
        }
    }

    public func messages(in id: ConversationID, after seq: Int, limit: Int, as principal: Principal) async throws
        -> MessagePage
    {
        try state.withLock { state in
            let entry = try entry(id, principal, state)
            return MessagePage(
                messages: Array(entry.messages.filter { $0.seq > seq }.prefix(limit)),
                lastSeq: entry.conversation.lastSeq)
        }
    }

    public func record(_ feedback: Feedback, from origin: UUID?, as principal: Principal) async throws {
        try state.withLock { state in
            let entry = try entry(feedback.conversation, principal, state)
            guard entry.messages.contains(where: { $0.id == feedback.message && $0.from != .visitor }) else {
                throw ChatError(.notFound, "there is no such reply in this conversation")
            }
            state.feedback.append(feedback)
            tell(.rated(feedback.message), to: origin, of: feedback.conversation, state)
        }
    }

    public func close(_ id: ConversationID, as principal: Principal) async throws -> Conversation {
        _ = try await conversation(id, as: principal)
        publish(.closed, to: id)
        return try await conversation(id, as: principal)
    }

    public func follow(_ id: ConversationID, as principal: Principal) async throws -> FeedSubscription {
        _ = try await conversation(id, as: principal)
        let subscription = FeedSubscription(limit: feedLimit) { [weak self] follower in
            guard let self else { return }
            state.withLock { $0.entries[id]?.followers.removeAll { $0.id == follower } }
            followerCount.yield(followers)
        }
        state.withLock { $0.entries[id]?.followers.append(subscription) }
        followerCount.yield(followers)
        return subscription
    }
}

// MARK: - One turn

extension FakeChat {
    private func entry(_ id: ConversationID, _ principal: Principal, _ state: State) throws -> Entry {
        guard let entry = state.entries[id], principal.seesAllApps || entry.conversation.app == principal.app,
            entry.conversation.isOpen(to: principal, isInGrace: false)
        else {
            throw ChatError(.notFound, "there is no such conversation")
        }
        return entry
    }

    private func repeated(_ message: InboundMessage, _ principal: Principal) throws -> TurnResult? {
        try state.withLock { state in
            let entry = try entry(message.conversation, principal, state)
            if let id = message.clientMessageID, let (content, result) = entry.turns[id] {
                guard content == message.content else { throw ChatError(.conflict, "another message had this id") }
                tell(.repeated(result.turn), to: message.origin, of: message.conversation, state)
                return TurnResult(turn: result.turn, body: result.body, isReplay: true)
            }
            guard entry.conversation.status != .closed else { throw ChatError(.conflict, "the conversation is closed") }
            return nil
        }
    }

    private func commit(_ message: InboundMessage, replies: Int, _ state: inout State) throws -> Turn {
        guard var entry = state.entries[message.conversation] else { throw ChatError(.internal, "it was there before") }
        let text =
            switch message.content {
            case .text(let text): text
            case .button(let intent, _): intent.rawValue
            case .knowledge(let id): id.rawValue
            }
        var seq = entry.conversation.lastSeq + 1
        let inbound = Message(id: ids.next(), seq: seq, from: .visitor, text: text, createdAt: Self.time)
        let answers = (0..<replies).map { _ in
            seq += 1
            return Message(
                id: ids.next(), seq: seq, from: .bot, text: "echo: \(text)", inReplyTo: inbound.id, createdAt: Self.time
            )
        }
        entry.messages += [inbound] + answers
        entry.conversation.lastSeq = seq
        if text == "agent" { entry.conversation.status = .waiting }
        state.entries[message.conversation] = entry
        return Turn(
            id: ids.next(), conversation: message.conversation, message: inbound, replies: answers,
            decision: Self.decision, status: entry.conversation.status, clientMessageID: message.clientMessageID)
    }

    /// The decision of every turn.
    public static let decision = Decision(
        action: .answer, intent: IntentName(trusted: "echo"), confidence: 0.9, threshold: 0.5,
        ranking: [IntentScore(intent: IntentName(trusted: "echo"), confidence: 0.9)], rule: "intent.accepted",
        template: "echo#1@v1", knowledge: nil, model: ModelVersionID(trusted: "model_1"),
        labels: [
            ClassifierName(trusted: "sentiment"): LabelScore(label: LabelName(trusted: "positive"), confidence: 0.75)
        ],
        candidates: [
            Candidate(subject: .intent(IntentName(trusted: "echo")), probability: 0.9),
            Candidate(subject: .knowledge(KnowledgeID(trusted: "echoes")), probability: 0.05),
        ], elapsedMilliseconds: 1.5)

    private func tell(_ event: FeedEvent, to origin: UUID?, of id: ConversationID, _ state: State) {
        _ = state.entries[id]?.followers.first { $0.id == origin }?.offer(event)
    }

    /// A follower that is too far behind is ended.
    private func publish(_ event: FeedEvent, to id: ConversationID, _ state: inout State) {
        state.entries[id]?.followers.removeAll { !$0.offer(event) }
    }
}
