public import ConversationDomain
public import Foundation
public import People
import Synchronization

/// Visitor secrets in memory.
public final class MemorySecrets: VisitorSecretStore {
    private let secrets: Mutex<[VisitorSecret]>

    public init(_ secrets: [VisitorSecret] = []) { self.secrets = Mutex(secrets) }

    public func visitorSecrets(of app: AppName) async throws -> [VisitorSecret] {
        secrets.withLock { $0.filter { $0.app == app && $0.revokedAt == nil }.reversed() }
    }

    public func allVisitorSecrets() async throws -> [VisitorSecret] { secrets.withLock { $0 } }

    public func add(_ secret: VisitorSecret) async throws { secrets.withLock { $0.append(secret) } }

    public func revoke(_ id: VisitorSecretID, at time: Date) async throws -> Bool {
        secrets.withLock { secrets in
            let count = secrets.count
            secrets.removeAll { $0.id == id }
            return secrets.count < count
        }
    }
}
