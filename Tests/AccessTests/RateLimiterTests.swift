import ConversationDomain
import Synchronization
import Testing

@testable import Access

/// A clock that stands still until it is moved.
private final class StoppedClock: Sendable {
    private let time = Mutex(ContinuousClock.now)

    var now: ContinuousClock.Instant { time.withLock { $0 } }
    func advance(by duration: Duration) { time.withLock { $0 += duration } }
}

@Suite("Rate limits")
struct RateLimiterTests {
    private static func principal(_ kind: KeyKind, _ key: String = "key_1") -> Principal {
        Principal(key: KeyID(trusted: key), kind: kind, app: AppName(trusted: "shop"), scopes: [.chat])
    }

    private static let page = principal(.publishable)
    private static let chat = ConversationID(trusted: "conv_1")

    private let clock = StoppedClock()

    private func limiter(_ change: (inout RateLimits) -> Void = { _ in }) -> RateLimiter {
        var limits = RateLimits()
        change(&limits)
        return RateLimiter(limits: limits, now: { [clock] in clock.now })
    }

    /// How many of `count` calls are let through.
    private func admitted(_ count: Int, _ call: () throws -> Void) -> Int {
        (0..<count).count { _ in (try? call()) != nil }
    }

    @Test("a secret key may make a thousand requests a second, and another one a thousand more")
    func secretKeys() {
        let limiter = limiter()
        #expect(admitted(1_500) { try limiter.admit(Self.principal(.secret, "key_1")) } == 1_000)
        #expect(admitted(1_500) { try limiter.admit(Self.principal(.secret, "key_2")) } == 1_000)
        clock.advance(by: .milliseconds(500))
        #expect(admitted(1_500) { try limiter.admit(Self.principal(.secret, "key_1")) } == 500)
        clock.advance(by: .seconds(3600))
        #expect(admitted(1_500) { try limiter.admit(Self.principal(.secret, "key_1")) } == 1_000)
    }

    @Test("a publishable key may send five messages a second to a conversation and twenty from an address")
    func publishableKeys() {
        let limiter = limiter()
        func send(_ conversation: String, _ address: String) throws {
            try limiter.admitMessage(Self.page, conversation: ConversationID(trusted: conversation), address: address)
        }
        #expect(admitted(10) { try send("conv_1", "192.0.2.1") } == 5)
        // The refused ones counted for the address too: ten of twenty are used.
        #expect(admitted(3) { try send("conv_2", "192.0.2.1") } == 3)
        #expect(admitted(3) { try send("conv_3", "192.0.2.1") } == 3)
        #expect(admitted(5) { try send("conv_4", "192.0.2.1") } == 4)
        #expect(admitted(5) { try send("conv_5", "192.0.2.2") } == 5)
        clock.advance(by: .milliseconds(250))
        #expect(admitted(10) { try send("conv_1", "192.0.2.3") } == 1)
    }

