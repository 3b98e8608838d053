import Logging
import ServiceLifecycle
import WebSocketService

/// Ends the sockets of keys that another process has revoked, and of those that expire.
struct KeyFollowing: Service {
    let sockets: WebSocketService
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown { await sockets.followKeys(logger: logger) }
    }
}
