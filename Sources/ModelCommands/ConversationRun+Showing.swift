import Application
import ArgumentParser
import ConversationDomain
import Dialogue
import Foundation
import Scripts
import Terminal

extension ConversationRun {
    /// - Throws: an exit code of 1 when a turn was none of what was expected.
    static func show(_ report: ConversationReport, junit: URL?, asJSON: Bool) throws {
        if let junit {
            do {
                try Data(report.junit.utf8).write(to: junit, options: .atomic)
            } catch {
                throw CommandFailure(.cannotCreate, "\(junit.relativePath): the file cannot be written")
            }
        }
        if asJSON {
            try Output.json(ConversationReportView(report))
        } else {
            for line in report.failures { Output.line(line) }
            if !report.isRight { Output.line("") }
            Output.table(report.table)
        }
        if !report.isRight { throw ExitCode(1) }
    }
}
