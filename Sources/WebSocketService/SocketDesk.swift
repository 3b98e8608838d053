import ConversationDomain
import NIOCore
import People
import Wire

/// What one socket follows beside a conversation of its own; on the socket's event loop only.
final class SocketDesk {
    /// A conversation that is followed; messages up to `sentSeq` were sent before the subscription's own.
    struct Follow {
        let subscription: FeedSubscription
        let sentSeq: Int
    }

    /// Conversations that one socket may follow.
    static let followLimit = 50

    private(set) var follows: [ConversationID: Follow] = [:]
    private(set) var queue: FeedSubscription?
    /// That the agent is connected, from the first frame on.
    private(set) var attendance: Attendance?

    func add(_ follow: Follow, of id: ConversationID) {
        follows.updateValue(follow, forKey: id)?.subscription.cancel()
    }

    func add(_ subscription: FeedSubscription) {
        queue?.cancel()
        queue = subscription
    }

    func add(_ attendance: Attendance) {
        self.attendance?.end()
        self.attendance = attendance
    }

    /// - Parameter id: nil for everything.
    func remove(_ id: ConversationID?) {
        guard let id else { return removeAll() }
        follows.removeValue(forKey: id)?.subscription.cancel()
    }

    private func removeAll() {
        for follow in follows.values { follow.subscription.cancel() }
        follows = [:]
        queue?.cancel()
        queue = nil
    }

    func end() {
        removeAll()
        attendance?.end()
        attendance = nil
    }
}

/// What came of an agent's frame.
enum DeskOutcome: Sendable {
    case followed(ConversationID, FeedSubscription, sentSeq: Int)
    case queue(FeedSubscription)
    case done
}

// MARK: - What the client says

extension SocketSession {
    /// - Throws: ``BadFrame``.
    func perform(_ frame: DeskFrame) throws {
        let isNew = desk?.attendance == nil
        switch frame {
        case .unfollow(let id):
            guard countSmallFrame() else { return }
            desk?.remove(id)
            write(.follower(.unfollowed(id)))
        case .follow(let id, let after):
            guard countSmallFrame() else { return }
            guard desk?.follows[id] != nil || (desk?.follows.count ?? 0) < SocketDesk.followLimit else {
                throw BadFrame(
                    error: ChatError(
                        .conflict, "a socket follows at most \(SocketDesk.followLimit) conversations; unfollow one"))
            }
            run { try await $0.follow(id, after: after, isNew: isNew) }
        case .followQueue(let filter): run { try await $0.followQueue(filter, isNew: isNew) }
        // A visitor asks about their own conversation, which this socket is in.
        case .presence(nil) where conversation != nil && !principal.scopes.contains(.agent) && !principal.seesAllApps:
            let own = try requireConversation(for: "presence")
            run { try await $0.visitorPresence(in: own) }
        case .presence(let id): run { try await $0.presence(of: id, isNew: isNew) }
        case .typing(let id, let isOn):
            run { try await $0.typing(isOn, in: id) }
        case .read(let id, let seq):
            // A visitor's socket has a conversation of its own, an agent's names one.
            let own = id == nil ? try requireConversation(for: "read") : nil
            guard let read = id ?? own else { return }
            run { try await $0.read(seq, of: read, by: own == nil ? .agent : .visitor) }
        }
    }

    /// The visitor writes, which those who follow are shown a few times a second at most.
    func visitorTypes(_ isOn: Bool, in id: ConversationID) {
        guard let service = service.parts.desk, typing.shows(isOn, now) else { return }
        service.visitorTypes(isOn, in: id)
    }

    func finish(_ outcome: DeskOutcome, _ attendance: Attendance?) {
        guard !isClosing else {
            attendance?.end()
            return outcome.cancel()
        }
        let desk = desk ?? SocketDesk()
        self.desk = desk
        if let attendance { desk.add(attendance) }
        switch outcome {
        case .followed(let id, let subscription, let sentSeq):
            desk.add(SocketDesk.Follow(subscription: subscription, sentSeq: sentSeq), of: id)
        case .queue(let subscription): desk.add(subscription)
        case .done: return
        }
        showFollowed()
    }
}

