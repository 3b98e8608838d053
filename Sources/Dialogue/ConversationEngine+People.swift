public import ConversationDomain
import Foundation
public import People

/// What people do in conversations: in line with the turns, committed as one, and told to whoever follows.
extension ConversationEngine: PeopleService {
    public func conversations(_ query: ConversationQuery, as principal: Principal) async throws -> ConversationPage {
        try principal.require(.agent)
        let me = query.holder == .me ? try await author(principal, name: nil).id : nil
        return try await people.conversations(query, of: principal.seesAllApps ? nil : principal.app, me: me)
    }

    public func perform(_ order: HandoverOrder, on id: ConversationID, as principal: Principal) async throws
        -> Conversation
    {
        try principal.require(.agent)
        _ = try await conversation(id, as: principal)
        let step = try await step(order, principal)
        return try await change(id, as: principal) { try $0.after(step, at: $1) }
    }

    private func step(_ order: HandoverOrder, _ principal: Principal) async throws -> HandoverStep {
        switch order {
        case .take(let name, let force): return .take(try await author(principal, name: name), force: force)
        case .giveBack: return .giveBack
        case .reopen: return .reopen
        case .assign(let name?, nil): return .assign(try await colleague(name, principal))
        case .assign(nil, let team?): return .passOn(team)
        case .assign: throw ChatError(.invalidRequest, "one of 'agent' and 'team' is required, not both")
        }
    }

    public func reply(
        _ text: String, clientMessageID: String?, to id: ConversationID, name: String?, as principal: Principal
    ) async throws -> PostResult {
        try principal.require(.agent)
        _ = try await conversation(id, as: principal)
        let author = try await author(principal, name: name)
        let people = try people
        return try await inLine(id) { [self] in
            if let clientMessageID, let known = try await people.posted(clientMessageID, in: id) {
                guard UTF8Text(known.message.text) == UTF8Text(text) else {
                    throw ChatError(.conflict, "this client_message_id was used for another reply in the conversation")
                }
                return PostResult(message: known.message, status: .agent, isReplay: true)
            }
            let message = parts.ids.next(MessageID.self)
            let after = try await committed(id, as: principal) { before, time in
                var (after, events) = try before.after(.take(author, force: false), at: time)
                after.lastSeq += 1
                let posted = PostedMessage(
                    message: Message(
                        id: message, seq: after.lastSeq, from: .agent, text: text, agent: author.name, createdAt: time),
                    author: author, clientMessageID: clientMessageID)
                events.append(.posted(posted))
                return (after, events)
            }
            guard case .posted(let posted)? = after.events.last else { throw Self.notFound }
            return PostResult(message: posted.message, status: after.conversation.status, isReplay: false)
        }
    }

    public func edit(_ edit: ConversationEdit, of id: ConversationID, as principal: Principal) async throws
        -> Conversation
    {
        guard principal.kind == .secret else {
            throw ChatError(.forbidden, "a publishable key cannot change what is known of a conversation")
        }
        return try await change(id, as: principal) { before, _ in
            var after = before
            after.metadata = edit.metadata.applied(to: before.metadata)
            after.visitor = edit.visitor.applied(to: before.visitor)
            if edit.visitor != .keep { after.visitorIsProven = after.visitor?.id != nil }
            after.externalID = edit.externalID.applied(to: before.externalID)
            return (after, after == before ? [] : [.edited])
        }
    }

    public func note(_ text: String, on id: ConversationID, name: String?, as principal: Principal) async throws -> Note
    {
        try principal.require(.agent)
        _ = try await conversation(id, as: principal)
        let author = try await author(principal, name: name)
        let note = parts.ids.next(NoteID.self)
        return try await inLine(id) { [self] in
            let done = try await committed(id, as: principal) { before, _ in
                (before, [.noted(id: note.rawValue, text: text, by: author)])
            }
            return Note(id: note, author: author, text: text, createdAt: done.at)
        }
    }

    public func notes(on id: ConversationID, as principal: Principal) async throws -> [Note] {
        try principal.require(.agent)
        _ = try await conversation(id, as: principal)
        return try await people.notes(on: id)
    }

    public func transcript(of id: ConversationID, as principal: Principal) async throws -> Transcript {
        try principal.require(.agent)
        let conversation = try await conversation(id, as: principal)
        var messages: [Message] = []
        var last = max(0, conversation.lastSeq - Transcript.messageLimit)
        while last < conversation.lastSeq {
            let page = try await store.messages(in: id, after: last, limit: Self.transcriptPage)
            guard let newest = page.messages.last else { break }
            messages += page.messages
            last = newest.seq
        }
        return Transcript(
            conversation: conversation, messages: messages, authors: try await people.authors(in: id),
            notes: try await people.notes(on: id))
    }

