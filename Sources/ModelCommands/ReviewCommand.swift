import Application
public import ArgumentParser
public import ConversationDomain
import Foundation
import ModelLifecycle
public import ModelRecords
import Terminal
import Wire

/// `frontdesk review`: what the bot did not understand, and what people say that it means.
package struct ReviewCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "review", abstract: "List, label and dismiss what the bot did not understand.",
        discussion:
            "Messages that were rejected, low in confidence, rated down or corrected stand in a queue, grouped by meaning. A label counts at once and is an example in the next training.",
        subcommands: [List.self, Label.self, Dismiss.self])
    package init() {}

    /// Who decides when it is done by the command line.
    static let decider = "cli"

    /// - Throws: ``CommandFailure`` when the text is no item's id.
    static func id(_ text: String) throws -> ReviewID {
        guard let id = ReviewID(text) else {
            throw CommandFailure(.data, "'\(text)' is not an item of the review queue; expected an id such as rev_…")
        }
        return id
    }

    /// Runs `body` on the bot's desk; what the caller got wrong is an error in the data.
    static func atDesk(
        _ data: DataOptions, _ encoding: EncoderFlags, _ body: (ReviewDesk) async throws -> Void
    ) async throws {
        try await CommandFailure.reporting {
            let bot = try await Bot.open(data.directory, settings: BotSettings(encoder: encoding.settings()))
            defer { bot.close() }
            do {
                try await body(bot.review)
            } catch let error as ChatError where [.notFound, .conflict, .invalidRequest].contains(error.code) {
                throw CommandFailure(.data, error.message)
            }
        }
    }
}

extension ReviewCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the queue in groups of one meaning, those with the most messages first.")

        @OptionGroup var data: DataOptions

        @Option(help: "Only groups with a text that is there for this reason: \(allNames(of: ReviewReason.self)).")
        var reason: ReviewReason?

        @Option(help: "open, labelled or dismissed.")
        var status = ReviewStatus.open

        @Option(help: "How many groups to list, 1 to 2000.")
        var limit = 20

        @OptionGroup var encoding: EncoderFlags

        func run() async throws {
            try await ReviewCommand.atDesk(data, encoding) { desk in
                guard (1...2000).contains(limit) else {
                    throw CommandFailure(.data, "--limit: \(limit) is not between 1 and 2000")
                }
                var query = ReviewQuery()
                query.status = status
                query.reason = reason
                query.limit = limit
                let page = try await desk.list(query)
                if data.json { return try Output.json(ReviewPageView(page: page)) }
                for cluster in page.clusters { Self.lines(cluster).forEach(Output.line) }
                let shown = page.clusters.reduce(0) { $0 + $1.items.count }
                Output.line("\(shown) of \(page.total) \(status.rawValue) texts, in \(page.clusters.count) groups")
            }
        }

        private static func lines(_ cluster: ReviewCluster) -> [String] {
            let reasons = ReviewReason.allCases.filter { reason in
                cluster.items.contains { $0.reasons.contains(reason) }
            }
            let head = "\(cluster.id)  \(cluster.messages)×  \(reasons.map(\.rawValue).joined(separator: ", "))"
            return [head] + cluster.items.map { "    \($0.text)\(note($0))" }
        }

        /// What is known of a text: the guess, a suggestion, the decision.
        private static func note(_ item: ReviewItem) -> String {
            var notes: [String] = []
            if item.count > 1 { notes.append("\(item.count)×") }
            if let intent = item.intent, let confidence = item.confidence {
                notes.append("\(intent) \(String(format: "%.2f", confidence))")
            }
            if let suggestion = item.suggestion { notes.append("suggested: \(suggestion)") }
            if let label = item.label { notes.append("→ \(label.target)") }
            return notes.isEmpty ? "" : "  (\(notes.joined(separator: ", ")))"
        }

    }

    struct Dismiss: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a group out of the queue; a label that it had is taken back.")

        @OptionGroup var data: DataOptions

        @Flag(help: "This text only, not its whole group.")
        var only = false

        @Argument(help: "The id of a text, or of its group.")
        var id: String

        @OptionGroup var encoding: EncoderFlags

        func run() async throws {
            try await ReviewCommand.atDesk(data, encoding) { desk in
                let outcome = try await desk.dismiss(
                    try ReviewCommand.id(id), scope: only ? .one : .cluster, by: ReviewCommand.decider)
                if data.json { return try Output.json(ReviewOutcomeView(outcome: outcome)) }
                Output.line("dismissed \(outcome.items.count) \(outcome.items.count == 1 ? "text" : "texts")")
            }
        }
    }
}

extension ReviewLabel {
    /// What a text was labelled as, in a word.
    var target: String {
        switch self {
        case .intent(let name), .newIntent(let name, _): name.rawValue
        case .knowledge(let id): id.rawValue
        case .outOfScope: IntentName.outOfScope.rawValue
        }
    }
}

private func allNames<Value: RawRepresentable<String> & CaseIterable>(of type: Value.Type) -> String {
    type.allCases.map(\.rawValue).joined(separator: ", ")
}

extension ReviewReason: ExpressibleByArgument {}
extension ReviewStatus: ExpressibleByArgument {}
