import Application
import ArgumentParser
import Foundation

/// The option of every command that reads days in messages.
struct TimeZoneFlags: ParsableArguments {
    @Option(
        name: .customLong("time-zone"),
        help:
            "The time zone whose day is 'today' in messages, such as Asia/Shanghai (default: that of the environment, TZ)."
    )
    var name: String?

    /// - Throws: ``CommandFailure`` when there is no time zone of the name.
    func timeZone() throws -> TimeZone {
        guard let name else { return .current }
        guard let zone = TimeZone(identifier: name) else {
            throw CommandFailure(.data, "--time-zone: '\(name)' is not the name of a time zone such as Europe/Berlin")
        }
        return zone
    }
}
