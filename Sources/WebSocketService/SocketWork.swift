import Access
import ConversationDomain
import Foundation
import NIOCore
import People

/// What one frame asks of the chat; runs in a task, off the event loop.
struct SocketWork: Sendable {
    /// The client cannot be reached any more.
    struct Gone: Error {}

    /// The credential is not good any more.
    struct Expulsion: Error {
        let code: CloseCode
        let reason: String
    }

    let service: WebSocketService
    let handshake: Handshake
    let eventLoop: any EventLoop
    let socket: NIOLoopBound<SocketSession>

    private var chat: any ChatService { service.parts.chat }
    private var limiter: RateLimiter { service.parts.limiter }

    func onLoop(_ body: @escaping @Sendable (SocketSession) -> Void) {
        eventLoop.execute { body(socket.value) }
    }

    /// Waits while the client reads slowly.
    /// - Throws: ``Gone``.
    func send(_ frame: ServerFrame) async throws {
        let encoded = try frame.webSocketFrame()
        let isReached = await withCheckedContinuation { continuation in
            onLoop { socket in
                socket.write(encoded)
                socket.flush()
                socket.whenWritable { [self] in continuation.resume(returning: !self.socket.value.isClosing) }
            }
        }
        if !isReached { throw Gone() }
    }

    /// Looked up afresh for every frame that does something: a revoked key ends the socket.
    func principal() async throws -> Principal {
        do {
            let principal = try await service.parts.authenticator.authenticate(handshake.key, from: handshake.origin)
            try limiter.admit(principal)
            return principal
        } catch let error as ChatError where error.code == .unauthorized {
            throw Expulsion(code: .unauthorized, reason: error.message)
        } catch let error as ChatError where error.code == .forbidden {
            throw Expulsion(code: .forbidden, reason: error.message)
        }
    }

    private func admitMessage(_ principal: Principal, to conversation: ConversationID?) throws {
        try limiter.admitMessage(principal, conversation: conversation, address: handshake.origin.address)
    }
}

/// What came of a frame.
enum SocketOutcome: Sendable {
    /// Messages up to `sentSeq` have been shown.
    case following(ConversationID, FeedSubscription, sentSeq: Int, keyKind: KeyKind)
    case turn(TurnResult)
    case recorded(MessageID)
    case desk(DeskOutcome, Attendance?)
}

extension SocketWork {
    func start(_ request: ConversationRequest) async throws -> SocketOutcome {
        let principal = try await principal()
        try admitMessage(principal, to: nil)
        let conversation = try await chat.start(request, as: principal)
        return try await follow(conversation.id, as: principal) {
            try await send(.ready(conversation.id, lastSeq: 0, heartbeat: service.parts.heartbeat))
            return 0
        }
    }

    func resume(_ id: ConversationID, after: Int) async throws -> SocketOutcome {
        let principal = try await principal()
        // An agent who looks on is not the visitor.
        guard principal.scopes.contains(.chat) || principal.seesAllApps else {
            throw ChatError(.forbidden, "this key lacks the scope 'chat'; agents send 'follow' instead of 'resume'")
        }
        try admitMessage(principal, to: nil)
        // First the live feed, then the history: what is committed between the two is in both, and skipped once.
        return try await follow(id, as: principal) { try await showHistory(of: id, after: after, as: principal) }
    }

    /// - Parameter opening: sends what comes first and gives the seq of the last message that was sent.
    private func follow(_ id: ConversationID, as principal: Principal, opening: () async throws -> Int)
        async throws -> SocketOutcome
    {
        let subscription = try await chat.follow(id, as: principal)
        do {
            return .following(id, subscription, sentSeq: try await opening(), keyKind: principal.kind)
        } catch {
            subscription.cancel()
            throw error
        }
    }

    private func showHistory(of id: ConversationID, after: Int, as principal: Principal) async throws -> Int {
        let conversation = try await chat.conversation(id, as: principal)
        guard after <= conversation.lastSeq else {
            throw ChatError(.invalidRequest, "'after' is beyond the conversation's last seq \(conversation.lastSeq)")
        }
        try await send(.ready(id, lastSeq: conversation.lastSeq, heartbeat: service.parts.heartbeat))
        var sent = after
        while true {
            let page = try await chat.messages(
                in: id, after: sent, limit: service.parts.limits.pageDefault, as: principal)
            for message in page.messages { try await send(.message(message, nil)) }
            guard let last = page.messages.last else { break }
            sent = last.seq
        }
        if conversation.status != .bot {
            try await send(.status(conversation.status, agent: conversation.agentName))
        }
        return sent
    }

    func respond(to message: InboundMessage) async throws -> SocketOutcome {
        let principal = try await principal()
        try admitMessage(principal, to: message.conversation)
        onLoop { socket in
            socket.refusals = 0
            socket.write(.typing(true))
            socket.flush()
        }
        if case .text(let text) = message.content { limiter.charge(principal, for: text) }
        do {
            let result = try await WorkAccount.$current.withValue(WorkAccount(principal)) {
                try await chat.respond(to: message, as: principal)
            }
            return .turn(result)
        } catch {
            onLoop { $0.write(.typing(false)) }
            throw error
        }
    }

    func record(_ rating: Feedback.Rating, comment: String?, of messageID: String, in conversation: ConversationID)
        async throws -> SocketOutcome
    {
        let principal = try await principal()
        guard let message = MessageID(messageID) else {
            throw ChatError(.notFound, "there is no such reply in this conversation")
        }
        try await chat.record(
            Feedback(conversation: conversation, message: message, rating: rating, comment: comment), as: principal)
        return .recorded(message)
    }
}
