public import ConversationDomain
internal import Synchronization

/// How many calls a second are let through.
public struct RateLimits: Hashable, Sendable {
    /// Requests of one secret key.
    public var secretKey = 1_000.0
    /// Messages of one conversation through a publishable key.
    public var conversation = 5.0
    /// Messages from one address through publishable keys.
    public var address = 20.0
    /// Calls without a valid key from one address.
    public var failures = 20.0

    public init() {}
}

/// Token buckets that hold one second's worth; the number of buckets is bounded.
public final class RateLimiter: Sendable {
    private enum Name: Hashable {
        case key(KeyID)
        case conversation(ConversationID)
        case address(String)
        case failures(String)
    }

    private struct Bucket {
        var tokens: Double
        var filledAt: ContinuousClock.Instant
    }

    /// Beyond so many buckets the full ones, which remember nothing, are thrown away.
    private static let bucketLimit = 65_536

    private let limits: RateLimits
    private let now: @Sendable () -> ContinuousClock.Instant
    private let buckets = Mutex<[Name: Bucket]>([:])

    public init(limits: RateLimits = RateLimits(), now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.limits = limits
        self.now = now
    }

    /// Counts a request of a secret key.
    /// - Throws: `ChatError(.rateLimited)`.
    public func admit(_ principal: Principal) throws {
        guard principal.kind == .secret else { return }
        try take(.key(principal.key), rate: limits.secretKey)
    }

    /// Counts a visitor's message, or the start of a conversation when there is none yet.
    /// - Throws: `ChatError(.rateLimited)`.
    public func admitMessage(_ principal: Principal, conversation: ConversationID?, address: String) throws {
        guard principal.kind == .publishable else { return }
        try take(.address(address), rate: limits.address)
        if let conversation { try take(.conversation(conversation), rate: limits.conversation) }
    }

    /// Counts a call that had no valid key.
    /// - Throws: `ChatError(.rateLimited)` when the address tried too many.
    public func countFailure(address: String) throws {
        try take(.failures(address), rate: limits.failures)
    }

    private func take(_ name: Name, rate: Double) throws {
        let now = now()
        let capacity = max(1, rate)
        let isAdmitted = buckets.withLock { buckets in
            if buckets.count >= Self.bucketLimit, buckets[name] == nil { prune(&buckets, now) }
            var bucket = buckets[name] ?? Bucket(tokens: capacity, filledAt: now)
            bucket.tokens = min(capacity, bucket.tokens + (now - bucket.filledAt) / .seconds(1) * rate)
            bucket.filledAt = now
            let isAdmitted = bucket.tokens >= 1
            if isAdmitted { bucket.tokens -= 1 }
            buckets[name] = bucket
            return isAdmitted
        }
        guard isAdmitted else {
            throw ChatError(.rateLimited, "too many requests; at most \(Int(rate)) a second", retryAfter: 1)
        }
    }

    /// A bucket that nobody touched for two seconds is full again. If all are in use, forgetting them is the lesser evil.
    private func prune(_ buckets: inout [Name: Bucket], _ now: ContinuousClock.Instant) {
        buckets = buckets.filter { now - $0.value.filledAt < .seconds(2) }
        if buckets.count >= Self.bucketLimit { buckets.removeAll() }
    }
}