extension DeskOutcome {
    fileprivate func cancel() {
        switch self {
        case .followed(_, let subscription, _), .queue(let subscription): subscription.cancel()
        case .done: break
        }
    }
}

/// Decides which of a client's `typing` frames are passed on.
struct TypingPace {
    /// Between two that are passed on.
    static let least = Duration.milliseconds(200)
    /// After which the same is said again.
    static let again = Duration.seconds(3)

    private var shown: (isOn: Bool, at: ContinuousClock.Instant)?

    mutating func shows(_ isOn: Bool, _ now: ContinuousClock.Instant) -> Bool {
        if let shown, now - shown.at < (isOn == shown.isOn ? Self.again : Self.least) { return false }
        if shown == nil, !isOn { return false }
        shown = (isOn, now)
        return true
    }
}

// MARK: - What happens in what is followed

extension SocketSession {
    /// Shows what has come, as fast as the client takes it.
    func showFollowed() {
        guard let desk else { return }
        for (id, follow) in desk.follows { show(follow.subscription, of: id) }
        if let queue = desk.queue { show(queue, of: nil) }
    }

    /// - Parameter id: nil for the queue.
    private func show(_ subscription: FeedSubscription, of id: ConversationID?) {
        guard let eventLoop = context?.eventLoop else { return }
        while isWritable, !isClosing {
            // What is not followed any more may still call.
            let follow = id.flatMap { desk?.follows[$0] }
            guard (id == nil ? desk?.queue : follow?.subscription)?.id == subscription.id else { return }
            switch subscription.take() {
            case .event(let event): show(event, of: id, after: follow?.sentSeq ?? 0)
            case .nothing:
                let socket = NIOLoopBound(self, eventLoop: eventLoop)
                return subscription.whenReady {
                    eventLoop.execute {
                        socket.value.show(subscription, of: id)
                        socket.value.flush()
                    }
                }
            case .ended: return close(.goingAway, "too slow; follow again to go on")
            }
        }
    }

    private func show(_ event: FeedEvent, of id: ConversationID?, after sentSeq: Int) {
        func write(_ frame: FollowerFrame) { self.write(.follower(frame)) }
        switch (event, id) {
        case (.waits(let conversation), _): write(.waits(conversation))
        case (.waitsNoMore(let id, let status), _): write(.waitsNoMore(id, status))
        case (.turn(let turn, _), let id?):
            if turn.message.seq > sentSeq { write(.message(id, turn.message, nil, author: nil)) }
            let decision = turn.decision.map { DecisionView($0, for: .secret) }
            for reply in turn.replies where reply.seq > sentSeq { write(.message(id, reply, decision, author: nil)) }
        case (.posted(let posted), let id?):
            if posted.message.seq > sentSeq { write(.message(id, posted.message, nil, author: posted.author)) }
        case (.status(let status, let agent), let id?): write(.status(id, status, agent: agent))
        case (.noted(let note), let id?): write(.note(id, note))
        case (.typing(let side, let isOn, let agent), let id?): write(.typing(id, side, isOn, agent: agent))
        case (.read(let side, let seq), let id?): write(.read(id, side, seq: seq))
        case (.visitorPresence(let isConnected), let id?): write(.visitorPresence(id, isConnected))
        case (.turn, nil), (.posted, nil), (.status, nil), (.noted, nil), (.typing, nil), (.read, nil),
            (.visitorPresence, nil):
            break
        // Agents' sockets send no visitor's frames.
        case (.repeated, _), (.rated, _): break
        }
    }
}

// MARK: - Working

extension SocketWork {
    private var desk: any DeskService {
        get throws {
            guard let desk = service.parts.desk else {
                throw ChatError(.notFound, "nobody but the bot answers in these conversations")
            }
            return desk
        }
    }

