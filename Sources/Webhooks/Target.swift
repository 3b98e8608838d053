internal import ConversationDomain
internal import Dispatch
internal import Foundation
public import Outbox
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// A web address that requests may be sent to as far as its text tells: `http` or `https`, a host, no user and no password.
public struct TargetURL: Hashable, Sendable {
    /// As it is requested.
    public let text: String
    /// The name or the address, without brackets, in lower case.
    public let host: String
    public let isSecure: Bool

    /// What a host can be made of. Names of other scripts have a form in these letters too (`xn--…`).
    private static let hostCharacters = Set("abcdefghijklmnopqrstuvwxyz0123456789.-_:")

    /// - Parameter limit: characters.
    /// - Throws: `ChatError(.invalidRequest)` that says what was expected.
    public init(_ text: String, limit: Int = WebhookLimits().url) throws {
        let isPlain = text.utf8.allSatisfy { (0x21...0x7E).contains($0) } && !text.contains("\\")
        guard text.utf8.count <= limit, isPlain, let parts = URLComponents(string: text), let scheme = parts.scheme,
            let host = parts.host, !host.isEmpty
        else {
            throw Self.refusal("is not a web address of at most \(limit) characters such as https://shop.example/hook")
        }
        guard ["http", "https"].contains(scheme.lowercased()) else {
            throw Self.refusal("must begin with https:// or http://")
        }
        let authority = text.dropFirst(scheme.count + 3).prefix { !"/?#".contains($0) }
        guard parts.user == nil, parts.password == nil, !authority.contains("@") else {
            throw Self.refusal("must not have a user name or a password in it")
        }
        guard parts.fragment == nil else { throw Self.refusal("must not have a fragment (#…)") }
        guard parts.port.map({ (1...65_535).contains($0) }) ?? true else {
            throw Self.refusal("has no port that there can be")
        }
        let name = host.lowercased().trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        guard !name.isEmpty, name.utf8.count <= 253, name.allSatisfy(Self.hostCharacters.contains),
            !authority.contains("%")
        else {
            throw Self.refusal("has a host with other characters than letters, digits, full stops and hyphens")
        }
        // What is requested names the host as it was checked, letter for letter.
        var checked = parts
        checked.scheme = scheme.lowercased()
        checked.host = host.lowercased()
        guard let address = checked.string, URLComponents(string: address)?.host == host.lowercased() else {
            throw Self.refusal("cannot be read in one way only")
        }
        self.text = address
        self.host = name
        isSecure = scheme.lowercased() == "https"
    }

    private static func refusal(_ words: String) -> ChatError { ChatError(.invalidRequest, "'url' \(words)") }
}

/// Why a target was not reached, in words for the owner of the webhook; never with anything of the address but its host.
public struct TargetFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
    /// It would fail in the same way whenever it is tried.
    public let isFinal: Bool
    /// Whether there was no answer within the time.
    public let isLate: Bool

    public init(_ description: String, isFinal: Bool = false, isLate: Bool = false) {
        self.description = description
        self.isFinal = isFinal
        self.isLate = isLate
    }
}

/// Finds the addresses of hosts and refuses those that no request may go to.
public struct TargetResolver: Sendable {
    /// The addresses of a host, on whichever thread; blocks.
    public typealias LookUp = @Sendable (_ host: String) throws -> [IPAddress]

    private let rules: TargetRules
    private let lookUp: LookUp
    /// Look-ups block a thread each, for as long as the system's resolver likes.
    private let places = Slots(Self.lookUpLimit, lineLimit: 256)
    private let threads = DispatchQueue(label: "frontdesk.webhooks.names", qos: .utility, attributes: .concurrent)
    private static let lookUpLimit = 16
    /// Addresses of one host that are looked at.
    private static let addressLimit = 16

    public init(_ rules: TargetRules, lookUp: @escaping LookUp = TargetResolver.system) {
        self.rules = rules
        self.lookUp = lookUp
    }

    /// All addresses of the host, each of which may be connected to.
    /// - Throws: ``TargetFailure`` when there is none, when one of them is refused, or when it takes too long.
    public func addresses(of host: String, within time: Duration) async throws -> [IPAddress] {
        let found = try await found(host, within: time)
        guard !found.isEmpty else { throw TargetFailure("the name '\(host)' has no address") }
        for address in found {
            if let refusal = rules.refusal(of: address) { throw TargetRefusal(reason: refusal).failure }
        }
        return found
    }

    /// Whether a host leads where nothing may be sent; nil when it does not, or is not known now.
    public func refusal(of host: String, within time: Duration) async -> String? {
        guard let found = try? await found(host, within: time) else { return nil }
        return found.lazy.compactMap { rules.refusal(of: $0) }.first
    }

    private func found(_ host: String, within time: Duration) async throws -> [IPAddress] {
        if let address = IPAddress(host) { return [address] }
        return try await places.run {
            try await withCheckedThrowingContinuation { continuation in
                let answer = Answer(continuation)
                threads.async { [lookUp] in answer.give(Result { Array(try lookUp(host).prefix(Self.addressLimit)) }) }
                let nanoseconds = Int(time / .nanoseconds(1))
                threads.asyncAfter(deadline: .now() + .nanoseconds(nanoseconds)) {
                    answer.give(.failure(TargetFailure("the name '\(host)' was not found in time", isLate: true)))
                }
            }
        }
    }

    private struct TargetRefusal {
        let reason: String
        var failure: TargetFailure { TargetFailure("nothing may be sent there: \(reason)") }
    }

    /// Whichever comes first, the addresses or the end of the time.
    private final class Answer: Sendable {
        private let continuation: Mutex<CheckedContinuation<[IPAddress], any Error>?>

        init(_ continuation: CheckedContinuation<[IPAddress], any Error>) { self.continuation = Mutex(continuation) }

        func give(_ result: Result<[IPAddress], any Error>) {
            continuation.withLock { continuation in
                defer { continuation = nil }
                return continuation
            }?.resume(with: result)
        }
    }

    /// The system's resolver. It also reads forms such as `2130706433` and `0x7f.1`, of which the address is checked like any other.
    public static let system: LookUp = { host in
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &list)
        guard status == 0 else { throw TargetFailure("the name '\(host)' was not found") }
        defer { freeaddrinfo(list) }
        var addresses: [IPAddress] = []
        var next = list
        while let entry = next?.pointee {
            if let address = entry.ai_addr.flatMap(address), !addresses.contains(address) { addresses.append(address) }
            next = entry.ai_next
        }
        return addresses
    }

    private static func address(_ socket: UnsafeMutablePointer<sockaddr>) -> IPAddress? {
        switch Int32(socket.pointee.sa_family) {
        case AF_INET:
            socket.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { four in
                IPAddress(bytes: withUnsafeBytes(of: &four.pointee.sin_addr) { Array($0) })
            }
        case AF_INET6:
            socket.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { six in
                IPAddress(bytes: withUnsafeBytes(of: &six.pointee.sin6_addr) { Array($0) })
            }
        default: nil
        }
    }
}
