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
        let rate: Double
        var tokens: Double
        var filledAt: ContinuousClock.Instant

        init(rate: Double, filledAt: ContinuousClock.Instant) {
            self.rate = rate
            self.filledAt = filledAt
            tokens = max(1, rate)
        }

        mutating func fill(_ now: ContinuousClock.Instant) {
            tokens = min(max(1, rate), tokens + (now - filledAt) / .seconds(1) * rate)
            filledAt = now
        }

        func isFull(_ now: ContinuousClock.Instant) -> Bool {
            var filled = self
            filled.fill(now)
            return filled.tokens >= max(1, rate)
        }
    }

    /// The most buckets that are kept.
    static let bucketLimit = 65_536

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
        let missing = buckets.withLock { buckets -> Double? in
            if buckets.count >= Self.bucketLimit, buckets[name] == nil { prune(&buckets, now) }
            var bucket = buckets[name] ?? Bucket(rate: rate, filledAt: now)
            bucket.fill(now)
            let missing = 1 - bucket.tokens
            if missing <= 0 { bucket.tokens -= 1 }
            buckets[name] = bucket
            return missing > 0 ? missing : nil
        }
        guard let missing else { return }
        let rateText = rate >= 1 ? "\(Int(rate)) a second" : "one in \(Int((1 / rate).rounded(.up))) seconds"
        throw ChatError(
            .rateLimited, "too many requests; at most \(rateText)",
            retryAfter: max(1, Int((missing / rate).rounded(.up))))
    }

    /// Throws away the buckets that are full again and so remember nothing. If all are in use, forgetting them is the lesser evil.
    private func prune(_ buckets: inout [Name: Bucket], _ now: ContinuousClock.Instant) {
        buckets = buckets.filter { !$0.value.isFull(now) }
        if buckets.count >= Self.bucketLimit { buckets.removeAll() }
    }

    /// Buckets that are kept, for tests of the bound.
    var bucketCount: Int { buckets.withLock { $0.count } }
}
