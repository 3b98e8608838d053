import Application
import ArgumentParser
import Foundation
import Terminal

extension EvaluateCommand {
    /// Whole replies in whole conversations, with the bot as it is served.
    func evaluateConversations(_ path: String) async throws {
        guard file == nil, crossValidate == nil, holdOut == nil, !entities, classifier == nil, failUnder.isEmpty else {
            throw CommandFailure(.data, "--conversations goes with --report only")
        }
        let run = ConversationRun(
            directory: data.directory, encoder: encoding.settings(), timeZone: try dates.timeZone(),
            progress: TerminalProgress())
        let report = try await run.run(path)
        let junit = self.report.map { URL(userPath: $0).appending(path: "conversations.xml") }
        if let junit {
            do {
                try FileManager.default.createDirectory(
                    at: junit.deletingLastPathComponent(), withIntermediateDirectories: true)
            } catch {
                throw CommandFailure(.cannotCreate, "\(self.report ?? ""): the report cannot be written")
            }
        }
        try ConversationRun.show(report, junit: junit, asJSON: data.json)
    }
}
