import Access
import ArgumentParser
import ConversationDomain
import Foundation
import Logging

/// Everything about the server that has a good default.
struct ServeTuning: ParsableArguments {
    @Option(
        help:
            "The locale of conversations that name none and whose messages tell none (default: the content's commonest)."
    )
    var defaultLocale: String?

    @Option(help: "Answer /metrics at HOST:PORT instead of beside the API.")
    var metricsAddress: String?

    @Option(help: "Seconds between a client's pings; after twice as long without a frame its socket is closed.")
    var heartbeat = 30

    @Option(help: "Open sockets at most; more are refused.")
    var maxSockets = 20_000

    @Option(help: "Requests a second that each secret key may make.")
    var secretRate = 1_000.0

    @Option(help: "Messages a second in each conversation of a publishable key.")
    var conversationRate = 5.0

    @Option(help: "Messages a second from each address through publishable keys.")
    var addressRate = 20.0

    @Option(help: "Calls a second without a valid key from each address.")
    var failureRate = 20.0

    @Option(help: "Minutes in which a visitor's message opens a closed conversation again; 0 for never.")
    var reopenMinutes = 0

    @Option(help: "Threads that encode messages (default: one per core).")
    var inferenceThreads = ProcessInfo.processInfo.activeProcessorCount

    @Option(help: "Utterances whose encoding is remembered, 0 for none.")
    var utteranceCache = 4096

    @Option(help: "trace, debug, info, notice, warning, error or critical; requests are logged at debug.")
    var logLevel = "info"

    func check() throws {
        try require((1...3600).contains(heartbeat), "--heartbeat: 1 to 3600 seconds")
        try require((1...1_000_000).contains(maxSockets), "--max-sockets: 1 to 1000000")
        try require((1...1_000_000).contains(secretRate), "--secret-rate: 1 to 1000000")
        try require((0.1...1_000_000).contains(conversationRate), "--conversation-rate: 0.1 to 1000000")
        try require((0.1...1_000_000).contains(addressRate), "--address-rate: 0.1 to 1000000")
        try require((0.1...1_000_000).contains(failureRate), "--failure-rate: 0.1 to 1000000")
        try require((0...43_200).contains(reopenMinutes), "--reopen-minutes: 0 to 43200")
        try require((1...256).contains(inferenceThreads), "--inference-threads: 1 to 256")
        try require((0...1_000_000).contains(utteranceCache), "--utterance-cache: 0 to 1000000")
    }

    var rateLimits: RateLimits {
        var limits = RateLimits()
        limits.secretKey = secretRate
        limits.conversation = conversationRate
        limits.address = addressRate
        limits.failures = failureRate
        return limits
    }

    func locale() throws -> BotLocale? {
        guard let defaultLocale else { return nil }
        guard let locale = BotLocale(defaultLocale) else {
            throw CommandFailure(.data, "--default-locale: '\(defaultLocale)' is not a language tag such as en or zh")
        }
        return locale
    }

    func parsedMetricsAddress() throws -> (host: String, port: Int)? {
        guard let metricsAddress else { return nil }
        guard let colon = metricsAddress.lastIndex(of: ":"),
            let port = Int(metricsAddress[metricsAddress.index(after: colon)...]),
            (0...65_535).contains(port), colon > metricsAddress.startIndex
        else { throw CommandFailure(.data, "--metrics-address: '\(metricsAddress)' is not HOST:PORT") }
        return (String(metricsAddress[..<colon]), port)
    }

    /// Logs to standard error.
    func logger() throws -> Logger {
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw CommandFailure(
                .data,
                "--log-level: '\(logLevel)' is none of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))"
            )
        }
        var logger = Logger(label: "frontdesk", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = level
        return logger
    }

    private func require(_ condition: Bool, _ message: String) throws {
        guard condition else { throw CommandFailure(.data, message) }
    }
}
