public import ConversationDomain
import Foundation
public import People

/// Visitors as the shop knows them, over all their conversations.
extension ConversationEngine: VisitorService {
    private static let unknownVisitor = ChatError(.notFound, "there is no such visitor")

    private func visitors(_ principal: Principal) throws -> (store: any VisitorStore, app: AppName?) {
        try principal.require(.agent)
        guard let store = parts.visitors else { throw Self.unknownVisitor }
        return (store, principal.seesAllApps ? nil : principal.app)
    }

    public func visitor(_ id: String, as principal: Principal) async throws -> VisitorRecord {
        let (store, app) = try visitors(principal)
        guard let record = try await store.visitor(id, of: app) else { throw Self.unknownVisitor }
        return record
    }

    public func export(_ id: String, as principal: Principal) async throws -> (VisitorRecord, [Transcript]) {
        let record = try await visitor(id, as: principal)
        var query = ConversationQuery()
        query.visitor = id
        query.limit = VisitorRecord.exportLimit
        var transcripts: [Transcript] = []
        for conversation in try await conversations(query, as: principal).conversations {
            transcripts.append(try await transcript(of: conversation.id, as: principal))
        }
        return (record, transcripts)
    }

    public func erase(_ id: String, as principal: Principal) async throws -> Erasure {
        let (store, app) = try visitors(principal)
        _ = try await visitor(id, as: principal)
        var erasure = Erasure()
        repeat {
            let step = try await store.erase(id, of: app)
            removed(step.conversations)
            erasure += step
        } while erasure.isUnfinished
        return erasure
    }

    public func merge(_ id: String, into other: String, as principal: Principal) async throws -> Int {
        let (store, app) = try visitors(principal)
        _ = try await visitor(id, as: principal)
        return try await store.merge(id, into: other, of: app)
    }

    public func agents(as principal: Principal) async throws -> [Agent] {
        let (store, app) = try visitors(principal)
        return try await store.agents(of: app)
    }
}
