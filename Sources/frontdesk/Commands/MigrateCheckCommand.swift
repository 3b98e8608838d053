import Application
import ArgumentParser
import ConversationDomain
import Dialogue
import Foundation
import Hosting
import Inference
import IntentData
import Evaluation
import IntentModel
import NativeContent

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
            let report = try await Replay(log: log, chat: bot.chat).run()
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

/// One run of a log through a bot.
private struct Replay {
    let log: ReplayLog
    let chat: any ChatService
    private let principal = Principal(
        key: IdentifierGenerator().next(), kind: .secret, app: AppName(trusted: "replay"), scopes: [.chat])

    init(log: ReplayLog, chat: any ChatService) { (self.log, self.chat) = (log, chat) }

    /// Conversations are held side by side, as many as there are cores; the report is in the order of the log.
    func run() async throws -> ReplayReport {
        let progress = ProgressLine("messages")
        var report = ReplayReport()
        var done = 0
        let jobs = ProcessInfo.processInfo.activeProcessorCount * 4
        for start in stride(from: 0, to: log.conversations.count, by: jobs) {
            let group = log.conversations[start..<min(start + jobs, log.conversations.count)]
            let found = try await withThrowingTaskGroup(of: (Int, [ReplayReport.Outcome]).self) { tasks in
                for index in group.indices { tasks.addTask { (index, try await outcomes(of: group[index])) } }
                var found: [Int: [ReplayReport.Outcome]] = [:]
                for try await (index, outcomes) in tasks { found[index] = outcomes }
                return found
            }
            for index in group.indices {
                for (turn, outcome) in zip(group[index].turns, found[index] ?? []) {
                    report.add(turn, outcome)
                    done += 1
                }
            }
            progress.update(done, log.turns)
        }
        return report
    }

    private func outcomes(of conversation: ReplayLog.Conversation) async throws -> [ReplayReport.Outcome] {
        let started = try await chat.start(
            ConversationRequest(locale: conversation.locale, channel: .web), as: principal)
        var outcomes: [ReplayReport.Outcome] = []
        for turn in conversation.turns {
            do {
                let message = InboundMessage(conversation: started.id, content: .text(turn.message))
                let done = try await chat.respond(to: message, as: principal).turn
                let action = done.decision.map { decision in
                    decision.action.rawValue + (decision.knowledge.map { " \($0.rawValue)" } ?? "")
                }
                outcomes.append(
                    ReplayReport.Outcome(
                        intent: done.decision?.intent, action: action ?? "silent", replies: done.replies.map(\.text)))
            } catch let error as ChatError {
                outcomes.append(ReplayReport.Outcome(intent: nil, action: "the error '\(error.message)'", replies: []))
            }
        }
        return outcomes
    }
}

/// The report as JSON.
private struct ReplayView: Encodable {
    struct Difference: Encodable {
        let place: String
        let message: String
        let oldIntent: String?
        let oldReply: String?
        let intent: String?
        let action: String
        let replies: [String]

        enum CodingKeys: String, CodingKey {
            case place, message, intent, action, replies
            case oldIntent = "old_intent"
            case oldReply = "old_reply"
        }
    }

    let messages: Int
    let agreeing: Int
    let withIntent: Int
    let sameIntent: Int
    let withReply: Int
    let sameReply: Int
    let differences: [Difference]

    init(_ report: ReplayReport, show: Int) {
        messages = report.turns
        agreeing = report.agreeing
        withIntent = report.withIntent
        sameIntent = report.sameIntent
        withReply = report.withReply
        sameReply = report.sameReply
        differences = report.differences.prefix(show).map { difference in
            Difference(
                place: difference.turn.place.description, message: difference.turn.message,
                oldIntent: difference.turn.intent, oldReply: difference.turn.reply,
                intent: difference.outcome.intent?.rawValue, action: difference.outcome.action,
                replies: difference.outcome.replies)
        }
    }

    enum CodingKeys: String, CodingKey {
        case messages, agreeing, differences
        case withIntent = "with_intent"
        case sameIntent = "same_intent"
        case withReply = "with_reply"
        case sameReply = "same_reply"
    }
}
