import Access
import ConversationDomain
import Foundation
import Synchronization

/// The conversation of a socket: taking it up, showing what is committed to it, and adding to it.
extension SocketSession {
    func start(_ request: ConversationRequest, _ outbound: Outbound, _ group: inout TaskGroup<Void>) async throws {
        let principal = try await principal()
        try refuseSecondStart()
        try service.parts.limiter.admitMessage(principal, conversation: nil, address: handshake.origin.address)
        let conversation = try await service.parts.chat.start(request, as: principal)
        let subscription = try await service.parts.chat.follow(conversation.id, as: principal)
        subscribe(subscription)
        try await send(.ready(conversation.id, lastSeq: 0, heartbeat: service.parts.heartbeat), outbound)
        follow(conversation.id, subscription, sentSeq: 0, outbound, &group)
    }

    func resume(_ id: ConversationID, after: Int, _ outbound: Outbound, _ group: inout TaskGroup<Void>) async throws {
        let principal = try await principal()
        try refuseSecondStart()
        try service.parts.limiter.admitMessage(principal, conversation: nil, address: handshake.origin.address)
        // First the live feed, then the history: what is committed between the two is in both, and skipped once.
        let subscription = try await service.parts.chat.follow(id, as: principal)
        subscribe(subscription)
        do {
            let sent = try await showHistory(id, after: after, principal, outbound)
            follow(id, subscription, sentSeq: sent, outbound, &group)
        } catch {
            subscribe(nil)
            throw error
        }
    }

    /// - Returns: the seq of the last message that was sent.
    private func showHistory(_ id: ConversationID, after: Int, _ principal: Principal, _ outbound: Outbound)
        async throws -> Int
    {
        let chat = service.parts.chat
        let conversation = try await chat.conversation(id, as: principal)
        guard after <= conversation.lastSeq else {
            throw ChatError(.invalidRequest, "'after' is beyond the conversation's last seq \(conversation.lastSeq)")
        }
        try await send(.ready(id, lastSeq: conversation.lastSeq, heartbeat: service.parts.heartbeat), outbound)
        var sent = after
        while true {
            let page = try await chat.messages(in: id, after: sent, limit: reader.limits.pageDefault, as: principal)
            for message in page.messages { try await send(.message(message, nil), outbound) }
            guard let last = page.messages.last else { break }
            sent = last.seq
        }
        if conversation.status != .bot { try await send(.status(conversation.status), outbound) }
        return sent
    }

    private func refuseSecondStart() throws {
        guard state.withLock({ $0.conversation == nil }) else {
            throw BadFrame(
                error: ChatError(.invalidRequest, "this socket has a conversation already; open another socket"))
        }
    }

    private func follow(
        _ id: ConversationID, _ subscription: FeedSubscription, sentSeq: Int, _ outbound: Outbound,
        _ group: inout TaskGroup<Void>
    ) {
        state.withLock { $0.conversation = id }
        group.addTask {
            for await event in subscription.events {
                let now = self.now
                self.state.withLock { $0.showingSince = now }
                guard (try? await self.show(event, own: subscription.id, sentSeq: sentSeq, outbound)) != nil else {
                    break
                }
                self.state.withLock { $0.showingSince = nil }
            }
            // The feed ends when this socket is too far behind or gone; the client resumes from what it has.
            self.delivered.open()
            self.close(.goingAway, "resume to go on")
        }
    }

    private func show(_ event: FeedEvent, own: UUID, sentSeq: Int, _ outbound: Outbound) async throws {
        switch event {
        case .status(let status): try await send(.status(status), outbound)
        case .turn(let turn, let origin):
            if origin == own {
                try await send(.acceptedMessage(clientMessageID: turn.clientMessageID, seq: turn.message.seq), outbound)
            } else if turn.message.seq > sentSeq {
                try await send(.message(turn.message, nil), outbound)
            }
            for reply in turn.replies where reply.seq > sentSeq {
                try await send(.message(reply, turn.decision), outbound)
            }
            if origin == own { try await send(.typing(false), outbound) }
            delivered.reach(turn.lastSeq)
        }
    }

    /// Runs one turn and returns when its outcome has been written.
    func respond(_ content: InboundContent, clientMessageID: String, _ outbound: Outbound) async throws {
        let conversation = try requireConversation(for: "message")
        let principal = try await principal()
        try service.parts.limiter.admitMessage(principal, conversation: conversation, address: handshake.origin.address)
        let origin = state.withLock { state in
            state.refusals = 0
            return state.subscription?.id
        }
        try await send(.typing(true), outbound)
        let result: TurnResult
        do {
            result = try await service.parts.chat.respond(
                to: InboundMessage(
                    conversation: conversation, content: content, clientMessageID: clientMessageID, origin: origin),
                as: principal)
        } catch {
            try await send(.typing(false), outbound)
            throw error
        }
        // A new turn is shown by the feed; the next message of this socket waits until that has been written.
        guard result.isReplay else { return await delivered.wait(for: result.turn.lastSeq) }
        try await send(.acceptedMessage(clientMessageID: clientMessageID, seq: result.turn.message.seq), outbound)
        for reply in result.turn.replies { try await send(.message(reply, result.turn.decision), outbound) }
        try await send(.typing(false), outbound)
    }
}

extension Turn {
    /// The seq of its last message.
    fileprivate var lastSeq: Int { replies.last?.seq ?? message.seq }
}
