import ConversationDomain
import Dialogue
import Foundation
package import Logging
import People
import SQLiteCustomers
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
                    try await removeAnswers()
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("old conversations could not be removed", metadata: ["error": .string("\(error)")])
                }
                try? await Task.sleep(for: interval)
            }
        }
    }

    /// Answers to requests that cannot be sent again any more, a few at a time.
    private func removeAnswers() async throws {
        let time = Date(timeIntervalSinceNow: -KeptAnswer.keptSeconds)
        while try await bot.customers.removeAnswers(keptBefore: time) > 0 {
            try await Task.sleep(for: .milliseconds(100))
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
