import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The number of files and connections that the program may have open.
public struct Descriptors: Sendable {
    /// Of them, those for the database, the models and what else is not a connection.
    private static let reserved = 96
    /// Fewer than this are told at the start.
    private static let few = 4_096

    public let limit: Int

    /// Asks for as many as the system allows.
    public static func raised() -> Descriptors {
        var limits = rlimit()
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        guard getrlimit(resource, &limits) == 0 else { return Descriptors(limit: 1_024) }
        var wanted = limits
        wanted.rlim_cur = limits.rlim_max
        if limits.rlim_cur < limits.rlim_max, setrlimit(resource, &wanted) == 0 { limits = wanted }
        return Descriptors(limit: Int(clamping: limits.rlim_cur))
    }

    /// Connections that there is room for; one at least.
    public var connections: Int { max(1, min(limit - Self.reserved, 1_000_000)) }

    /// What the owner should know of it; nil when there are enough for the sockets that may be open.
    public func warning(sockets: Int) -> String? {
        guard limit < Self.few || connections < sockets else { return nil }
        return
            "the system allows \(limit) open files, so at most \(connections) connections; raise the limit (ulimit -n, LimitNOFILE=)"
    }
}
