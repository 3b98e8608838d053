public import ConversationDomain
public import Foundation
public import Outbox
public import People

/// What comes from the systems that conversations are joined with.
public struct ConnectorHooks: HookService {
    let store: any ConnectorStore
    let chat: any ChatService
    let people: any PeopleService
    let limits: ConnectorLimits
    let now: @Sendable () -> Date

    public init(
        store: any ConnectorStore, chat: any ChatService, people: any PeopleService,
        limits: ConnectorLimits = ConnectorLimits(), now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.store = store
        self.chat = chat
        self.people = people
        self.limits = limits
        self.now = now
    }

    public var bodyLimit: Int { limits.hookBody }

    public func admit(_ connector: String) async throws -> Principal { try await named(connector).principal }

    public func receive(_ hook: IncomingHook) async throws -> HookOutcome {
        let connector = try await named(hook.connector)
        switch connector.kind {
        case .zammad: return try await ZammadHook(connector, self).receive(hook)
        case .chatwoot: return try await ChatwootHook(connector, self).receive(hook)
        }
    }

    /// The connector that a path names.
    /// - Throws: `ChatError(.notFound)` when there is none; `ChatError(.unauthorized)` when the path has not its secret.
    private func named(_ text: String) async throws -> Connector {
        let parts = text.utf8.count <= 256 ? text.split(separator: ".", maxSplits: 1) : []
        guard let id = parts.first.flatMap({ ConnectorID(String($0)) }), let connector = try await store.connector(id)
        else { throw ChatError(.notFound, "there is no such connector") }
        switch (connector.kind, parts.count) {
        // Its requests are signed, which is seen when their body is there.
        case (.zammad, 1): return connector
        case (.chatwoot, 2) where HookSignature.isEqual(String(parts[1]), connector.secrets.hook): return connector
        case (.zammad, _), (.chatwoot, _): throw Self.isForged
        }
    }

    static let isForged = ChatError(
        .unauthorized, "the request does not prove that it comes from the connector's system")

    /// Ends a conversation, unless it has ended.
    func close(_ id: ConversationID, _ connector: Connector) async throws {
        do {
            _ = try await chat.close(id, as: connector.principal)
        } catch let error as ChatError where error.code == .conflict || error.code == .notFound {}
    }
}

extension String {
    /// The text in parts of so many Unicode scalars at most, cut at spaces where there are any.
    func parts(of limit: Int, atMost count: Int) -> [String] {
        var (parts, rest) = ([String](), self[...])
        while !rest.isEmpty, parts.count < count {
            guard rest.unicodeScalars.count > limit else {
                parts.append(String(rest))
                break
            }
            let end = rest.unicodeScalars.index(rest.startIndex, offsetBy: limit)
            let head = rest[..<end]
            let last = rest[end].isWhitespace ? end : head.lastIndex(where: \.isWhitespace)
            let space = last.flatMap { head.startIndex < $0 ? $0 : nil }
            parts.append(String(rest[..<(space ?? end)]))
            rest = rest[(space ?? end)...].drop(while: \.isWhitespace)
        }
        return parts
    }
}
