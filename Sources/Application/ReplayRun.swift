package import ConversationDomain
import Foundation
package import IntentData

/// One run of a log through a bot.
package struct ReplayRun {
    private let log: ReplayLog
    private let chat: any ChatService
    private let principal = Principal(
        key: IdentifierGenerator().next(), kind: .secret, app: AppName(trusted: "replay"), scopes: [.chat])

    private let progress: any ProgressPort

    package init(log: ReplayLog, chat: any ChatService, progress: any ProgressPort) {
        (self.log, self.chat, self.progress) = (log, chat, progress)
    }

    /// Conversations are held side by side, as many as there are cores; the report is in the order of the log.
    package func run() async throws -> ReplayReport {
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
            progress.step("messages", done, log.turns)
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
package struct ReplayView: Encodable {
    private struct Difference: Encodable {
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

    private let messages: Int
    private let agreeing: Int
    private let withIntent: Int
    private let sameIntent: Int
    private let withReply: Int
    private let sameReply: Int
    private let differences: [Difference]

    package init(_ report: ReplayReport, show: Int) {
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
