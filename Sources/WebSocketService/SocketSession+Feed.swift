import ConversationDomain
import NIOCore
import Wire

/// What is committed to the conversation.
extension SocketSession {
    /// Shows what has come, as fast as the client takes it.
    func showFeed() {
        guard let subscription, let eventLoop = context?.eventLoop else { return }
        while isWritable, !isClosing {
            switch subscription.take() {
            case .event(let event): show(event, own: subscription)
            case .nothing:
                let socket = NIOLoopBound(self, eventLoop: eventLoop)
                return subscription.whenReady {
                    eventLoop.execute {
                        socket.value.showFeed()
                        socket.value.flush()
                    }
                }
            case .ended:
                // This socket was too far behind; the client resumes from what it has.
                return close(.goingAway, "resume to go on")
            }
        }
    }

    private func show(_ event: FeedEvent, own: FeedSubscription) {
        switch event {
        case .status(let status, let agent): write(.status(status, agent: agent))
        case .typing(let side, let isOn, let agent): if side == .agent { write(.typing(isOn, agent: agent)) }
        case .read(let side, let seq): write(.read(side, seq: seq))
        // Visitors' sockets do not hear of these.
        case .noted, .visitorPresence, .waits, .waitsNoMore: break
        case .posted(let posted):
            if posted.message.seq > sentSeq { write(.message(posted.message, nil)) }
        case .turn(let turn, let origin):
            show(turn, isOwn: origin == own.id)
            if origin == own.id { acknowledge() }
        case .repeated(let turn):
            show(turn, isOwn: true)
            acknowledge()
        case .rated(let message):
            write(.acceptedFeedback(message))
            acknowledge()
        }
    }

    private func acknowledge() {
        if acknowledgement == .awaited { endWork() } else { acknowledgement = .shown }
    }

    /// - Parameter isOwn: it came through this socket, which is then told so rather than shown its own message.
    private func show(_ turn: Turn, isOwn: Bool) {
        if isOwn {
            write(.acceptedMessage(clientMessageID: turn.clientMessageID, seq: turn.message.seq))
        } else if turn.message.seq > sentSeq {
            write(.message(turn.message, nil))
        }
        let decision = turn.decision.map { DecisionView($0, for: keyKind) }
        for reply in turn.replies where isOwn || reply.seq > sentSeq { write(.message(reply, decision)) }
        if isOwn { write(.typing(false)) }
    }
}
