public import Hummingbird
public import Logging
public import NIOCore
import ServiceLifecycle
import Synchronization

/// A server on a port of its own.
public struct RunningServer: Sendable {
    public let port: Int
    private let group: ServiceGroup

    private init(port: Int, group: ServiceGroup) {
        self.port = port
        self.group = group
    }

    struct NotStarted: Error {}

    /// Asks the server to stop, as SIGTERM does; does not wait for it.
    public func stop() async { await group.triggerGracefulShutdown() }

    /// Boots an application, runs `body`, stops it and waits until it has ended.
    /// - Parameter make: gets what the application must call with its listening channel.
    public static func run<Value: Sendable>(
        logger: Logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
        _ make: (@escaping @Sendable (any Channel) async -> Void) -> some ApplicationProtocol,
        _ body: @escaping @Sendable (RunningServer) async throws -> Value
    ) async throws -> Value {
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let application = make { channel in listening.yield(channel.localAddress?.port ?? 0) }
        let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [application], logger: logger))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { listening.finish() }
                try await group.run()
            }
            var port: Int?
            for await number in ports {
                port = number
                break
            }
            guard let port else {
                try await tasks.waitForAll()
                throw NotStarted()
            }
            let value = try await body(RunningServer(port: port, group: group))
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return value
        }
    }
}

/// Keeps what is logged, to look for what must not be in it.
public final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    public init() {}

    public var all: [String] { lines.withLock { $0 } }

    public var logger: Logger {
        var logger = Logger(label: "test", factory: { _ in Handler(lines: self) })
        logger.logLevel = .trace
        return logger
    }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.MetadataValue? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = metadata.merging(event.metadata ?? [:]) { $1 }
            let text = "\(event.level) \(event.message) " + fields.map { "\($0)=\($1)" }.sorted().joined(separator: " ")
            lines.lines.withLock { $0.append(text) }
        }
    }
}
