internal import AsyncHTTPClient
public import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// What a target answered.
public struct TargetAnswer: Hashable, Sendable {
    public let status: Int
    /// As much of the body as was asked for; empty when it is larger.
    public let body: Data

    public init(status: Int, body: Data = Data()) {
        self.status = status
        self.body = body
    }
}

/// Sends requests to targets: looks a host up once, checks every address, and connects to a checked address, while TLS and the `Host`
/// header keep the name. Follows no redirects.
///
/// A client of async-http-client maps names to addresses by its configuration, so each host has one of its own. It is used for
/// `freshness`, which also lets requests share a connection; then the name is looked up and checked anew.
public final class TargetClient: Sendable {
    /// How long what was found and checked holds.
    private static let freshness = Duration.seconds(30)
    /// Hosts of which a client is kept.
    private static let clientLimit = 64

    fileprivate struct Entry {
        let client: HTTPClient
        let madeAt: ContinuousClock.Instant
        var uses = 0
        /// It is not given out again, and shut down after its last use.
        var isRetired = false
    }

    fileprivate struct State {
        var entries: [Int: Entry] = [:]
        var current: [String: Int] = [:]
        var numbers = 0
        var isShutDown = false
    }

    private let resolver: TargetResolver
    let thread: DeliveryThread
    private let places: Slots
    private let state = Mutex(State())

    /// - Parameters:
    ///   - concurrency: requests at once, to all targets together.
    ///   - isInBackground: nobody waits for the answers, so every thread goes first that answers visitors.
    public init(_ resolver: TargetResolver, concurrency: Int = 256, isInBackground: Bool = false) {
        self.resolver = resolver
        places = Slots(concurrency)
        thread = DeliveryThread(isInBackground: isInBackground)
    }

    /// A client of async-http-client may not go without being shut down.
    deinit {
        let (isShutDown, clients) = state.withLock { ($0.isShutDown, $0.entries.values.map(\.client)) }
        guard !isShutDown else { return }
        let thread = thread
        Task {
            for client in clients { try? await client.shutdown() }
            await thread.shutDown()
        }
    }

    /// Posts a body.
    /// - Parameters:
    ///   - time: for everything, from looking up the name to the end of the answer.
    ///   - bodyLimit: bytes of the answer that are read.
    /// - Throws: ``TargetFailure`` when there was no answer.
    public func post(
        _ url: TargetURL, headers: [(String, String)], body: Data, within time: Duration, bodyLimit: Int = 64 * 1024
    ) async throws -> TargetAnswer {
        try await send("POST", url, headers: headers, body: body, within: time, bodyLimit: bodyLimit)
    }

    /// Sends a request of any method, with or without a body; as ``post(_:headers:body:within:bodyLimit:)`` otherwise.
    public func send(
        _ method: String, _ url: TargetURL, headers: [(String, String)], body: Data?, within time: Duration,
        bodyLimit: Int = 64 * 1024
    ) async throws -> TargetAnswer {
        let deadline = ContinuousClock.now + time
        var request = HTTPClientRequest(url: url.text)
        request.method = HTTPMethod(rawValue: method)
        request.headers = HTTPHeaders(headers)
        request.body = body.map { .bytes(ByteBuffer(bytes: $0)) }
        let sent = request
        return try await places.run {
            let (number, client) = try await client(for: url, within: deadline - .now)
            defer { release(number) }
            return try await Self.execute(sent, client, within: deadline - .now, bodyLimit)
        }
    }

    private static func execute(
        _ request: HTTPClientRequest, _ client: HTTPClient, within time: Duration, _ bodyLimit: Int
    ) async throws -> TargetAnswer {
        let late = TargetFailure("no answer in time", isLate: true)
        guard time > .zero else { throw late }
        do {
            let deadline = NIODeadline.now() + .nanoseconds(Int64(time / .nanoseconds(1)))
            let response = try await client.execute(request, deadline: deadline)
            let answer = try? await response.body.collect(upTo: bodyLimit)
            guard NIODeadline.now() < deadline else { throw late }
            return TargetAnswer(
                status: Int(response.status.code), body: answer.map { Data($0.readableBytesView) } ?? Data())
        } catch let failure as TargetFailure {
            throw failure
        } catch is CancellationError {
            throw CancellationError()
        } catch let error as HTTPClientError where [.deadlineExceeded, .connectTimeout, .readTimeout].contains(error) {
            throw late
        } catch {
            // What the libraries say may name more than the webhook's owner should read in a list.
            throw TargetFailure("no connection, or no HTTP answer (\(type(of: error)))")
        }
    }