    @Test("a secret key's messages are not counted as a visitor's")
    func secretMessages() {
        let limiter = limiter()
        let secret = Self.principal(.secret)
        #expect(
            admitted(100) { try limiter.admitMessage(secret, conversation: Self.chat, address: "192.0.2.1") } == 100)
    }

    @Test("the refusal says when to come again")
    func retryAfter() {
        let limiter = limiter { $0.conversation = 0.25 }
        func send() throws { try limiter.admitMessage(Self.page, conversation: Self.chat, address: "192.0.2.1") }
        #expect(throws: Never.self) { try send() }
        let error = #expect(throws: ChatError.self) { try send() }
        #expect(error == ChatError(.rateLimited, "too many requests; at most one in 4 seconds", retryAfter: 4))
        clock.advance(by: .seconds(3))
        #expect(#expect(throws: ChatError.self) { try send() }?.retryAfter == 1)
        clock.advance(by: .seconds(1))
        #expect(throws: Never.self) { try send() }
    }

    @Test("guessing keys is slowed down per address")
    func failures() {
        let limiter = limiter()
        #expect(admitted(50) { try limiter.countRefusal(.unauthorized, address: "192.0.2.1") } == 20)
        #expect(admitted(1) { try limiter.countRefusal(.unauthorized, address: "192.0.2.2") } == 1)
    }

    @Test("memory is bounded, and those who wait are not forgotten while there is room")
    func bound() {
        let limiter = limiter { $0.conversation = 0.01 }
        func send(_ address: String) throws {
            try limiter.admitMessage(Self.page, conversation: Self.chat, address: address)
        }
        #expect(admitted(1) { try send("waiting") } == 1)
        clock.advance(by: .seconds(10))
        for number in 0..<(RateLimiter.bucketLimit * 2) {
            try? limiter.countRefusal(.unauthorized, address: "\(number)")
        }
        #expect(limiter.bucketCount <= RateLimiter.bucketLimit)
        // A second later the failures' buckets are full again and make room.
        clock.advance(by: .seconds(1))
        for number in 0..<RateLimiter.bucketLimit {
            try? limiter.countRefusal(.unauthorized, address: "again \(number)")
        }
        #expect(limiter.bucketCount <= RateLimiter.bucketLimit)
    }

    @Test("a bucket that is still filling survives when full ones are thrown away")
    func slowBuckets() {
        let limiter = limiter { $0.conversation = 0.01 }
        func send() throws { try limiter.admitMessage(Self.page, conversation: Self.chat, address: "192.0.2.1") }
        #expect(admitted(1) { try send() } == 1)
        for number in 0..<(RateLimiter.bucketLimit - 2) {
            try? limiter.countRefusal(.unauthorized, address: "\(number)")
        }
        clock.advance(by: .seconds(5))
        #expect(limiter.bucketCount == RateLimiter.bucketLimit)
        try? limiter.countRefusal(.unauthorized, address: "one more")
        #expect(limiter.bucketCount == 2)
        #expect(admitted(1) { try send() } == 0)
    }

    @Test("every call of a publishable key counts for its address, and so does one from where the key does not work")
    func calls() {
        let limiter = limiter { $0.calls = 10 }
        func page(_ address: String) -> Principal {
            Principal(
                key: KeyID(trusted: "key_1"), kind: .publishable, app: AppName(trusted: "shop"), scopes: [.chat],
                client: ClientNetwork(address))
        }
        #expect(admitted(6) { try limiter.admit(page("192.0.2.1")) } == 6)
        #expect(admitted(6) { try limiter.countRefusal(.forbidden, address: "192.0.2.1") } == 4)
        #expect(admitted(6) { try limiter.admit(page("192.0.2.2")) } == 6)
        // IPv6: whoever has one address of a /64 network has them all.
        #expect(admitted(8) { try limiter.admit(page("2001:db8::1")) } == 8)
        #expect(admitted(8) { try limiter.admit(page("2001:db8::2")) } == 2)
        #expect(admitted(8) { try limiter.admit(page("2001:db8:0:1::2")) } == 8)
    }

    @Test("a long message costs as much as several short ones")
    func longMessages() {
        let limiter = limiter { ($0.address, $0.conversation) = (10, 1_000) }
        let page = Principal(
            key: KeyID(trusted: "key_1"), kind: .publishable, app: AppName(trusted: "shop"), scopes: [.chat],
            client: ClientNetwork("192.0.2.1"))
        func say(_ text: String) throws {
            try limiter.admitMessage(page, conversation: Self.chat, address: "192.0.2.1")
            limiter.charge(page, for: text)
        }
        #expect(admitted(20) { try say("where is my order") } == 10)
        clock.advance(by: .seconds(3_600))
        // 512 tokens each, the most that an encoder reads: eight messages.
        #expect(admitted(20) { try say(String(repeating: "二", count: 2_000)) } == 2)
        clock.advance(by: .milliseconds(500))
        #expect(admitted(20) { try say("hello") } == 0)
        clock.advance(by: .milliseconds(500))
        #expect(admitted(20) { try say("hello") } == 4)
        // What is owed is bounded.
        let endless = limiter
        for _ in 0..<100 { endless.charge(page, for: String(repeating: "二", count: 2_000)) }
        clock.advance(by: .milliseconds(3_100))
        #expect(admitted(20) { try say("hello") } == 1)
    }
}
