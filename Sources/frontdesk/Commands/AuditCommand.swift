import Application
import ArgumentParser
import ConversationDomain
import Foundation
import SQLiteStore
import Terminal
import Wire

/// `frontdesk audit`: what has happened that somebody may have to account for.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract:
            "Show keys made and revoked, refused credentials, limits hit, imports, activations, restores, erasures.",
        subcommands: [List.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List what has happened, oldest first.")

        @OptionGroup var data: DataOptions

        @Option(help: "From when on: an RFC 3339 time, or a duration back from now such as 90d, 12h, 30m.")
        var since = "30d"

        @Option(help: "Events at most, the newest.")
        var limit = 1_000

        func run() async throws {
            try await CommandFailure.reporting {
                guard (1...1_000_000).contains(limit) else {
                    throw CommandFailure(.data, "--limit: \(limit) is not between 1 and 1000000")
                }
                let start = try TimeFlag("--since", since).past(from: Date())
                let database = try data.directory.openExistingDatabase()
                defer { try? database.close() }
                let events = try await SQLiteAuditLog(database).events(since: start, limit: limit)
                if data.json { return try Output.json(events.map(AuditEventView.init)) }
                Output.table(
                    [["TIME", "ACTION", "BY", "ABOUT", "DETAIL", "FROM", "COUNT"]]
                        + events.map { event in
                            [
                                Timestamp.text(event.at), event.action.rawValue, event.actor, event.subject ?? "",
                                event.detail ?? "", event.source ?? "", "\(event.count)",
                            ]
                        })
            }
        }
    }
}

/// A flag whose value is a time, or a duration from now.
struct TimeFlag {
    let flag: String
    let text: String

    init(_ flag: String, _ text: String) { (self.flag, self.text) = (flag, text) }

    /// - Throws: ``CommandFailure`` for what is neither, and for a time in the past.
    func future(from now: Date) throws -> Date {
        guard let date = Timestamp.date(text) else { return now.addingTimeInterval(try duration()) }
        guard date > now else { throw CommandFailure(.data, "\(flag): \(text) is in the past") }
        return date
    }

    func past(from now: Date) throws -> Date { try Timestamp.date(text) ?? now.addingTimeInterval(-duration()) }

    func duration() throws -> TimeInterval {
        if let seconds = Timestamp.seconds(text) { return seconds }
        throw CommandFailure(
            .data, "\(flag): '\(text)' is neither an RFC 3339 time nor a duration such as 90d, 12h, 30m")
    }
}
