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
    /// Calls of any kind, handshakes too, from one address through publishable keys.
    public var calls = 50.0
    /// Calls without a valid key from one address.
    public var failures = 20.0
    /// TLS handshakes of one address, whoever it is: each costs a signature before anything is known of its client.
    public var handshakes = 200.0

    public init() {}
}

/// Token buckets that hold one second's worth; the number of buckets is bounded.
public final class RateLimiter: Sendable {
    private enum Name: Hashable {
        case key(KeyID)
        case conversation(ConversationID)
        case address(ClientNetwork)
        case calls(ClientNetwork)
        case failures(ClientNetwork)
        case handshakes(ClientNetwork)

        /// Which limit it is, and whom it was hit by, for the audit log.
        var limit: String {
            switch self {
            case .key: "secret-rate"
            case .conversation: "conversation-rate"
            case .address: "address-rate"
            case .calls: "call-rate"
            case .failures: "failure-rate"
            case .handshakes: "handshake-rate"
            }
        }

        var source: String {
            switch self {
            case .key(let key): key.rawValue
            case .conversation: "conversations"
            case .address(let client), .calls(let client), .failures(let client), .handshakes(let client): client.prefix
            }
        }
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
    /// Tokens of text that the price of one message buys.
    static let messageTokens = 64
    /// Seconds of its rate that an address can owe for long messages.
    private static let debt = 3.0

    private let limits: RateLimits
    private let trail: AccessTrail?
    private let now: @Sendable () -> ContinuousClock.Instant
    private let buckets = Mutex<[Name: Bucket]>([:])

    /// - Parameter trail: is told what is refused.
    public init(
        limits: RateLimits = RateLimits(), trail: AccessTrail? = nil,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.limits = limits
        self.trail = trail
        self.now = now
    }

    /// Counts a request: a secret key's by the key, a publishable key's by the address that it comes from.
    /// - Throws: `ChatError(.rateLimited)`.
    public func admit(_ principal: Principal) throws {
        switch (principal.kind, principal.client) {
        case (.secret, _): try take(.key(principal.key), rate: limits.secretKey)
        case (.publishable, let client?): try take(.calls(client), rate: limits.calls)
        case (.publishable, nil): break
        }
    }

    /// Counts a visitor's message, or the start of a conversation when there is none yet.
    /// - Throws: `ChatError(.rateLimited)`.
    public func admitMessage(_ principal: Principal, conversation: ConversationID?, address: String) throws {
        guard principal.kind == .publishable else { return }
        try take(.address(ClientNetwork(address)), rate: limits.address)
        if let conversation { try take(.conversation(conversation), rate: limits.conversation) }
    }

    /// Takes for a message that was admitted what its text costs beyond one of ``messageTokens``. It is never refused for that, but
    /// those after it may be.
    public func charge(_ principal: Principal, for text: String) {
        guard principal.kind == .publishable, let client = principal.client else { return }
        let more = Double(TextCost.tokens(in: text)) / Double(Self.messageTokens) - 1
        guard more > 0 else { return }
        let now = now()
        buckets.withLock { buckets in
            guard var bucket = buckets[.address(client)] else { return }
            bucket.fill(now)
            bucket.tokens = max(bucket.tokens - more, -max(1, bucket.rate) * Self.debt)
            buckets[.address(client)] = bucket
        }
    }

    /// Counts a call that had no valid key, or one that does not work from there.
    /// - Throws: `ChatError(.rateLimited)` when the address tried too many.
    public func countRefusal(_ code: ChatError.Code, address: String) throws {
        let client = ClientNetwork(address)
        trail?.refused(code, address: address)
        if code == .forbidden { return try take(.calls(client), rate: limits.calls) }
        try take(.failures(client), rate: limits.failures)
    }

    /// Counts a connection that begins with TLS.
    /// - Throws: `ChatError(.rateLimited)` when the address began too many.
    public func admitHandshake(_ client: ClientNetwork) throws {
        try take(.handshakes(client), rate: limits.handshakes)
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
        trail?.limited(name.limit, source: name.source)
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
