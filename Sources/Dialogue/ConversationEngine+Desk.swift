public import ConversationDomain
import Foundation
public import People
import Wording

/// What agents do beside answering.
extension ConversationEngine: DeskService {
    private var marks: any MarkStore {
        get throws {
            guard let marks = parts.marks else {
                throw ChatError(.notFound, "nobody but the bot answers in these conversations")
            }
            return marks
        }
    }

    public func mark(_ wrong: WrongReply, as principal: Principal) async throws -> (review: ReviewID, isNew: Bool) {
        try principal.require(.agent)
        _ = try await conversation(wrong.conversation, as: principal)
        let snapshot = parts.content.current()
        if let intent = wrong.intent, intent != .outOfScope, snapshot.intents[intent] == nil {
            throw ChatError(.notFound, "there is no intent '\(intent)'")
        }
        if let entry = wrong.knowledge, snapshot.knowledge[entry] == nil {
            throw ChatError(.notFound, "there is no knowledge entry '\(entry)'")
        }
        return try await marks.mark(wrong, at: now())
    }

    public func read(_ seq: Int, of id: ConversationID, by side: ConversationSide?, as principal: Principal)
        async throws -> ReadMarks
    {
        let found = try await conversation(id, as: principal)
        let side = try self.side(side, of: principal)
        guard seq <= found.lastSeq else {
            throw ChatError(.conflict, "'seq' is beyond the conversation's last seq \(found.lastSeq)")
        }
        guard found.read[side] < seq else { return found.read }
        let marks = try marks
        // In the conversation's line, so that what followers are told never goes back either.
        return try await inLine(id) { [self] in
            guard let current = try await store.conversation(id) else { throw Self.notFound }
            guard current.read[side] < seq else { return current.read }
            guard let read = try await marks.markRead(id, upTo: seq, by: side) else { throw Self.notFound }
            feed.publish(.read(side, upTo: read[side]), to: id)
            return read
        }
    }

    /// For whom the key speaks.
    private func side(_ wanted: ConversationSide?, of principal: Principal) throws -> ConversationSide {
        let isAgents = principal.scopes.contains(.agent) || principal.seesAllApps
        switch wanted ?? (isAgents ? .agent : .visitor) {
        case .agent: try principal.require(.agent)
        case .visitor: try principal.require(.chat)
        }
        return wanted ?? (isAgents ? .agent : .visitor)
    }

    public func typing(_ isOn: Bool, in id: ConversationID, name: String?, as principal: Principal) async throws {
        try principal.require(.agent)
        let conversation = try await conversation(id, as: principal)
        let author = try await author(principal, name: name)
        guard conversation.status != .closed else { throw ChatError(.conflict, "the conversation is closed") }
        if conversation.status == .agent, let holder = conversation.assignee, holder != author {
            throw ChatError(.conflict, "\(holder.name) has this conversation")
        }
        feed.publish(.typing(.agent, isOn, agent: author.name), to: id)
    }

    public func visitorTypes(_ isOn: Bool, in id: ConversationID) {
        feed.publish(.typing(.visitor, isOn, agent: nil), to: id)
    }
}

// MARK: - Following

extension ConversationEngine {
    public func attend(as principal: Principal) async throws -> Attendance {
        try principal.require(.agent)
        return attendance.begin(try await author(principal, name: nil), of: principal.app)
    }

    public func presence(in id: ConversationID?, as principal: Principal) async throws -> Presence {
        try principal.require(.agent)
        if let id { _ = try await conversation(id, as: principal) }
        return Presence(
            agents: attendance.agents(of: principal.seesAllApps ? nil : principal.app),
            visitorIsConnected: id.map(feed.hasVisitor))
    }

    public func isPresent(_ agent: Assignee) -> Bool { attendance.agents(of: nil).contains(agent) }

    public func follow(_ id: ConversationID, withHistory: Bool, as principal: Principal) async throws
        -> ConversationFollowing
    {
        try principal.require(.agent)
        _ = try await conversation(id, as: principal)
        let people = try people
        // First the live feed, then what was before: what happens between the two is in both.
        let subscription = feed.subscribe(to: id, as: .agent)
        do {
            let conversation = try await conversation(id, as: principal)
            return ConversationFollowing(
                conversation: conversation, subscription: subscription,
                authors: withHistory ? try await people.authors(in: id) : [:],
                notes: withHistory ? try await people.notes(on: id) : [], visitorIsConnected: feed.hasVisitor(id))
        } catch {
            subscription.cancel()
            throw error
        }
    }

    public func followQueue(_ filter: QueueFilter, as principal: Principal) throws -> FeedSubscription {
        try principal.require(.agent)
        return queue.subscribe(filter, app: principal.seesAllApps ? nil : principal.app)
    }

    public func queue(_ filter: QueueFilter, after cursor: ConversationID?, as principal: Principal) async throws
        -> ConversationPage
    {
        var query = ConversationQuery()
        (query.statuses, query.team, query.after) = (filter.statuses, filter.team, cursor)
        query.limit = ConversationQuery.limitMaximum
        let page = try await conversations(query, as: principal)
        queue.showed(page.conversations)
        return page
    }
}
