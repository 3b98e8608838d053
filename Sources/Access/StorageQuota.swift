public import ConversationDomain
public import Foundation
internal import Synchronization

/// How many bytes publishable keys may have stored within 24 hours; nil for any number.
public struct StorageQuotas: Hashable, Sendable {
    /// From one address, or one /64 network of IPv6.
    public var address: ByteCount? = ByteCount(20_000_000)
    /// Through all keys of one app.
    public var app: ByteCount? = ByteCount(2_000_000_000)

    public init() {}
}

/// Counts what is stored through publishable keys, by the hour: a byte counts until 24 hours after the end of its hour.
///
/// What apps have stored is kept in the database too and read at the start. Addresses are in memory only, and of a bounded
/// number.
public final class StorageQuota: StorageMeter {
    /// How often each quota has refused, and how many addresses are remembered.
    public struct Metrics: Hashable, Sendable {
        public var refusedByAddress = 0
        public var refusedByApp = 0
        public var addresses = 0
    }

    private struct State {
        var addresses: [ClientNetwork: StoredHours] = [:]
        var apps: [AppName: StoredHours] = [:]
        var metrics = Metrics()
    }

    /// The most addresses that are remembered.
    static let addressLimit = 32_768

    private let quotas: StorageQuotas
    private let now: @Sendable () -> Date
    private let state = Mutex(State())

    /// - Parameter uses: what apps have stored before.
    public init(
        quotas: StorageQuotas = StorageQuotas(), uses: [StorageUse] = [],
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.quotas = quotas
        self.now = now
        state.withLock { state in
            for use in uses { state.apps[use.account.app, default: StoredHours()].add(use.bytes, in: use.account.hour) }
        }
    }

    /// The first hour that still counts.
    public static func firstHour(at time: Date) -> Int { hour(of: time) - StoredHours.counted }

    public var metrics: Metrics {
        state.withLock { state in
            var metrics = state.metrics
            metrics.addresses = state.addresses.count
            return metrics
        }
    }

    public func admit(_ principal: Principal) throws {
        guard principal.kind == .publishable else { return }
        let now = now()
        try state.withLock { state in
            if let quota = quotas.address, let client = principal.client,
                let wait = state.addresses[client]?.wait(for: quota.bytes, at: now)
            {
                state.metrics.refusedByAddress += 1
                throw Self.refusal("this address", quota, wait)
            }
            if let quota = quotas.app, let wait = state.apps[principal.app]?.wait(for: quota.bytes, at: now) {
                state.metrics.refusedByApp += 1
                throw Self.refusal("this app", quota, wait)
            }
        }
    }

    public func account(of principal: Principal) -> StorageAccount? {
        guard principal.kind == .publishable, quotas.app != nil else { return nil }
        return StorageAccount(app: principal.app, hour: Self.hour(of: now()))
    }

    public func stored(_ bytes: Int, for principal: Principal) {
        guard principal.kind == .publishable, bytes > 0 else { return }
        let hour = Self.hour(of: now())
        state.withLock { state in
            if quotas.app != nil { state.apps[principal.app, default: StoredHours()].add(bytes, in: hour) }
            guard quotas.address != nil, let client = principal.client else { return }
            if state.addresses.count >= Self.addressLimit, state.addresses[client] == nil {
                Self.makeRoom(&state.addresses, hour)
            }
            state.addresses[client, default: StoredHours()].add(bytes, in: hour)
        }
    }

    /// Forgets the addresses that count nothing any more; if that is not enough, the half that has stored least.
    private static func makeRoom(_ addresses: inout [ClientNetwork: StoredHours], _ hour: Int) {
        addresses = addresses.filter { $0.value.sum(at: hour) > 0 }
        guard addresses.count > addressLimit / 2 else { return }
        let kept = addresses.sorted { $0.value.sum(at: hour) > $1.value.sum(at: hour) }.prefix(addressLimit / 2)
        addresses = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }

    private static func hour(of time: Date) -> Int { Int((time.timeIntervalSince1970 / 3_600).rounded(.down)) }

    private static func refusal(_ who: String, _ quota: ByteCount, _ wait: Int) -> ChatError {
        ChatError(
            .rateLimited, "\(who) has stored the \(quota) that it may in 24 hours; try again in \(wait) seconds",
            retryAfter: wait)
    }
}

/// Bytes by the hour in which they were stored, for as long as they count.
struct StoredHours: Sendable {
    /// Hours before the present one that count.
    static let counted = 24

    private struct Hour: Sendable {
        let number: Int
        var bytes: Int
    }

    /// Oldest first, at most ``counted`` and one.
    private var hours: [Hour] = []

    mutating func add(_ bytes: Int, in number: Int) {
        hours.removeAll { $0.number < number - Self.counted }
        // A clock that was set back adds to the newest hour there is.
        if let last = hours.indices.last, hours[last].number >= number {
            hours[last].bytes += bytes
        } else {
            hours.append(Hour(number: number, bytes: bytes))
        }
    }

    func sum(at number: Int) -> Int {
        hours.reduce(0) { $1.number < number - Self.counted ? $0 : $0 + $1.bytes }
    }

    /// Seconds until less than `quota` counts; nil when that is so now.
    func wait(for quota: Int, at time: Date) -> Int? {
        let seconds = time.timeIntervalSince1970
        let number = Int((seconds / 3_600).rounded(.down))
        var sum = sum(at: number)
        guard sum >= quota else { return nil }
        for hour in hours where hour.number >= number - Self.counted {
            sum -= hour.bytes
            let end = Double((hour.number + Self.counted + 1) * 3_600)
            if sum < quota || sum <= 0 { return max(1, Int((end - seconds).rounded(.up))) }
        }
        return max(1, Int((Double((number + 1) * 3_600) - seconds).rounded(.up)))
    }
}
