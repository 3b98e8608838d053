import Access
import ConversationDomain
import Foundation
import Logging
import NIOCore
import NIOWebSocket
import ServiceLifecycle
import Synchronization

/// One open socket, from its first frame to its last.
///
/// Three tasks: this one reads frames and runs their turns one after the other, so a client that sends faster than it is answered is
/// held up by TCP; a second one shows what is committed to the conversation; a third one watches the heartbeat.
final class SocketSession: Sendable {
    typealias Outbound = NIOAsyncChannelOutboundWriter<WebSocketFrame>

    /// What the session remembers; only ever touched under the lock.
    private struct State {
        var subscription: FeedSubscription?
        var conversation: ConversationID?
        var lastHeard = ContinuousClock.now
        var badFrames = 0
        var refusals = 0
        var isClosing = false
        /// A frame is being answered.
        var isBusy = false
        /// The server shuts down; the socket is closed as soon as it is not busy.
        var isLeaving = false
    }

    let service: WebSocketService
    let handshake: Handshake
    let channel: UpgradableHTTPChannel.SocketChannel
    let logger: Logger
    private let reader: RequestReader
    private let state = Mutex(State())
    private let delivered = DeliveryGate()

    init(service: WebSocketService, handshake: Handshake, channel: UpgradableHTTPChannel.SocketChannel, logger: Logger)
    {
        self.service = service
        self.handshake = handshake
        self.channel = channel
        self.logger = logger
        reader = RequestReader(limits: service.parts.limits)
    }

    func run() async {
        await withGracefulShutdownHandler {
            _ = try? await channel.executeThenClose { inbound, outbound in
                await withTaskGroup { group in
                    group.addTask { await self.watchHeartbeat() }
                    try? await self.read(inbound, outbound, &group)
                    self.state.withLock { $0.subscription }?.cancel()
                    self.delivered.open()
                    group.cancelAll()
                }
            }
        } onGracefulShutdown: {
            let isBusy = self.state.withLock { state in
                state.isLeaving = true
                return state.isBusy
            }
            if !isBusy { self.close(.goingAway, "the server is going away") }
        }
        state.withLock { $0.subscription }?.cancel()
    }

    /// Sends a close frame and, since the client may not answer, cuts the connection a second later. Never waits.
    func close(_ code: CloseCode, _ reason: String) {
        let isFirst = state.withLock { state in
            defer { state.isClosing = true }
            return !state.isClosing
        }
        guard isFirst else { return }
        var data = ByteBuffer()
        data.write(webSocketErrorCode: WebSocketErrorCode(codeNumber: Int(code.rawValue)))
        data.writeString(reason)
        let channel = channel.channel
        channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .connectionClose, data: data), promise: nil)
        channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
    }
}

// MARK: - Reading

