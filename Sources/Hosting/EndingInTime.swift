public import Logging
public import ServiceLifecycle

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Sees to it that the program ends when it was asked to: some seconds after everything was cancelled it is ended as it is, which
/// loses nothing that anybody was told of, since that is on disk.
public struct EndingInTime: Service {
    /// How long requests may go on after the server was asked to stop; then they are cancelled.
    public static let patience = Duration.seconds(15)
    /// How long what was cancelled may take.
    static let afterwards = Duration.seconds(5)

    private let logger: Logger

    public init(logger: Logger) { self.logger = logger }

    public func run() async throws {
        await cancelWhenGracefulShutdown { try? await Task.sleep(for: .seconds(31_536_000)) }
        guard !Task.isCancelled else { return }
        let logger = logger
        // Beyond this service: it must not hold up what it watches over.
        Task.detached {
            try? await Task.sleep(for: Self.patience + Self.afterwards)
            logger.warning("ended without waiting any longer")
            exit(0)
        }
    }
}
