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
    /// What was shown for the conversation that the socket is in.
    let proven: Proven

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
    /// - Parameter proven: nil for what the socket has.
    func principal(_ proven: Proven? = nil) async throws -> Principal {
        do {
            var principal = try await service.parts.authenticator.authenticate(handshake.key, from: handshake.origin)
            try limiter.admit(principal)
            let proven = proven ?? self.proven
            (principal.resumeHash, principal.visitor) = (proven.resumeHash, proven.visitor)
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

/// What a client has shown that it may do in its conversation.
struct Proven: Sendable {
    var resumeHash: Data?
    /// Whom a visitor token named; it is good for as long as the socket is open.
    var visitor: Visitor?
}

/// What came of a frame.
enum SocketOutcome: Sendable {
    /// Messages up to `sentSeq` have been shown.
    case following(ConversationID, FeedSubscription, sentSeq: Int, keyKind: KeyKind, Proven)
    /// The feed tells of it.
    case acknowledged
    case desk(DeskOutcome, Attendance?)
}

extension SocketWork {
    func start(_ request: ConversationRequest, _ proof: PageProof) async throws -> SocketOutcome {
        let token = ResumeToken()
        var proven = Proven(resumeHash: token.hash)
        var principal = try await principal(proven)
        try admitMessage(principal, to: nil)
        let claim = VisitorClaim(
            visitor: request.visitor, token: proof.visitorToken, continues: proof.continues)
        proven.visitor = try await claim.proven(principal, from: handshake.origin, by: service.parts.visitorTokens)
        principal.visitor = proven.visitor
        if claim.continues,
            let open = try await service.parts.customers?.openConversation(
                metadata: request.metadata, as: principal)
        {
            return try await goOn(open.id, after: 0, as: principal, proven)
        }
        let conversation = try await chat.start(request, as: principal)
        return try await follow(conversation.id, as: principal, proven) {
            try await send(
                .ready(
                    conversation.id, lastSeq: 0, heartbeat: service.parts.heartbeat, resumeToken: token.text))
            return 0
        }
    }

    func resume(_ id: ConversationID, after: Int, _ proof: PageProof) async throws -> SocketOutcome {
        var proven = Proven(resumeHash: proof.resumeToken.flatMap { ResumeToken.hash(of: $0) })
        var principal = try await principal(proven)
        // An agent who looks on is not the visitor.
        guard principal.scopes.contains(.chat) || principal.seesAllApps else {
            throw ChatError(.forbidden, "this key lacks the scope 'chat'; agents send 'follow' instead of 'resume'")
        }
        try admitMessage(principal, to: nil)
        if let token = proof.visitorToken {
            proven.visitor = try await VisitorClaim(token: token).proven(
                principal, from: handshake.origin, by: service.parts.visitorTokens)
            principal.visitor = proven.visitor
            _ = try await service.parts.customers?.identify(id, metadata: proof.metadata, as: principal)
        }
        return try await goOn(id, after: after, as: principal, proven)
    }

    private func goOn(_ id: ConversationID, after: Int, as principal: Principal, _ proven: Proven) async throws
        -> SocketOutcome
    {
        // First the live feed, then the history: what is committed between the two is in both, and skipped once.
        return try await follow(id, as: principal, proven) {
            try await showHistory(of: id, after: after, as: principal)
        }
    }

    /// - Parameter opening: sends what comes first and gives the seq of the last message that was sent.
    private func follow(
        _ id: ConversationID, as principal: Principal, _ proven: Proven, opening: () async throws -> Int
    ) async throws -> SocketOutcome {
        let subscription = try await chat.follow(id, as: principal)
        do {
            return .following(id, subscription, sentSeq: try await opening(), keyKind: principal.kind, proven)
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
            _ = try await WorkAccount.$current.withValue(WorkAccount(principal)) {
                try await chat.respond(to: message, as: principal)
            }
            return .acknowledged
        } catch {
            onLoop { $0.write(.typing(false)) }
            throw error
        }
    }

    func record(
        _ rating: Feedback.Rating, comment: String?, of messageID: String, in conversation: ConversationID,
        origin: UUID?
    ) async throws -> SocketOutcome {
        let principal = try await principal()
        guard let message = MessageID(messageID) else {
            throw ChatError(.notFound, "there is no such reply in this conversation")
        }
        try await chat.record(
            Feedback(conversation: conversation, message: message, rating: rating, comment: comment), from: origin,
            as: principal)
        return .acknowledged
    }
}
