import Access
import Application
import ArgumentParser
import ConversationDomain
import Foundation
import Hosting
import Logging

/// Everything about the server that has a good default.
struct ServeTuning: ParsableArguments {
    @Option(
        help:
            "The locale of conversations that name none and whose messages tell none (default: the content's commonest)."
    )
    var defaultLocale: String?

    @Option(
        help: """
            Where /metrics is answered, HOST:PORT, or 'off' (default: 127.0.0.1:9090, or nowhere while another program has \
            that port).
            """)
    var metricsAddress: String?

    @Option(help: "Seconds between a client's pings; after twice as long without a frame its socket is closed.")
    var heartbeat = 30

    @Option(help: "Open sockets at most; more are refused.")
    var maxSockets = 20_000

    @Option(help: "Requests a second that each secret key may make.")
    var secretRate = 1_000.0

    @Option(help: "Messages a second in each conversation of a publishable key.")
    var conversationRate = 5.0

    @Option(help: "Messages a second from each address through publishable keys; a long one counts as up to eight.")
    var addressRate = 20.0

    @Option(help: "Calls of any kind a second from each address through publishable keys.")
    var callRate = 50.0

    @Option(help: "Calls a second without a valid key from each address.")
    var failureRate = 20.0

    @Option(help: "TLS handshakes a second from each address; more connections are refused.")
    var handshakeRate = 200.0

    @Option(help: "Minutes in which a visitor's message opens a closed conversation again; 0 for never.")
    var reopenMinutes = 0

    @Option(help: "Threads that encode messages (default: one per core).")
    var inferenceThreads = ProcessInfo.processInfo.activeProcessorCount

    @Option(help: "Utterances whose encoding is remembered, 0 for none.")
    var utteranceCache = 4096

    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel = "info"

    @Option(help: "How a line of the log is written: text, or json for programs that collect logs.")
    var logFormat = LogFormat.text

    @Flag(
        help:
            "Log every request at info rather than at debug: method, route, status and time; never paths, texts or keys."
    )
    var accessLog = false

    enum LogFormat: String, ExpressibleByArgument, CaseIterable { case text, json }

    func check() throws {
        try require((1...3600).contains(heartbeat), "--heartbeat: 1 to 3600 seconds")
        try require((1...1_000_000).contains(maxSockets), "--max-sockets: 1 to 1000000")
        try require((1...1_000_000).contains(secretRate), "--secret-rate: 1 to 1000000")
        try require((0.1...1_000_000).contains(conversationRate), "--conversation-rate: 0.1 to 1000000")
        try require((0.1...1_000_000).contains(addressRate), "--address-rate: 0.1 to 1000000")
        try require((0.1...1_000_000).contains(callRate), "--call-rate: 0.1 to 1000000")
        try require((0.1...1_000_000).contains(failureRate), "--failure-rate: 0.1 to 1000000")
        try require((0.1...1_000_000).contains(handshakeRate), "--handshake-rate: 0.1 to 1000000")
        try require((0...43_200).contains(reopenMinutes), "--reopen-minutes: 0 to 43200")
        try require((1...256).contains(inferenceThreads), "--inference-threads: 1 to 256")
        try require((0...1_000_000).contains(utteranceCache), "--utterance-cache: 0 to 1000000")
    }

    var rateLimits: RateLimits {
        var limits = RateLimits()
        limits.secretKey = secretRate
        limits.conversation = conversationRate
        limits.address = addressRate
        limits.calls = callRate
        limits.failures = failureRate
        limits.handshakes = handshakeRate
        return limits
    }

    func locale() throws -> BotLocale? {
        guard let defaultLocale else { return nil }
        guard let locale = BotLocale(defaultLocale) else {
            throw CommandFailure(.data, "--default-locale: '\(defaultLocale)' is not a language tag such as en or zh")
        }
        return locale
    }

    /// Where metrics are served.
    struct MetricsAddress {
        var host = "127.0.0.1"
        var port = 9_090
        /// The owner asked for this address: without it the server does not start.
        var isRequired = false
    }

    /// Nil when metrics are not served at all.
    func parsedMetricsAddress() throws -> MetricsAddress? {
        guard let metricsAddress else { return MetricsAddress() }
        guard metricsAddress != "off" else { return nil }
        guard let colon = metricsAddress.lastIndex(of: ":"),
            let port = Int(metricsAddress[metricsAddress.index(after: colon)...]),
            (0...65_535).contains(port), colon > metricsAddress.startIndex
        else { throw CommandFailure(.data, "--metrics-address: '\(metricsAddress)' is neither HOST:PORT nor 'off'") }
        return MetricsAddress(host: String(metricsAddress[..<colon]), port: port, isRequired: true)
    }

    /// Logs to standard error.
    func logger() throws -> Logger {
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw CommandFailure(
                .data,
                "--log-level: '\(logLevel)' is none of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))"
            )
        }
        let format = logFormat
        var logger = Logger(label: "frontdesk") { label -> any LogHandler in
            switch format {
            case .text: StreamLogHandler.standardError(label: label)
            case .json: JSONLogHandler(label: label)
            }
        }
        logger.logLevel = level
        return logger
    }

    private func require(_ condition: Bool, _ message: String) throws {
        guard condition else { throw CommandFailure(.data, message) }
    }
}