    /// Messages that are read at once.
    private static let transcriptPage = 500

    public func find(_ externalID: String, orStart request: ConversationRequest, as principal: Principal) async throws
        -> (conversation: Conversation, isNew: Bool)
    {
        try principal.require(.chat)
        guard principal.kind == .secret else {
            throw ChatError(
                .forbidden, "'external_id' is for secret keys: it leads to a conversation that may be another's")
        }
        return try await people.createOrFind(new(request, of: principal, externalID: externalID))
    }
}

// MARK: - Changing a conversation

extension ConversationEngine {
    var people: any PeopleStore {
        get throws {
            guard let people = parts.people else {
                throw ChatError(.notFound, "nobody but the bot answers in these conversations")
            }
            return people
        }
    }

    /// Runs in the conversation's line, and to its end also when the caller goes away.
    func inLine<Value: Sendable>(_ id: ConversationID, _ body: @escaping @Sendable () async throws -> Value)
        async throws -> Value
    {
        try await Task { [line] in try await line.run(id) { try await body() } }.value
    }

    private func change(
        _ id: ConversationID, as principal: Principal,
        _ body: @escaping @Sendable (Conversation, Date) throws -> (Conversation, [ConversationEvent])
    ) async throws -> Conversation {
        _ = try await conversation(id, as: principal)
        return try await inLine(id) { [self] in try await committed(id, as: principal, body).conversation }
    }

    /// Commits what `body` makes of the conversation and tells its followers; nothing when nothing happened. The caller stands in
    /// the conversation's line.
    /// - Parameter principal: nil for the bot itself.
    func committed(
        _ id: ConversationID, as principal: Principal?,
        _ body: (Conversation, Date) throws -> (Conversation, [ConversationEvent])
    ) async throws -> (conversation: Conversation, events: [ConversationEvent], at: Date) {
        let people = try people
        try await store.storeIfPending(id)
        guard let before = try await store.conversation(id) else { throw Self.notFound }
        if let principal { try check(before, principal) }
        let time = now()
        let (after, events) = try body(before, time)
        guard !events.isEmpty else { return (before, [], time) }
        try await people.commit(ConversationChange(before: before, after: after, events: events, at: time))
        tell(events, of: after, at: time)
        queue.changed(from: before, to: after)
        return (after, events, time)
    }

    /// First who answers, then what was said.
    private func tell(_ events: [ConversationEvent], of conversation: Conversation, at time: Date) {
        let changesHands = events.contains { event in
            switch event {
            case .statusChanged, .handoffTaken: true
            default: false
            }
        }
        if changesHands {
            feed.publish(.status(conversation.status, agent: conversation.agentName), to: conversation.id)
        }
        for event in events {
            switch event {
            case .posted(let posted): feed.publish(.posted(posted), to: conversation.id)
            case .noted(let id, let text, let author):
                let note = FollowedNote(id: id, text: text, author: author, createdAt: time)
                feed.publish(.noted(note), to: conversation.id)
            default: break
            }
        }
    }
}

// MARK: - Who writes

extension ConversationEngine {
    /// - Parameter name: of the person whom a program's key speaks for.
    func author(_ principal: Principal, name: String?) async throws -> Assignee {
        let people = try people
        if let own = try await people.agent(of: principal.key) {
            guard name.map({ UTF8Text($0) == UTF8Text(own.name) || UTF8Text($0) == UTF8Text(own.id.rawValue) }) ?? true
            else {
                throw ChatError(
                    .invalidRequest,
                    "'agent': this key is \(own.name)'s own; only the key of a program speaks for several people")
            }
            return own.assignee
        }
        let shown: String
        if let name { shown = name } else { shown = try await people.name(of: principal.key) ?? principal.key.rawValue }
        return Assignee(id: principal.key.rawValue, name: shown)
    }

    /// Somebody else, by id or name.
    private func colleague(_ name: String, _ principal: Principal) async throws -> Assignee {
        let people = try people
        let found: Agent?
        if let id = AgentID(name) {
            found = try await people.agent(id)
        } else {
            found = try await people.agent(named: name, of: principal.app)
        }
        if let found, found.disabledAt == nil, principal.seesAllApps || found.app == principal.app {
            return found.assignee
        }
        guard AgentID(name) == nil, try await people.agent(of: principal.key) == nil else {
            throw ChatError(.notFound, "there is no such agent")
        }
        return Assignee(id: principal.key.rawValue, name: name)
    }
}
