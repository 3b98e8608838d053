import ConversationDomain
package import Logging
import ModelLifecycle
import SQLiteModels
import SQLiteStore
import ServiceLifecycle
import Wording

/// Runs the shadow that the database names, and changes over when another process names another one. What it needs to start,
/// such as an encoder and the vectors of labels, is made beside the changes that ``LiveReload`` waits for.
package struct ShadowReload: Service {
    let bot: Bot
    let logger: Logger
    /// How long a change may go unnoticed.
    var interval: Duration = .milliseconds(500)
    /// How long after a failure it is tried again.
    var pause: Duration = .seconds(5)

    package init(bot: Bot, logger: Logger, interval: Duration = .milliseconds(500), pause: Duration = .seconds(5)) {
        self.bot = bot
        self.logger = logger
        self.interval = interval
        self.pause = pause
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await bot.shadow.run() }
                group.addTask { await watch() }
            }
            bot.shadow.stop()
        }
    }

    private func watch() async {
        var failure: String?
        while !Task.isCancelled {
            do {
                try await check()
                failure = nil
            } catch is CancellationError {
                return
            } catch {
                if failure != "\(error)" {
                    logger.error("the shadow model cannot run", metadata: ["error": .string("\(error)")])
                }
                failure = "\(error)"
            }
            try? await Task.sleep(for: failure == nil ? interval : pause)
        }
    }

    private func check() async throws {
        let wanted = try await bot.shadows.shadow()
        let running = bot.shadow.current
        guard let wanted else {
            guard running != nil else { return }
            bot.shadow.stop()
            logger.info("shadow ended")
            return
        }
        let content = bot.content.current()
        guard wanted != running?.model || content.revision != running?.revision else { return }
        if wanted != running?.model { bot.shadow.stop() }
        let shelf = VersionShelf(models: bot.models, encoders: bot.encoders)
        try await bot.shadow.start(try await shelf.open(wanted), content: content)
        if wanted != running?.model { logger.info("shadow started", metadata: ["model": .string(wanted.rawValue)]) }
    }
}
