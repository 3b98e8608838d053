import ConversationDomain
import Foundation
import Synchronization
import Testing

@testable import Access

/// A time that stands still until it is moved.
private final class StoppedTime: Sendable {
    private let time: Mutex<Date>

    init(_ time: Date) { self.time = Mutex(time) }

    var now: Date { time.withLock { $0 } }
    func advance(seconds: Int) { time.withLock { $0 += Double(seconds) } }
}

@Suite("Quotas of stored bytes")
struct StorageQuotaTests {
    /// At half past an hour.
    private static let begin = Date(timeIntervalSince1970: 494_444 * 3_600 + 1_800)
    private let time = StoppedTime(begin)

    private func quota(address: Int? = 1_000, app: Int? = 10_000, uses: [StorageUse] = []) -> StorageQuota {
        var quotas = StorageQuotas()
        quotas.address = address.map { ByteCount($0) }
        quotas.app = app.map { ByteCount($0) }
        return StorageQuota(quotas: quotas, uses: uses, now: { [time] in time.now })
    }

    private func advance(hours: Double) { time.advance(seconds: Int(hours * 3_600)) }

    private static func visitor(_ address: String, app: String = "shop", kind: KeyKind = .publishable) -> Principal {
        Principal(
            key: KeyID(trusted: "key_1"), kind: kind, app: AppName(trusted: app), scopes: [.chat],
            client: kind == .publishable ? ClientNetwork(address) : nil)
    }

    private func refusal(_ quota: StorageQuota, _ principal: Principal) -> ChatError? {
        do {
            try quota.admit(principal)
            return nil
        } catch {
            return error as? ChatError
        }
    }

    @Test("an address that has stored its quota is refused until its oldest hours count no more; others are served")
    func address() {
        let quota = quota()
        let visitor = Self.visitor("2001:db8::1")
        quota.stored(600, for: visitor)
        advance(hours: 2)
        quota.stored(399, for: Self.visitor("2001:db8::2"))
        #expect(refusal(quota, visitor) == nil)
        quota.stored(1, for: visitor)
        // The first 600 bytes count until 24 hours after the end of their hour: 22.5 hours from now.
        let expected = ChatError(
            .rateLimited, "this address has stored the 1 kB that it may in 24 hours; try again in 81000 seconds",
            retryAfter: 81_000)
        #expect(refusal(quota, visitor) == expected)
        #expect(refusal(quota, Self.visitor("2001:db8:0:1::1")) == nil)
        #expect(quota.metrics.refusedByAddress == 1)
        advance(hours: 22.5)
        #expect(refusal(quota, visitor) == nil)
    }

    @Test("who is let in after the time that he was told is not refused for the same bytes again")
    func retryAfter() throws {
        let quota = quota()
        let visitor = Self.visitor("192.0.2.1")
        for _ in 0..<30 {
            quota.stored(90, for: visitor)
            advance(hours: 0.9)
        }
        quota.stored(5_000, for: visitor)
        let wait = try #require(refusal(quota, visitor)?.retryAfter)
        time.advance(seconds: wait - 1)
        #expect(refusal(quota, visitor) != nil)
        time.advance(seconds: 1)
        #expect(refusal(quota, visitor) == nil)
    }

    @Test("an app that has stored its quota is refused from every address, other apps and secret keys are not")
    func app() {
        let quota = quota(address: nil)
        for number in 0..<10 { quota.stored(1_000, for: Self.visitor("192.0.2.\(number)")) }
        #expect(refusal(quota, Self.visitor("192.0.2.99"))?.code == .rateLimited)
        #expect(refusal(quota, Self.visitor("192.0.2.99", app: "other")) == nil)
        #expect(refusal(quota, Self.visitor("192.0.2.99", kind: .secret)) == nil)
        #expect(quota.metrics.refusedByApp == 1)
    }

    @Test("what an app stored before the start counts, by its hour")
    func restart() {
        let hour = 494_444
        let app = AppName(trusted: "shop")
        func use(_ hour: Int, _ bytes: Int) -> StorageUse {
            StorageUse(account: StorageAccount(app: app, hour: hour), bytes: bytes)
        }
        let visitor = Self.visitor("192.0.2.1")
        #expect(refusal(quota(uses: [use(hour - 24, 4_000), use(hour - 3, 6_000)]), visitor)?.retryAfter == 1_800)
        #expect(refusal(quota(uses: [use(hour - 25, 4_000), use(hour - 3, 6_000)]), visitor) == nil)
        #expect(quota().account(of: visitor) == StorageAccount(app: app, hour: hour))
        #expect(StorageQuota.firstHour(at: Self.begin) == hour - 24)
    }

    @Test("secret keys and quotas that are off are not counted")
    func off() {
        let quota = quota(address: nil, app: nil)
        let (visitor, secret) = (Self.visitor("192.0.2.1"), Self.visitor("192.0.2.1", kind: .secret))
        quota.stored(1_000_000_000, for: visitor)
        #expect(refusal(quota, visitor) == nil)
        #expect(quota.account(of: visitor) == nil)
        let on = self.quota()
        on.stored(1_000_000_000, for: secret)
        #expect(refusal(on, secret) == nil && on.account(of: secret) == nil && on.metrics.addresses == 0)
    }

    @Test("the number of addresses is bounded, and those that stored most are remembered")
    func bound() {
        let quota = quota(app: nil)
        let heavy = Self.visitor("192.0.2.1")
        quota.stored(1_000, for: heavy)
        for number in 0..<(StorageQuota.addressLimit * 2) { quota.stored(10, for: Self.visitor("a\(number)")) }
        #expect(quota.metrics.addresses <= StorageQuota.addressLimit)
        #expect(refusal(quota, heavy)?.code == .rateLimited)
        advance(hours: 26)
        for number in 0..<StorageQuota.addressLimit { quota.stored(10, for: Self.visitor("b\(number)")) }
        #expect(quota.metrics.addresses <= StorageQuota.addressLimit)
    }

    @Test("a clock that is set back neither frees nor counts twice")
    func clock() {
        let quota = quota()
        let visitor = Self.visitor("192.0.2.1")
        quota.stored(600, for: visitor)
        advance(hours: -5)
        quota.stored(300, for: visitor)
        #expect(refusal(quota, visitor) == nil)
        quota.stored(100, for: visitor)
        #expect(refusal(quota, visitor)?.code == .rateLimited)
    }
}
