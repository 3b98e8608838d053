import Application
import Logging
import NIOCore
import ServiceLifecycle

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A server that the program does without when its address cannot be had.
struct OptionalListening: Service {
    let base: ListeningService
    let logger: Logger

    func run() async throws {
        do {
            try await base.run()
        } catch let failure as CommandFailure {
            logger.warning("\(failure.message); going on without it")
            try? await gracefulShutdown()
        }
    }
}

/// A server at an address; that it cannot listen there is told in one line.
struct ListeningService: Service {
    let base: any Service
    let host: String
    let port: Int
    /// The flags that choose the address, for the message.
    let flags: (host: String, port: String)

    func run() async throws {
        do {
            try await base.run()
        } catch let error as IOError {
            throw CommandFailure(.unavailable, message(error.errnoCode))
        } catch is SocketAddressError {
            throw unknownHost
        } catch is SocketAddressError.UnknownHost {
            throw unknownHost
        }
    }

    private var unknownHost: CommandFailure {
        CommandFailure(.unavailable, "\(host): there is no address of this name; choose another with \(flags.host)")
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
