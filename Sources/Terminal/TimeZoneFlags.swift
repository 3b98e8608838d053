import Application
package import ArgumentParser
package import Foundation

/// The option of every command that reads days in messages.
package struct TimeZoneFlags: ParsableArguments {
    @Option(
        name: .customLong("time-zone"),
        help:
            "The time zone whose day is 'today' in messages, such as Asia/Shanghai (default: that of the environment, TZ)."
    )
    package var name: String?

    package init() {}

    /// - Throws: ``CommandFailure`` when there is no time zone of the name.
    package func timeZone() throws -> TimeZone {
        guard let name else { return .current }
        guard let zone = TimeZone(identifier: name) else {
            throw CommandFailure(.data, "--time-zone: '\(name)' is not the name of a time zone such as Europe/Berlin")
        }
        return zone
    }
}
