public import ConversationDomain
public import Foundation
import Synchronization

/// Keys in memory.
public final class MemoryKeyStore: KeyStore {
    private let keys: Mutex<[APIKey]>

    public init(_ keys: [APIKey] = []) { self.keys = Mutex(keys) }

    public func add(_ key: APIKey) async throws { keys.withLock { $0.append(key) } }

    public func list() async throws -> [APIKey] { keys.withLock { $0 } }

    public func revoke(_ id: KeyID, at date: Date) async throws -> Bool {
        keys.withLock { keys in
            guard let index = keys.firstIndex(where: { $0.id == id && $0.revokedAt == nil }) else { return false }
            let key = keys[index]
            keys[index] = APIKey(
                id: key.id, name: key.name, app: key.app, kind: key.kind, scopes: key.scopes, origins: key.origins,
                hash: key.hash, display: key.display, createdAt: key.createdAt, expiresAt: key.expiresAt,
                revokedAt: date)
            return true
        }
    }

    public func revision() async throws -> KeyRevision {
        keys.withLock { keys in
            KeyRevision(
                keys: keys.count, revoked: keys.count { $0.revokedAt != nil }, newest: keys.map(\.id).max())
        }
    }

    public func key(hash: Data) async throws -> APIKey? { keys.withLock { $0.first { $0.hash == hash } } }
}
