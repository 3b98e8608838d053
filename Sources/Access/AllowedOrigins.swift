import ConversationDomain
import Foundation
import Synchronization

/// The origins that usable publishable keys allow, so that a preflight, and every answer to a page, is one look-up rather than a read
/// of all keys. It is read again when the store says that a key was made or revoked, by whichever process.
final class AllowedOrigins: Sendable {
    private let keys: any KeyStore
    private let index = Mutex<OriginIndex?>(nil)

    init(keys: any KeyStore) { self.keys = keys }

    func current() async throws -> OriginIndex {
        // First the revision, then the keys: a key that comes in between is found at the next look.
        let revision = try await keys.revision()
        if let known = index.withLock({ $0 }), known.revision == revision { return known }
        let fresh = OriginIndex(try await keys.list(), revision: revision)
        index.withLock { $0 = fresh }
        return fresh
    }
}

/// Origins with the time until which a key allows them.
struct OriginIndex: Sendable {
    let revision: KeyRevision
    private var ends: [UTF8Text: Date] = [:]

    init(_ keys: [APIKey], revision: KeyRevision) {
        self.revision = revision
        for key in keys where key.kind == .publishable && key.revokedAt == nil {
            let end = key.expiresAt ?? .distantFuture
            for origin in key.origins {
                let origin = UTF8Text(origin).lowercasedASCII
                ends[origin] = max(ends[origin] ?? .distantPast, end)
            }
        }
    }

    func allows(_ request: RequestOrigin, ownHosts: OwnHosts, at now: Date) -> Bool {
        request.isAllowed(ownHosts: ownHosts) { origin in ends[origin].map { now < $0 } ?? false }
    }
}
