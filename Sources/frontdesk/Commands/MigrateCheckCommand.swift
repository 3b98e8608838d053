import Application
import ArgumentParser
import ConversationDomain
import Dialogue
import Foundation
import Inference
import IntentData
import Evaluation
import IntentModel
import NativeContent
import Terminal

/// `frontdesk migrate-check`: says the messages of an old bot's log to this one, and lists where it does something else.
struct MigrateCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate-check",
        abstract: "Say what an old bot was told to the stored bot, without a server, and compare what both did.",
        discussion: """
            The log is a table, a JSON list or JSON lines with a message and the old bot's intent or reply, and perhaps a \
            conversation, which keeps messages together, and a locale:

            conversation,message,intent,reply
            7,where is my parcel,order.status,Which order number is it?

            A message agrees when the intent or the reply is the same. Nothing is stored.
            """)

    @OptionGroup var data: DataOptions

    @Option(help: "The log of the old bot.")
    var replay: String

    @Option(help: "Differences that are listed, 0 to 1000.")
    var show = 20

    @Option(help: "Fail with exit code 1 when a smaller share of the messages agrees, 0 to 1.")
    var atLeast: Double?

    @OptionGroup var dates: TimeZoneFlags
    @OptionGroup var encoding: EncoderFlags

    func run() async throws {
        try await CommandFailure.reporting {
            guard (0...ReplayReport.differenceLimit).contains(show) else {
                throw CommandFailure(.data, "--show: \(show) is not between 0 and \(ReplayReport.differenceLimit)")
            }
            if let atLeast, !(0...1).contains(atLeast) {
                throw CommandFailure(.data, "--at-least: \(atLeast) is not between 0 and 1")
            }
            let log: ReplayLog
            do throws(ContentFileError) {
                log = try ReplayLog.read(URL(userPath: replay))
            } catch {
                let isThere = FileManager.default.fileExists(atPath: replay)
                throw CommandFailure(isThere ? .data : .noInput, error.description)
            }
            var settings = BotSettings(timeZone: try dates.timeZone(), encoder: encoding.settings())
            settings.conversations = TransientConversations()
            settings.variant = { 0 }
            let bot = try await Bot.open(data.directory, settings: settings)
            defer { bot.close() }
            let report = try await ReplayRun(log: log, chat: bot.chat, progress: TerminalProgress()).run()
            await bot.queue.shutdown()
            if data.json {
                try Output.json(ReplayView(report, show: show))
            } else {
                for line in Self.lines(report, show: show) { Output.line(line) }
            }
            let share = Double(report.agreeing) / Double(max(1, report.turns))
            if let atLeast, share < atLeast { throw ExitCode(1) }
        }
    }

    private static func lines(_ report: ReplayReport, show: Int) -> [String] {
        func share(_ part: Int, _ whole: Int) -> String {
            "\(part) of \(whole)" + (whole > 0 ? " (\(part * 100 / whole) %)" : "")
        }
        var lines = ["agreement: \(share(report.agreeing, report.turns)) messages"]
        if report.withIntent > 0 { lines.append("same intent: \(share(report.sameIntent, report.withIntent))") }
        if report.withReply > 0 { lines.append("same reply: \(share(report.sameReply, report.withReply))") }
        for change in report.changes.prefix(show) {
            lines.append("\(change.old) → \(change.new): \(change.count)")
        }
        for difference in report.differences.prefix(show) {
            let reply = difference.outcome.replies.joined(separator: " ").prefix(120)
            lines.append(
                "\(difference.turn.place): \"\(difference.turn.message.prefix(120))\": \(difference.turn.intent ?? "?") became \(difference.outcome.intent?.rawValue ?? difference.outcome.action): \"\(reply)\""
            )
        }
        return lines
    }
}
