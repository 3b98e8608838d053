public import ConversationDomain
import Foundation
import ModelRecords
public import People
import Synchronization

/// People who answer in one conversation, whichever is named; what was asked can be looked at.
public final class FakePeople: PeopleService, VisitorService, DeskService {
    public enum Asked: Hashable, Sendable {
        case list(ConversationQuery)
        case order(HandoverOrder)
        case reply(String, id: String?, name: String?)
        case edit(ConversationEdit)
        case note(String, name: String?)
        case find(String, ConversationRequest)
        case wrong(WrongReply)
        case read(Int, ConversationSide?)
        case typing(Bool, name: String?)
    }

    public static let author = Assignee(id: "agent_1", name: "Mia")

    private let state = Mutex([Asked]())
    private let ids = IdentifierGenerator(now: { FakeChat.time })

    public init() {}

    public var asked: [Asked] { state.withLock { $0 } }

    private func note(_ asked: Asked) { state.withLock { $0.append(asked) } }

    private func made(_ id: ConversationID) -> Conversation {
        Conversation(
            id: id, app: AppName(trusted: "shop"), locale: .english, channel: .api,
            visitor: Visitor(id: "c-1", name: "Ann"), metadata: .object(["a": .integer(1)]), createdAt: FakeChat.time,
            externalID: "t-1")
    }

    public func conversations(_ query: ConversationQuery, as principal: Principal) async throws -> ConversationPage {
        note(.list(query))
        return ConversationPage(conversations: [made(ids.next())], next: ids.next())
    }

    public func perform(_ order: HandoverOrder, on id: ConversationID, as principal: Principal) async throws
        -> Conversation
    {
        note(.order(order))
        return try made(id).after(.take(Self.author, force: false), at: FakeChat.time).conversation
    }

    public func reply(
        _ text: String, clientMessageID: String?, to id: ConversationID, name: String?, as principal: Principal
    ) async throws -> PostResult {
        note(.reply(text, id: clientMessageID, name: name))
        let message = Message(id: ids.next(), seq: 1, from: .agent, text: text, createdAt: FakeChat.time)
        return PostResult(message: message, status: .agent, isReplay: clientMessageID == "again")
    }

    public func edit(_ edit: ConversationEdit, of id: ConversationID, as principal: Principal) async throws
        -> Conversation
    {
        note(.edit(edit))
        guard principal.kind == .secret else { throw ChatError(.forbidden, "for secret keys") }
        return made(id)
    }

    public func note(_ text: String, on id: ConversationID, name: String?, as principal: Principal) async throws -> Note
    {
        note(.note(text, name: name))
        return Note(id: ids.next(), author: Self.author, text: text, createdAt: FakeChat.time)
    }

    public func notes(on id: ConversationID, as principal: Principal) async throws -> [Note] {
        [Note(id: ids.next(), author: Self.author, text: "has called twice", createdAt: FakeChat.time)]
    }

    public func transcript(of id: ConversationID, as principal: Principal) async throws -> Transcript {
        let message = Message(id: ids.next(), seq: 1, from: .agent, text: "hello", createdAt: FakeChat.time)
        return Transcript(
            conversation: made(id), messages: [message], authors: [message.id: Self.author],
            notes: try await notes(on: id, as: principal))
    }

    public func find(_ externalID: String, orStart request: ConversationRequest, as principal: Principal) async throws
        -> (conversation: Conversation, isNew: Bool)
    {
        note(.find(externalID, request))
        return (made(ids.next()), externalID == "new")
    }

    // MARK: - Desk

    public func suggestions(for id: ConversationID, limit: Int, as principal: Principal) async throws -> [Suggestion] {
        var suggestion = Suggestion(.reply, text: "From 9 to 21.")
        (suggestion.intent, suggestion.probability) = (IntentName(trusted: "hours"), 0.75)
        return Array(repeating: suggestion, count: limit)
    }

    public func mark(_ wrong: WrongReply, as principal: Principal) async throws -> (review: ReviewID, isNew: Bool) {
        note(.wrong(wrong))
        return (FakeReview.id, wrong.note != "again")
    }

    public func read(_ seq: Int, of id: ConversationID, by side: ConversationSide?, as principal: Principal)
        async throws -> ReadMarks
    {
        note(.read(seq, side))
        return ReadMarks(visitor: 0, agent: seq)
    }

    public func typing(_ isOn: Bool, in id: ConversationID, name: String?, as principal: Principal) async throws {
        note(.typing(isOn, name: name))
    }

    public func visitorTypes(_ isOn: Bool, in id: ConversationID) {}

    public func attend(as principal: Principal) async throws -> Attendance { Attendance {} }

    public func presence(in id: ConversationID?, as principal: Principal) async throws -> Presence {
        Presence(agents: [Self.author], visitorIsConnected: nil)
    }

    public func isPresent(_ agent: Assignee) -> Bool { agent == Self.author }

    public func follow(_ id: ConversationID, withHistory: Bool, as principal: Principal) async throws
        -> ConversationFollowing
    {
        ConversationFollowing(
            conversation: made(id), subscription: FeedSubscription(limit: 1) { _ in }, authors: [:], notes: [],
            visitorIsConnected: false)
    }

    public func followQueue(_ filter: QueueFilter, as principal: Principal) throws -> FeedSubscription {
        FeedSubscription(limit: 1) { _ in }
    }

    public func queue(_ filter: QueueFilter, after cursor: ConversationID?, as principal: Principal) async throws
        -> ConversationPage
    {
        ConversationPage(conversations: [], next: nil)
    }

    // MARK: - Visitors

    public func visitor(_ id: String, as principal: Principal) async throws -> VisitorRecord {
        VisitorRecord(
            visitor: Visitor(id: id, name: "Ann"), conversations: 2, firstSeen: FakeChat.time, lastSeen: FakeChat.time)
    }

    public func export(_ id: String, as principal: Principal) async throws -> (VisitorRecord, [Transcript]) {
        (
            try await visitor(id, as: principal), [try await transcript(of: ids.next(), as: principal)]
        )
    }

    public func erase(_ id: String, as principal: Principal) async throws -> Erasure {
        var erasure = Erasure()
        erasure.conversations = [ids.next(), ids.next()]
        erasure.messages = 14
        return erasure
    }

    public func merge(_ id: String, into other: String, as principal: Principal) async throws -> Int { 2 }

    public func agents(as principal: Principal) async throws -> [Agent] {
        [
            Agent(
                id: ids.next(), app: AppName(trusted: "shop"), name: "Mia", role: .lead,
                teams: [TeamName(trusted: "billing")], key: ids.next(), createdAt: FakeChat.time)
        ]
    }
}
