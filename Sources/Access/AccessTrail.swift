public import ConversationDomain
internal import Crypto
public import Foundation
internal import Synchronization

/// What the doors have to tell: which keys were used, what was refused, that agents came in and visitors were erased. It is kept in
/// memory, counted and bounded, until somebody takes it away to write it down.
public final class AccessTrail: Sendable {
    /// What has happened since the last time.
    public struct Entries: Sendable {
        public var uses: [KeyID: Date] = [:]
        public var events: [AuditEvent] = []

        public var isEmpty: Bool { uses.isEmpty && events.isEmpty }
    }

    private struct Refusal: Hashable {
        let action: AuditEvent.Action
        let detail: String
        let source: String
    }

    private struct State {
        var uses: [KeyID: Date] = [:]
        var signIns: [KeyID: Date] = [:]
        var events: [AuditEvent] = []
        var refusals: [Refusal: (since: Date, count: Int)] = [:]
    }

    /// Kinds of refusals by network that are told apart at a time; beyond, networks are counted as one.
    static let refusalLimit = 2_048
    /// Keys whose use is remembered, and events that wait.
    static let keyLimit = 16_384
    /// An agent who comes again within this time was there all along.
    static let signInTime: TimeInterval = 8 * 3_600

    private let now: @Sendable () -> Date
    private let state = Mutex(State())

    public init(now: @escaping @Sendable () -> Date = { Date() }) { self.now = now }

    func used(_ key: APIKey, from address: String) {
        let now = now()
        let isAgent = key.scopes.contains(.agent) || key.scopes.contains(.admin)
        state.withLock { state in
            if state.uses[key.id] != nil || state.uses.count < Self.keyLimit { state.uses[key.id] = now }
            guard isAgent, state.signIns[key.id].map({ now.timeIntervalSince($0) > Self.signInTime }) ?? true else {
                return
            }
            if state.signIns.count >= Self.keyLimit { state.signIns = [:] }
            state.signIns[key.id] = now
            guard state.events.count < Self.keyLimit else { return }
            state.events.append(
                AuditEvent(
                    at: now, action: .agentSignedIn, actor: key.id.rawValue, source: ClientNetwork(address).prefix))
        }
    }

    /// A visitor was erased.
    ///
    /// The log must not keep what was to be forgotten, an id that may be an address least of all: it gets the beginning of the id's
    /// SHA-256, by which whoever has the id finds the entry.
    /// - Parameters:
    ///   - id: as the shop calls the visitor.
    ///   - counts: how much of what was erased.
    public func erased(
        visitor id: String, counts: [(name: String, count: Int)], by principal: Principal, from address: String
    ) {
        let digest = SHA256.hash(data: Data(id.utf8)).prefix(8).map { String(format: "%02x", $0) }.joined()
        let event = AuditEvent(
            at: now(), action: .visitorErased, actor: principal.key.rawValue, subject: "sha256:\(digest)",
            detail: counts.map { "\($0.name) \($0.count)" }.joined(separator: ", "),
            source: ClientNetwork(address).prefix)
        state.withLock { state in
            if state.events.count < Self.keyLimit { state.events.append(event) }
        }
    }

    func refused(_ code: ChatError.Code, address: String) {
        count(Refusal(action: .credentialRefused, detail: code.rawValue, source: ClientNetwork(address).prefix))
    }

    func limited(_ limit: String, source: String) {
        count(Refusal(action: .limitHit, detail: limit, source: source))
    }

    private func count(_ refusal: Refusal) {
        let now = now()
        state.withLock { state in
            var refusal = refusal
            if state.refusals.count >= Self.refusalLimit, state.refusals[refusal] == nil {
                refusal = Refusal(action: refusal.action, detail: refusal.detail, source: "others")
            }
            state.refusals[refusal, default: (now, 0)].count += 1
        }
    }

    /// Takes away what there is to write down.
    public func take() -> Entries {
        let state = state.withLock { state in
            let taken = state
            (state.uses, state.events, state.refusals) = ([:], [], [:])
            return taken
        }
        let refusals = state.refusals.map { refusal, counted in
            AuditEvent(
                at: counted.since, action: refusal.action, actor: "unknown", detail: refusal.detail,
                source: refusal.source, count: counted.count)
        }
        return Entries(uses: state.uses, events: (state.events + refusals).sorted { $0.at < $1.at })
    }
}