extension SocketSession {
    private func read(
        _ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>, _ outbound: Outbound, _ group: inout TaskGroup<Void>
    )
        async throws
    {
        var message = ByteBuffer()
        var isFragmented = false
        for try await frame in inbound {
            if state.withLock({ $0.isClosing }) {
                if frame.opcode == .connectionClose { return }
                continue
            }
            state.withLock { $0.lastHeard = .now }
            guard frame.maskKey != nil else {
                close(.protocolError, "client frames must be masked")
                continue
            }
            switch frame.opcode {
            case .connectionClose:
                try await outbound.write(WebSocketFrame(fin: true, opcode: .connectionClose, data: closeEcho(frame)))
                return
            case .ping: try await outbound.write(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData))
            case .pong: break
            case .text, .continuation:
                guard (frame.opcode == .continuation) == isFragmented else {
                    close(.protocolError, "unexpected fragment")
                    continue
                }
                guard message.readableBytes + frame.length <= service.parts.limits.body else {
                    close(.tooBig, "a message may have \(service.parts.limits.body) bytes")
                    continue
                }
                message.writeImmutableBuffer(frame.unmaskedData)
                isFragmented = !frame.fin
                guard frame.fin else { continue }
                let text = Data(message.readableBytesView)
                message.clear()
                try await handle(text, outbound, &group)
            default:
                try await refuse(BadFrame(error: ChatError(.invalidRequest, "text frames only, not binary")), outbound)
            }
        }
    }

    /// The close code that the client gave, back to it.
    private func closeEcho(_ frame: WebSocketFrame) -> ByteBuffer {
        var data = frame.unmaskedData
        return data.readSlice(length: min(2, data.readableBytes)) ?? ByteBuffer()
    }

    private func handle(_ text: Data, _ outbound: Outbound, _ group: inout TaskGroup<Void>) async throws {
        var clientMessageID: String?
        state.withLock { $0.isBusy = true }
        defer {
            let isLeaving = state.withLock { state in
                state.isBusy = false
                return state.isLeaving
            }
            if isLeaving { close(.goingAway, "the server is going away") }
        }
        do {
            let frame = try ClientFrame(text, reader: reader)
            if case .message(_, let id) = frame { clientMessageID = id }
            try await perform(frame, outbound, &group)
        } catch let bad as BadFrame {
            try await refuse(bad, outbound)
        } catch let error as ChatError {
            try await report(error, clientMessageID: clientMessageID, outbound)
        } catch is ChannelError {
            throw CancellationError()
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            logger.error("socket request failed", metadata: ["error": .string(String(describing: error))])
            try await report(ChatError(.internal, "something went wrong"), clientMessageID: clientMessageID, outbound)
        }
    }

    private func perform(_ frame: ClientFrame, _ outbound: Outbound, _ group: inout TaskGroup<Void>) async throws {
        switch frame {
        case .ping: try await send(.pong, outbound)
        case .typing: try requireConversation(or: "typing")
        case .start(let request):
            let principal = try await principal()
            try refuseSecondStart()
            try service.parts.limiter.admitMessage(principal, conversation: nil, address: handshake.origin.address)
            let conversation = try await service.parts.chat.start(request, as: principal)
            let subscription = try await service.parts.chat.follow(conversation.id, as: principal)
            try await begin(conversation.id, subscription, sentSeq: 0, lastSeq: 0, outbound, &group)
        case .resume(let id, let after):
            let principal = try await principal()
            try refuseSecondStart()
            try await resume(id, after: after, principal, outbound, &group)
        case .message(let content, let clientMessageID):
            try await respond(content, clientMessageID: clientMessageID, outbound)
        case .feedback(let messageID, let rating, let comment):
            let conversation = try requireConversation(or: "feedback")
            let principal = try await principal()
            guard let message = MessageID(messageID) else {
                throw ChatError(.notFound, "there is no such reply in this conversation")
            }
            try await service.parts.chat.record(
                Feedback(conversation: conversation, message: message, rating: rating, comment: comment), as: principal)
            try await send(.acceptedFeedback(message), outbound)
        }
    }

    /// Looked up afresh for every frame that does something: a revoked key ends the socket.
    private func principal() async throws -> Principal {
        do {
            let principal = try await service.parts.authenticator.authenticate(handshake.key, from: handshake.origin)
            try service.parts.limiter.admit(principal)
            return principal
        } catch let error as ChatError where error.code == .unauthorized {
            close(.unauthorized, error.message)
            throw error
        } catch let error as ChatError where error.code == .forbidden {
            close(.forbidden, error.message)
            throw error
        }
    }

    @discardableResult
    private func requireConversation(or type: String) throws -> ConversationID {
        guard let id = state.withLock({ $0.conversation }) else {
            throw BadFrame(error: ChatError(.invalidRequest, "'start' or 'resume' must come before '\(type)'"))
        }
        return id
    }

    private func refuseSecondStart() throws {
        guard state.withLock({ $0.conversation == nil }) else {
            throw BadFrame(
                error: ChatError(.invalidRequest, "this socket has a conversation already; open another socket"))
        }
    }
}

// MARK: - Conversation

