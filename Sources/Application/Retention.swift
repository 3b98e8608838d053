import ConversationDomain
import Dialogue
import Foundation
package import Logging
package import SQLiteStore
import ServiceLifecycle

/// Removes what is not kept any longer, from the start on and then every hour.
package struct Retention: Service {
    let bot: Bot
    let rules: RetentionRun.Rules
    let logger: Logger
    var interval: Duration = .seconds(3_600)

    package init(bot: Bot, rules: RetentionRun.Rules, logger: Logger, interval: Duration = .seconds(3_600)) {
        self.bot = bot
        self.rules = rules
        self.logger = logger
        self.interval = interval
    }

    func run() async throws {
        let run = RetentionRun(SQLiteRetention(bot.database), rules: rules)
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    let begin = ContinuousClock.now
                    tell(try await run.run(now: Date(), removed: { bot.chat.removed($0) }), begin.duration(to: .now))
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("old conversations could not be removed", metadata: ["error": .string("\(error)")])
                }
                try? await Task.sleep(for: interval)
            }
        }
    }

    private func tell(_ outcome: RetentionRun.Outcome, _ time: Duration) {
        bot.removals.add(outcome)
        guard rules.conversations != nil || !outcome.isNothing else { return }
        logger.info(
            "old conversations removed",
            metadata: [
                "conversations": .stringConvertible(outcome.conversations),
                "messages": .stringConvertible(outcome.messages),
                "empty_conversations": .stringConvertible(outcome.emptyConversations),
                "seconds": .string(String(format: "%.1f", time / .seconds(1))),
            ])
    }
}
