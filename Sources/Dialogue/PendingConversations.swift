import ConversationDomain
import Foundation
import Synchronization
import Wire

/// New conversations in which nothing has been said. They are kept in memory and stored with their first turn, so that
/// opening a page costs no disk; a restart, or many newer ones, forgets them.
final class PendingConversations: Sendable {
    private struct Entry {
        /// Without metadata, which would take many times its length as a value.
        var conversation: Conversation
        let metadata: Data?
        let client: ClientNetwork?
        let bytes: Int
    }

    private struct State {
        var entries: [ConversationID: Entry] = [:]
        /// Oldest first; those that are not in `entries` any more are skipped.
        var order: [ConversationID] = []
        var byClient: [ClientNetwork: [ConversationID]] = [:]
        var bytes = 0
        var dropped = 0
    }

    private let limits: PendingConversationLimits
    private let state = Mutex(State())

    init(limits: PendingConversationLimits) { self.limits = limits }

    /// How many there are, and how many were forgotten to keep the limits or because of their age.
    var metrics: (count: Int, dropped: Int) { state.withLock { ($0.entries.count, $0.dropped) } }

    /// - Parameter client: whose it is; a client's oldest gives way to its newest.
    func add(_ conversation: Conversation, client: ClientNetwork?, now: Date) {
        var small = conversation
        small.metadata = nil
        let metadata = conversation.metadata.flatMap { try? JSONEncoder.frontdesk().encode($0) }
        let visitor = conversation.visitor
        let fields = [visitor?.id, visitor?.name, visitor?.email].reduce(0) { $0 + ($1?.utf8.count ?? 0) }
        let entry = Entry(
            conversation: small, metadata: metadata, client: client, bytes: 600 + fields + (metadata?.count ?? 0))
        state.withLock { state in
            state.entries[conversation.id] = entry
            state.order.append(conversation.id)
            state.bytes += entry.bytes
            if let client {
                state.byClient[client, default: []].append(conversation.id)
                if let own = state.byClient[client], own.count > limits.perClient { drop(own[0], &state) }
            }
            makeRoom(&state, now)
        }
    }

    func conversation(_ id: ConversationID, now: Date) -> Conversation? {
        let found = state.withLock { state -> Entry? in
            guard let entry = state.entries[id] else { return nil }
            guard !isTooOld(entry, now) else {
                drop(id, &state)
                return nil
            }
            return entry
        }
        guard let found else { return nil }
        var conversation = found.conversation
        conversation.metadata = found.metadata.flatMap { try? JSONValue.parse($0) }
        return conversation
    }

    /// False when it is not there.
    func setStatus(_ status: ConversationStatus, of id: ConversationID) -> Bool {
        state.withLock { state in
            guard state.entries[id] != nil else { return false }
            state.entries[id]?.conversation.status = status
            return true
        }
    }

    /// It is stored now.
    func remove(_ id: ConversationID) {
        state.withLock { state in
            guard state.entries[id] != nil else { return }
            drop(id, &state)
            state.dropped -= 1
        }
    }
}

extension PendingConversations {
    private func isTooOld(_ entry: Entry, _ now: Date) -> Bool {
        now.timeIntervalSince(entry.conversation.createdAt) >= limits.seconds
    }

    private func drop(_ id: ConversationID, _ state: inout State) {
        guard let entry = state.entries.removeValue(forKey: id) else { return }
        state.bytes -= entry.bytes
        state.dropped += 1
        guard let client = entry.client else { return }
        state.byClient[client]?.removeAll { $0 == id }
        if state.byClient[client]?.isEmpty == true { state.byClient[client] = nil }
    }

    /// Forgets the oldest until the limits are kept.
    private func makeRoom(_ state: inout State, _ now: Date) {
        var gone = 0
        for id in state.order {
            if let entry = state.entries[id] {
                let isFull = state.entries.count > limits.count || state.bytes > limits.bytes
                guard isFull || isTooOld(entry, now) else { break }
                drop(id, &state)
            }
            gone += 1
        }
        state.order.removeFirst(gone)
        // Those that were stored leave their place in the middle.
        if state.order.count > 2 * state.entries.count + 64 {
            state.order.removeAll { state.entries[$0] == nil }
        }
    }
}

/// The bounds on conversations in which nothing has been said.
public struct PendingConversationLimits: Hashable, Sendable {
    public var count = 20_000
    public var bytes = 32_000_000
    /// Of one address.
    public var perClient = 1_000
    /// How long each is kept.
    public var seconds = 86_400.0

    public init() {}
}
