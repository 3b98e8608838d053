package import Logging
import ServiceLifecycle
package import WebSocketService

/// Ends the sockets of keys that another process has revoked, and of those that expire.
package struct KeyFollowing: Service {
    let sockets: WebSocketService
    let logger: Logger

    package init(sockets: WebSocketService, logger: Logger) {
        self.sockets = sockets
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { await sockets.followKeys(logger: logger) }
    }
}