    /// Closes all connections; nothing can be sent afterwards.
    public func shutDown() async {
        let clients = state.withLock { state in
            state.isShutDown = true
            defer { state.entries = [:] }
            return state.entries.values.map(\.client)
        }
        for client in clients { try? await client.shutdown() }
        await thread.shutDown()
    }

    // MARK: Clients

    private func client(for url: TargetURL, within time: Duration) async throws -> (Int, HTTPClient) {
        let key = "\(url.isSecure) \(url.host)"
        if let kept = state.withLock({ $0.take(key, at: .now, freshness: Self.freshness) }) { return kept }
        guard !state.withLock({ $0.isShutDown }) else { throw CancellationError() }
        let addresses = try await resolver.addresses(of: url.host, within: time)
        // With several addresses, chance spreads the load and goes round one that is dead.
        guard let address = addresses.randomElement() else { throw TargetFailure("the name has no address") }
        let client = HTTPClient(
            eventLoopGroup: thread.loops, configuration: Self.configuration(host: url.host, address: address))
        let (number, retired) = state.withLock { state in
            state.isShutDown ? (nil, []) : state.add(client, key, limit: Self.clientLimit)
        }
        shutDown(retired)
        guard let number else {
            try? await client.shutdown()
            throw CancellationError()
        }
        return (number, client)
    }

    private static func configuration(host: String, address: IPAddress) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: .seconds(10), read: .seconds(30)),
            decompression: .disabled)
        configuration.dnsOverride = [host: address.description]
        configuration.httpVersion = .http1Only
        configuration.connectionPool.idleTimeout = .seconds(20)
        // What is sent at once is bounded for each webhook; those that share a host do not wait for each other.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }

    private func release(_ number: Int) {
        let done = state.withLock { state -> HTTPClient? in
            guard var entry = state.entries[number] else { return nil }
            entry.uses -= 1
            state.entries[number] = entry
            guard entry.isRetired, entry.uses == 0 else { return nil }
            state.entries[number] = nil
            return entry.client
        }
        if let done { shutDown([done]) }
    }

    private func shutDown(_ clients: [HTTPClient]) {
        guard !clients.isEmpty else { return }
        Task { for client in clients { try? await client.shutdown() } }
    }
}

extension TargetClient.State {
    /// A client that still holds, for one use.
    fileprivate mutating func take(_ key: String, at now: ContinuousClock.Instant, freshness: Duration) -> (
        Int, HTTPClient
    )? {
        guard let number = current[key], let entry = entries[number], now - entry.madeAt < freshness else { return nil }
        entries[number]?.uses += 1
        return (number, entry.client)
    }

    /// Adds a client for one use in place of what the host had.
    /// - Returns: its number, and clients that nobody uses any more.
    fileprivate mutating func add(_ client: HTTPClient, _ key: String, limit: Int) -> (Int?, [HTTPClient]) {
        var done: [HTTPClient] = []
        if let old = current[key] { retire(old, &done) }
        if current.count >= limit, let oldest = current.min(by: { $0.value < $1.value }) {
            retire(oldest.value, &done)
            current[oldest.key] = nil
        }
        numbers += 1
        entries[numbers] = TargetClient.Entry(client: client, madeAt: .now, uses: 1)
        current[key] = numbers
        return (numbers, done)
    }

    private mutating func retire(_ number: Int, _ done: inout [HTTPClient]) {
        guard let entry = entries[number] else { return }
        if entry.uses == 0 {
            entries[number] = nil
            done.append(entry.client)
        } else {
            entries[number]?.isRetired = true
        }
    }
}