extension SocketSession {
    private func resume(
        _ id: ConversationID, after: Int, _ principal: Principal, _ outbound: Outbound, _ group: inout TaskGroup<Void>
    ) async throws {
        let chat = service.parts.chat
        // First the live feed, then the history: what is committed between the two is in both, and skipped once.
        let subscription = try await chat.follow(id, as: principal)
        state.withLock { $0.subscription = subscription }
        let conversation = try await chat.conversation(id, as: principal)
        guard after <= conversation.lastSeq else {
            subscription.cancel()
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
        follow(id, subscription, sentSeq: sent, outbound, &group)
    }

    private func begin(
        _ id: ConversationID, _ subscription: FeedSubscription, sentSeq: Int, lastSeq: Int, _ outbound: Outbound,
        _ group: inout TaskGroup<Void>
    ) async throws {
        state.withLock { $0.subscription = subscription }
        try await send(.ready(id, lastSeq: lastSeq, heartbeat: service.parts.heartbeat), outbound)
        follow(id, subscription, sentSeq: sentSeq, outbound, &group)
    }

    private func follow(
        _ id: ConversationID, _ subscription: FeedSubscription, sentSeq: Int, _ outbound: Outbound,
        _ group: inout TaskGroup<Void>
    ) {
        state.withLock { $0.conversation = id }
        group.addTask {
            for await event in subscription.events {
                guard (try? await self.show(event, own: subscription.id, sentSeq: sentSeq, outbound)) != nil else {
                    break
                }
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
            let lastSeq = turn.replies.last?.seq ?? turn.message.seq
            if origin == own {
                try await send(.acceptedMessage(clientMessageID: turn.clientMessageID, seq: turn.message.seq), outbound)
            } else if turn.message.seq > sentSeq {
                try await send(.message(turn.message, nil), outbound)
            }
            for reply in turn.replies where reply.seq > sentSeq {
                try await send(.message(reply, turn.decision), outbound)
            }
            if origin == own { try await send(.typing(false), outbound) }
            delivered.reach(lastSeq)
        }
    }

    private func respond(_ content: InboundContent, clientMessageID: String, _ outbound: Outbound) async throws {
        let conversation = try requireConversation(or: "message")
        let principal = try await principal()
        try service.parts.limiter.admitMessage(principal, conversation: conversation, address: handshake.origin.address)
        state.withLock { $0.refusals = 0 }
        try await send(.typing(true), outbound)
        let origin = state.withLock { $0.subscription?.id }
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
        guard result.isReplay else {
            // The feed shows it; the next message of this socket waits until that has been written.
            return await delivered.wait(for: result.turn.replies.last?.seq ?? result.turn.message.seq)
        }
        try await send(.acceptedMessage(clientMessageID: clientMessageID, seq: result.turn.message.seq), outbound)
        for reply in result.turn.replies { try await send(.message(reply, result.turn.decision), outbound) }
        try await send(.typing(false), outbound)
    }
}

// MARK: - Writing and watching

extension SocketSession {
    /// Waits while the client reads slowly.
    private func send(_ frame: ServerFrame, _ outbound: Outbound) async throws {
        let data = try JSONEncoder.frontdesk().encode(frame)
        try await outbound.write(WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(bytes: data)))
    }

    private func refuse(_ bad: BadFrame, _ outbound: Outbound) async throws {
        try await send(.error(bad.error, clientMessageID: bad.clientMessageID), outbound)
        // What is merely not there, or too long, is no breach of the protocol.
        guard bad.error.code == .invalidRequest else { return }
        let count = state.withLock { state in
            state.badFrames += 1
            return state.badFrames
        }
        if count >= service.parts.badFrameLimit { close(.badFrames, "too many bad frames") }
    }

    private func report(_ error: ChatError, clientMessageID: String?, _ outbound: Outbound) async throws {
        guard !state.withLock({ $0.isClosing }) else { return }
        try await send(.error(error, clientMessageID: clientMessageID), outbound)
        guard error.code == .rateLimited else { return }
        let count = state.withLock { state in
            state.refusals += 1
            return state.refusals
        }
        if count >= service.parts.refusalLimit { close(.tooFast, "too many messages") }
    }

    private func watchHeartbeat() async {
        let patience = Duration.seconds(service.parts.heartbeat * 2)
        while !Task.isCancelled {
            let silence = ContinuousClock.now - state.withLock { $0.lastHeard }
            guard silence < patience else { return close(.noHeartbeat, "no heartbeat") }
            try? await Task.sleep(for: patience - silence)
        }
    }
}

/// Lets a task wait until the feed has shown everything up to a seq.
final class DeliveryGate: Sendable {
    private struct State {
        var reached = 0
        var isOpen = false
        var waiter: (seq: Int, continuation: CheckedContinuation<Void, Never>)?
    }

    private let state = Mutex(State())

    func reach(_ seq: Int) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.reached = max(state.reached, seq)
            guard let waiter = state.waiter, waiter.seq <= state.reached else { return nil }
            state.waiter = nil
            return waiter.continuation
        }
        waiter?.resume()
    }

    /// Lets everyone through, now and later.
    func open() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.isOpen = true
            defer { state.waiter = nil }
            return state.waiter?.continuation
        }
        waiter?.resume()
    }

    func wait(for seq: Int) async {
        await withCheckedContinuation { continuation in
            let mayPass = state.withLock { state in
                if state.isOpen || state.reached >= seq { return true }
                state.waiter = (seq, continuation)
                return false
            }
            if mayPass { continuation.resume() }
        }
    }
}
