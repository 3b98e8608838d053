public import Logging
import NIOCore
public import ServiceLifecycle

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Why a server cannot listen, in one line.
public struct ListeningFailure: Error {
    public let message: String
}

/// A server that the program does without when its address cannot be had.
public struct OptionalListening: Service {
    private let base: ListeningService
    private let logger: Logger

    public init(_ base: ListeningService, logger: Logger) {
        self.base = base
        self.logger = logger
    }

    public func run() async throws {
        do {
            try await base.run()
        } catch let failure as ListeningFailure {
            logger.warning("\(failure.message); going on without it")
            try? await gracefulShutdown()
        }
    }
}

/// A service that begins when another is listening, so that a start that fails has nothing else to tell.
public struct FollowingService: Service {
    private let base: any Service
    private let begins: AsyncStream<Void>

    /// - Parameter begins: has an element, or ends, when it is time.
    public init(_ base: any Service, after begins: AsyncStream<Void>) {
        self.base = base
        self.begins = begins
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in begins { break }
        }
        if !Task.isCancelled { try await base.run() }
    }
}

/// A server at an address; that it cannot listen there is told in one line.
public struct ListeningService: Service {
    private let base: any Service
    private let host: String
    private let port: Int
    private let flags: (host: String, port: String)

    /// - Parameter flags: those that choose the address, for the message.
    public init(base: any Service, host: String, port: Int, flags: (host: String, port: String)) {
        self.base = base
        self.host = host
        self.port = port
        self.flags = flags
    }

    /// - Throws: ``ListeningFailure``, and what the server throws.
    public func run() async throws {
        do {
            try await base.run()
        } catch let error as IOError {
            throw ListeningFailure(message: message(error.errnoCode))
        } catch is SocketAddressError {
            throw unknownHost
        } catch is SocketAddressError.UnknownHost {
            throw unknownHost
        }
    }

    private var unknownHost: ListeningFailure {
        ListeningFailure(
            message: "\(host): there is no address of this name; choose another with \(flags.host)")
    }

    private func message(_ code: CInt) -> String {
        switch code {
        case EADDRINUSE: "port \(port) at \(host) is taken by another program; choose one with \(flags.port)"
        case EACCES, EPERM:
            "port \(port) at \(host): not allowed to listen there; ports below 1024 need a privilege, choose another with \(flags.port)"
        case EADDRNOTAVAIL: "\(host): this machine does not have that address; choose another with \(flags.host)"
        default: "\(host):\(port): cannot listen there (\(String(cString: strerror(code))))"
        }
    }
}
