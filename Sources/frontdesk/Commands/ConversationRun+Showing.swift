import Application
import ArgumentParser
import ConversationDomain
import Dialogue
import Foundation

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

/// The outcome as JSON.
private struct ConversationReportView: Encodable {
    struct Case: Encodable {
        struct Failure: Encodable {
            let turn: Int
            let place: String
            let expected: [String]
            let got: String
        }

        let name: String
        let place: String
        let right: Bool
        let turns: Int
        let seconds: Double
        let failures: [Failure]
    }

    let right: Int
    let turns: Int
    let rightTurns: Int
    let conversations: [Case]

    init(_ report: ConversationReport) {
        right = report.right
        turns = report.turns
        rightTurns = report.rightTurns
        conversations = report.outcomes.map { outcome in
            Case(
                name: outcome.script.name, place: outcome.script.place.description, right: outcome.isRight,
                turns: outcome.script.turns.count, seconds: outcome.seconds,
                failures: outcome.failures.map {
                    Case.Failure(
                        turn: $0.turn, place: $0.script.place.description,
                        expected: $0.script.expected.map(\.description), got: $0.got)
                })
        }
    }

    enum CodingKeys: String, CodingKey {
        case right, turns, conversations
        case rightTurns = "right_turns"
    }
}
