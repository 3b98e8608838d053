import ConversationDomain
import Foundation
import NIOCore
import NIOWebSocket
import Wire

/// What the client says.
extension SocketSession {
    func handle(_ frame: WebSocketFrame) {
        guard frame.maskKey != nil else { return close(.protocolError, "client frames must be masked") }
        guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
            return close(.protocolError, "no extension was agreed on that reserved bits are for")
        }
        switch frame.opcode {
        case .connectionClose: answerClose(frame)
        case .ping:
            guard countSmallFrame() else { return }
            write(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData))
        case .pong: _ = countSmallFrame()
        case .text, .binary, .continuation: take(joiner.add(frame))
        default: close(.protocolError, "unknown opcode")
        }
    }

    private func take(_ outcome: FrameJoiner.Outcome) {
        switch outcome {
        case .unfinished: break
        case .misplaced: close(.protocolError, "unexpected fragment")
        case .tooBig: close(.tooBig, "a message may have \(service.parts.limits.body) bytes")
        case .binary: refuse(BadFrame(error: ChatError(.invalidRequest, "text frames only, not binary")))
        case .text(let text):
            guard !isLeaving else { return }
            do {
                try perform(try ClientFrame(text, reader: service.reader))
            } catch let bad as BadFrame {
                refuse(bad)
            } catch {
                report(error, clientMessageID: nil)
            }
        }
    }

    /// Counts a frame that costs little and is not limited otherwise.
    /// - Returns: false when there were so many that the socket was closed.
    func countSmallFrame() -> Bool {
        if smallFrames.count(now) { return true }
        close(.tooFast, "too many pings")
        return false
    }

    /// - Throws: ``BadFrame``.
    private func perform(_ frame: ClientFrame) throws {
        switch frame {
        case .ping: if countSmallFrame() { write(.pong) }
        case .typing(let isOn):
            if countSmallFrame() { visitorTypes(isOn, in: try requireConversation(for: "typing")) }
        case .desk(let frame): try perform(frame)
        case .start(let request, let proof):
            try refuseSecondStart()
            run { try await $0.start(request, proof) }
        case .resume(let id, let after, let proof):
            try refuseSecondStart()
            run { try await $0.resume(id, after: after, proof) }
        case .message(let content, let clientMessageID):
            let message = InboundMessage(
                conversation: try requireConversation(for: "message"), content: content,
                clientMessageID: clientMessageID, origin: subscription?.id)
            run(clientMessageID: clientMessageID) { try await $0.respond(to: message) }
        case .feedback(let messageID, let rating, let comment):
            let (conversation, origin) = (try requireConversation(for: "feedback"), subscription?.id)
            run { try await $0.record(rating, comment: comment, of: messageID, in: conversation, origin: origin) }
        }
    }

    /// - Throws: ``BadFrame`` when neither `start` nor `resume` came before.
    func requireConversation(for type: String) throws -> ConversationID {
        guard let conversation else {
            throw BadFrame(error: ChatError(.invalidRequest, "'start' or 'resume' must come before '\(type)'"))
        }
        return conversation
    }

    private func refuseSecondStart() throws {
        guard conversation == nil else {
            throw BadFrame(
                error: ChatError(.invalidRequest, "this socket has a conversation already; open another socket"))
        }
    }
}

// MARK: - Working

extension SocketSession {
    /// Runs `body` in a task; other frames wait until it is done and its outcome was written.
    func run(
        clientMessageID: String? = nil, _ body: @escaping @Sendable (SocketWork) async throws -> SocketOutcome
    ) {
        guard let context else { return }
        isBusy = true
        acknowledgement = .wanted
        service.open.beganWork()
        let work = SocketWork(
            service: service, handshake: handshake, eventLoop: context.eventLoop,
            socket: NIOLoopBound(self, eventLoop: context.eventLoop), proven: proven)
        Task {
            let result: Result<SocketOutcome, any Error>
            do { result = .success(try await body(work)) } catch { result = .failure(error) }
            work.onLoop { socket in
                socket.finish(result, clientMessageID: clientMessageID)
                socket.flush()
                socket.service.open.endedWork()
            }
        }
    }

    private func finish(_ result: Result<SocketOutcome, any Error>, clientMessageID: String?) {
        switch result {
        case .success(.following(let id, let subscription, let sentSeq, let keyKind, let proven)):
            guard !isClosing else { return subscription.cancel() }
            self.keyKind = keyKind
            self.proven = proven
            conversation = id
            self.subscription = subscription
            self.sentSeq = sentSeq
            showFeed()
        case .success(.acknowledged):
            // The next frame of this socket waits until that has been written.
            if acknowledgement == .wanted, subscription != nil {
                acknowledgement = .awaited
                return
            }
        case .success(.desk(let outcome, let attendance)): finish(outcome, attendance)
        case .failure(let expulsion as SocketWork.Expulsion): close(expulsion.code, expulsion.reason)
        case .failure(is SocketWork.Gone): break
        case .failure(let error): report(error, clientMessageID: clientMessageID)
        }
        endWork()
    }
}

// MARK: - Refusing

extension SocketSession {
    private func refuse(_ bad: BadFrame) {
        write(.error(bad.error, clientMessageID: bad.clientMessageID))
        // What is merely not there, or too long, is no breach of the protocol.
        guard bad.error.code == .invalidRequest else { return }
        badFrames += 1
        if badFrames >= service.parts.badFrameLimit { close(.badFrames, "too many bad frames") }
    }

    private func report(_ error: any Error, clientMessageID: String?) {
        let known = error as? ChatError ?? ChatError(.internal, "something went wrong")
        if known.code == .internal { log(error) }
        write(.error(known, clientMessageID: clientMessageID))
        guard known.code == .rateLimited else { return }
        refusals += 1
        if refusals >= service.parts.refusalLimit { close(.tooFast, "too many messages") }
    }
}
