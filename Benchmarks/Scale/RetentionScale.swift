import ConversationDomain
import Foundation
import SQLiteStore

/// Durable turns while old conversations are being removed beside them, as `serve --keep-conversations` does, and without.
enum RetentionScale {
    /// How long each round of either kind takes.
    private static let round = Duration.seconds(5)
    /// Visitors who talk at the same time, each with a pause after a turn.
    private static let visitors = 2
    private static let pause = Duration.milliseconds(4)

    struct Line: Encodable {
        let part = "retention"
        let messages: Int
        let gigabytes: Double
        let turns: Int
        /// Milliseconds, without and with removal.
        let p50Without: Double
        let p50With: Double
        let p99Without: Double
        let p99With: Double
        let p99Ratio: Double
        let slowestWithout: Double
        let slowestWith: Double
        /// Messages removed a second while it ran.
        let removedPerSecond: Double
    }

    static func run(messages: Int, rounds: Int, scratch: URL) async throws {
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        let bot = try await StoredBot(
            messages: messages, file: scratch.appending(path: "retention.sqlite"), age: 500 * 86_400)
        var rules = RetentionRun.Rules()
        rules.conversations = KeepingTime(seconds: 400 * 86_400)
        let run = RetentionRun(SQLiteRetention(bot.database), rules: rules)
        _ = try await talk(bot)
        var (without, with) = (Samples(), Samples())
        let stored = try await bot.storedConversations()
        for _ in 0..<rounds {
            without.add(try await talk(bot))
            let removal = Task { try await run.run(now: Date()) }
            with.add(try await talk(bot))
            removal.cancel()
            _ = await removal.result
        }
        let removed = try await stored - bot.storedConversations()
        try ScaleBench.tell(
            Line(
                messages: messages, gigabytes: try bot.gigabytes, turns: with.milliseconds.count,
                p50Without: without.percentile(0.5), p50With: with.percentile(0.5),
                p99Without: without.percentile(0.99),
                p99With: with.percentile(0.99), p99Ratio: with.percentile(0.99) / without.percentile(0.99),
                slowestWithout: without.percentile(1), slowestWith: with.percentile(1),
                removedPerSecond: Double(removed * 10) / (Double(rounds) * (round / .seconds(1)))))
        try bot.close()
    }

    /// One round of turns.
    private static func talk(_ bot: StoredBot) async throws -> [Duration] {
        let end = ContinuousClock.now + round
        return try await withThrowingTaskGroup(of: [Duration].self) { group in
            for _ in 0..<visitors {
                group.addTask {
                    var times: [Duration] = []
                    while ContinuousClock.now < end {
                        let conversation = try await bot.start()
                        for _ in 0..<10 {
                            times.append(try await bot.turn(in: conversation))
                            try await Task.sleep(for: pause)
                        }
                    }
                    return times
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }
}
