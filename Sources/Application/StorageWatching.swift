package import Logging
package import SQLiteStore
import ServiceLifecycle

/// Looks at the database's files every second, so that their loss is in the log even when nobody asks for the server's health.
package struct StorageWatching: Service {
    package let watch: DatabaseWatch
    var interval: Duration = .seconds(1)

    package init(_ database: SQLiteDatabase, logger: Logger) {
        watch = DatabaseWatch(database) { fault in
            if let fault {
                logger.error("nothing can be stored", metadata: ["reason": .string(fault)])
            } else {
                logger.notice("the database takes writes again")
            }
        }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                watch.look()
                try? await Task.sleep(for: interval)
            }
        }
    }
}