    /// - Parameter isNew: it is the socket's first frame of an agent.
    private func attended(_ principal: Principal, isNew: Bool, _ body: () async throws -> DeskOutcome) async throws
        -> SocketOutcome
    {
        try principal.require(.agent)
        let attendance = isNew ? try await desk.attend(as: principal) : nil
        do {
            return .desk(try await body(), attendance)
        } catch {
            attendance?.end()
            throw error
        }
    }

    func follow(_ id: ConversationID, after: Int?, isNew: Bool) async throws -> SocketOutcome {
        let principal = try await principal()
        return try await attended(principal, isNew: isNew) {
            let following = try await desk.follow(id, withHistory: after != nil, as: principal)
            do {
                return .followed(
                    id, following.subscription,
                    sentSeq: try await showHistory(of: following, after: after, as: principal))
            } catch {
                following.subscription.cancel()
                throw error
            }
        }
    }

    /// - Returns: the seq of the last message that was sent, or that was not asked for.
    private func showHistory(of following: ConversationFollowing, after: Int?, as principal: Principal) async throws
        -> Int
    {
        let conversation = following.conversation
        if let after, after > conversation.lastSeq {
            throw ChatError(.invalidRequest, "'after' is beyond the conversation's last seq \(conversation.lastSeq)")
        }
        try await send(.follower(.following(conversation, visitorIsConnected: following.visitorIsConnected)))
        guard var sent = after else { return conversation.lastSeq }
        for note in following.notes {
            let shown = FollowedNote(
                id: note.id.rawValue, text: note.text, author: note.author, createdAt: note.createdAt)
            try await send(.follower(.note(conversation.id, shown)))
        }
        while true {
            let page = try await service.parts.chat.messages(
                in: conversation.id, after: sent, limit: service.parts.limits.pageDefault, as: principal)
            for message in page.messages {
                let author = following.authors[message.id]
                try await send(.follower(.message(conversation.id, message, nil, author: author)))
            }
            guard let last = page.messages.last else { return sent }
            sent = last.seq
        }
    }

    /// First the changes, then what is there: what changes between the two is told once more.
    func followQueue(_ filter: QueueFilter, isNew: Bool) async throws -> SocketOutcome {
        let principal = try await principal()
        return try await attended(principal, isNew: isNew) {
            let subscription = try desk.followQueue(filter, as: principal)
            do {
                var (shown, cursor) = (0, ConversationID?.none)
                repeat {
                    let page = try await desk.queue(filter, after: cursor, as: principal)
                    for conversation in page.conversations { try await send(.follower(.waits(conversation))) }
                    shown += page.conversations.count
                    cursor = page.next
                } while cursor != nil && shown < QueueFilter.snapshotLimit
                try await send(.follower(.queueShown(count: shown, next: cursor)))
                return .queue(subscription)
            } catch {
                subscription.cancel()
                throw error
            }
        }
    }

    func presence(of id: ConversationID?, isNew: Bool) async throws -> SocketOutcome {
        let principal = try await principal()
        return try await attended(principal, isNew: isNew) {
            try await send(.follower(.presence(try await desk.presence(in: id, as: principal), of: id)))
            return .done
        }
    }

    func typing(_ isOn: Bool, in id: ConversationID) async throws -> SocketOutcome {
        try await desk.typing(isOn, in: id, name: nil, as: try await principal())
        return .desk(.done, nil)
    }

    func read(_ seq: Int, of id: ConversationID, by side: ConversationSide) async throws -> SocketOutcome {
        let marks = try await desk.read(seq, of: id, by: side, as: try await principal())
        switch side {
        case .visitor: try await send(.read(.visitor, seq: marks.visitor))
        case .agent: try await send(.follower(.read(id, .agent, seq: marks.agent)))
        }
        return .desk(.done, nil)
    }
}
