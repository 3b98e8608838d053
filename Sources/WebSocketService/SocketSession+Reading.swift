import Access
import ConversationDomain
import Foundation
import Logging
import NIOCore
import NIOWebSocket
import Synchronization

/// What the client says.
extension SocketSession {
    /// Reads until the client is gone or has said goodbye.
    /// - Throws: ``Gone``.
    func read(
        _ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>, _ outbound: Outbound, _ group: inout TaskGroup<Void>
    ) async throws {
        var joiner = FrameJoiner(limit: service.parts.limits.body)
        for try await frame in inbound {
            let now = now
            let isClosing = state.withLock { state in
                state.lastHeard = now
                return state.isClosing
            }
            if frame.opcode == .connectionClose {
                if !isClosing { try await answerClose(frame, outbound) }
                return
            }
            // What comes after our close frame is read, so that the connection is not reset, and dropped.
            if isClosing { continue }
            guard frame.maskKey != nil else {
                close(.protocolError, "client frames must be masked")
                continue
            }
            switch frame.opcode {
            case .ping:
                try await send(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData), outbound)
            case .pong: break
            case .text, .binary, .continuation: try await take(joiner.add(frame), outbound, &group)
            default: close(.protocolError, "unknown opcode")
            }
        }
    }

    private func answerClose(_ frame: WebSocketFrame, _ outbound: Outbound) async throws {
        var data = frame.unmaskedData
        let code = data.readSlice(length: min(2, data.readableBytes)) ?? ByteBuffer()
        state.withLock { $0.isClosing = true }
        try await send(WebSocketFrame(fin: true, opcode: .connectionClose, data: code), outbound)
    }

    private func take(_ outcome: FrameJoiner.Outcome, _ outbound: Outbound, _ group: inout TaskGroup<Void>)
        async throws
    {
        switch outcome {
        case .unfinished: break
        case .misplaced: close(.protocolError, "unexpected fragment")
        case .tooBig: close(.tooBig, "a message may have \(service.parts.limits.body) bytes")
        case .binary:
            try await refuse(BadFrame(error: ChatError(.invalidRequest, "text frames only, not binary")), outbound)
        case .text(let text):
            guard beginWork() else { return }
            try await handle(text, outbound, &group)
            endWork()
        }
    }

    private func handle(_ text: Data, _ outbound: Outbound, _ group: inout TaskGroup<Void>) async throws {
        var clientMessageID: String?
        do {
            let frame = try ClientFrame(text, reader: reader)
            if case .message(_, let id) = frame { clientMessageID = id }
            try await perform(frame, outbound, &group)
        } catch let gone as Gone {
            throw gone
        } catch let bad as BadFrame {
            try await refuse(bad, outbound)
        } catch let error as ChatError {
            if error.code == .internal { log(error) }
            try await report(error, clientMessageID: clientMessageID, outbound)
        } catch {
            log(error)
            try await report(ChatError(.internal, "something went wrong"), clientMessageID: clientMessageID, outbound)
        }
    }

    private func log(_ error: any Error) {
        logger.error("socket request failed", metadata: ["error": .string(String(describing: error))])
    }

    private func perform(_ frame: ClientFrame, _ outbound: Outbound, _ group: inout TaskGroup<Void>) async throws {
        switch frame {
        case .ping: try await send(.pong, outbound)
        case .typing: try requireConversation(for: "typing")
        case .start(let request): try await start(request, outbound, &group)
        case .resume(let id, let after): try await resume(id, after: after, outbound, &group)
        case .message(let content, let clientMessageID):
            try await respond(content, clientMessageID: clientMessageID, outbound)
        case .feedback(let messageID, let rating, let comment):
            let conversation = try requireConversation(for: "feedback")
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
    func principal() async throws -> Principal {
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

    /// - Throws: ``BadFrame`` when neither `start` nor `resume` came before.
    @discardableResult
    func requireConversation(for type: String) throws -> ConversationID {
        guard let id = state.withLock({ $0.conversation }) else {
            throw BadFrame(error: ChatError(.invalidRequest, "'start' or 'resume' must come before '\(type)'"))
        }
        return id
    }
}

// MARK: - Refusing

extension SocketSession {
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
        // The close frame says it already.
        guard !state.withLock({ $0.isClosing }) else { return }
        try await send(.error(error, clientMessageID: clientMessageID), outbound)
        guard error.code == .rateLimited else { return }
        let count = state.withLock { state in
            state.refusals += 1
            return state.refusals
        }
        if count >= service.parts.refusalLimit { close(.tooFast, "too many messages") }
    }
}
