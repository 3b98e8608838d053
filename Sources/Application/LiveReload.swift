import ConversationDomain
import Inference
import IntentModel
package import Logging
import SQLiteModels
import SQLiteStore
import ServiceLifecycle
import Wording

/// Notices what other processes changed in the database (imports, edited answers, activated models) and takes it over, so that a
/// running server needs no restart.
package struct LiveReload: Service {
    let bot: Bot
    let logger: Logger
    /// How long a change may go unnoticed.
    var interval: Duration = .milliseconds(200)
    /// What is taken over is compared and indexed here, out of the way of turns.
    private let background = BackgroundExecutor("reload")

    package init(bot: Bot, logger: Logger, interval: Duration = .milliseconds(200)) {
        self.bot = bot
        self.logger = logger
        self.interval = interval
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var failure: String?
            while !Task.isCancelled {
                do {
                    try await withTaskExecutorPreference(background) { try await check() }
                    failure = nil
                } catch is CancellationError {
                    return
                } catch {
                    // What cannot be taken over, such as a model without its encoder, is tried again, but told once.
                    if failure != "\(error)" {
                        logger.error("a change could not be taken over", metadata: ["error": .string("\(error)")])
                    }
                    failure = "\(error)"
                }
                try? await Task.sleep(for: failure == nil ? interval : interval * 10)
            }
        }
    }

    private func check() async throws {
        if try await bot.rankIfOwed() { logger.info("the ranking is made; entries and intents compete from now on") }
        if try await bot.contents.revision() != bot.content.current().revision {
            try await bot.reloadContent()
            logger.info("content changed", metadata: ["revision": .stringConvertible(bot.content.current().revision)])
        }
        if let active = try await bot.models.activeID(), active != bot.classifier.active?.id {
            try await bot.activate(active)
            logger.info("model activated", metadata: ["model": .string(active.rawValue)])
        }
    }
}
