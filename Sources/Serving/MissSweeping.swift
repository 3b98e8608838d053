import Application
import ConversationDomain
package import Dialogue
package import Logging
import ServiceLifecycle

/// Tells visitors that nobody has taken their conversation in time, or that everybody has gone home: looks every few seconds at those
/// that wait. What was told is stored, so a restart goes on where the server was.
package struct MissSweeping: Service {
    let chat: ConversationEngine
    let logger: Logger
    let interval: Duration

    package init(chat: ConversationEngine, logger: Logger, interval: Duration = .seconds(2)) {
        self.chat = chat
        self.logger = logger
        self.interval = interval
    }

    /// Steps of one look; what is left comes with the next one.
    private static let stepLimit = 50

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var last: ConversationID?
            var failed = false
            while !Task.isCancelled {
                do {
                    let failures = try await look(after: &last)
                    // Told once: what cannot be stored is tried again with every look.
                    if failures > 0, !failed {
                        logger.warning(
                            "visitors could not be told that nobody came; tried again",
                            metadata: ["conversations": .stringConvertible(failures)])
                    }
                    failed = failures > 0
                } catch is CancellationError {
                    return
                } catch {
                    if !failed {
                        logger.error(
                            "the conversations that wait could not be looked at; tried again",
                            metadata: ["error": .string("\(error)")])
                    }
                    (failed, last) = (true, nil)
                }
                try? await Task.sleep(for: interval)
            }
        }
    }

    /// - Returns: how many conversations could not be changed.
    private func look(after last: inout ConversationID?) async throws -> Int {
        var failures = 0
        for _ in 0..<Self.stepLimit {
            let sweep = try await chat.tellMissed(after: last)
            failures += sweep.failures
            last = sweep.next
            if sweep.told > 0 {
                logger.info(
                    "visitors told that nobody came", metadata: ["conversations": .stringConvertible(sweep.told)])
            }
            if last == nil { break }
        }
        return failures
    }
}
