import ConversationDomain
import Foundation
import ServiceTestSupport
import Testing

@testable import Access

@Suite("What the doors tell")
struct AccessTrailTests {
    private static let time = Date(timeIntervalSince1970: 1_700_000_000)

    @Test("refusals are counted by kind and network, uses by key; nothing of it holds a key or an address")
    func counts() async throws {
        let trail = AccessTrail(now: { Self.time })
        let keys = try await TestKeys()
        let authenticator = Authenticator(keys: keys.store, trail: trail)
        var limits = RateLimits()
        limits.failures = 2
        let limiter = RateLimiter(limits: limits, trail: trail)
        for host in 1...3 {
            for _ in 0..<3 { try? limiter.countRefusal(.unauthorized, address: "192.0.2.\(host)") }
        }
        _ = try await authenticator.authenticate(keys.agent, from: RequestOrigin(address: "2001:db8:1:2::3"))
        _ = try await authenticator.authenticate(keys.agent, from: RequestOrigin(address: "2001:db8:1:2::3"))
        _ = try await authenticator.authenticate(keys.secret, from: RequestOrigin(address: "192.0.2.9"))
        let entries = trail.take()
        #expect(entries.uses == [keys.agentID: Self.time, keys.secretID: Self.time])
        #expect(
            Set(entries.events) == [
                AuditEvent(
                    at: Self.time, action: .agentSignedIn, actor: keys.agentID.rawValue, source: "2001:db8:1::/48"),
                AuditEvent(
                    at: Self.time, action: .credentialRefused, actor: "unknown", detail: "unauthorized",
                    source: "192.0.2.0/24", count: 9),
                AuditEvent(
                    at: Self.time, action: .limitHit, actor: "unknown", detail: "failure-rate", source: "192.0.2.0/24",
                    count: 3),
            ])
        #expect(trail.take().isEmpty)
    }

    @Test("a flood from many networks takes bounded room")
    func bounded() {
        let trail = AccessTrail(now: { Self.time })
        for number in 0..<10_000 { trail.refused(.unauthorized, address: "10.\(number / 250).\(number % 250).1") }
        let events = trail.take().events
        #expect(events.count == AccessTrail.refusalLimit + 1)
        #expect(events.reduce(0) { $0 + $1.count } == 10_000)
    }
}
