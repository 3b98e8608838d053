import Access
import ActionCalls
import Application
import ArgumentParser
import ConversationDomain
import DataFolder
import Dialogue
import Foundation
import HTTPService
import HTTPWire
import Hosting
import Hummingbird
import Inference
import Logging
import ModelFiles
import Monitoring
import SQLiteStore
import ServerTLS
import ServiceLifecycle
import Serving
import Terminal
import UnixSignals
import WebSocketService

/// `frontdesk serve`: the server.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve REST, WebSocket, the widget and the demo page.",
        discussion:
            "With a database that has no intents, the content of --intents is imported, trained and activated first.")

    @OptionGroup var data: DataOptions

    @Option(
        help: ArgumentHelp(
            """
            A file of settings in YAML or JSON, one key for each flag; flags and the variables FRONTDESK_… count before it. \
            'frontdesk config show' tells what is set where.
            """, valueName: "file"))
    var config: String?

    @Option(help: "The address to listen at; 127.0.0.1 is this machine only.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen at; 0 takes a free one and prints it.")
    var port = 8080

    @Option(help: "The folder that a new database is filled from.")
    var intents = "Intents"

    @Option(help: "The encoder that a new database is trained with (default: the multilingual one).")
    var encoder: String?

    @OptionGroup var dates: TimeZoneFlags
    @OptionGroup var encoding: EncoderFlags
    @OptionGroup var tuning: ServeTuning
    @OptionGroup var storage: ServeStorage
    @OptionGroup var webhooks: ServeWebhooks
    @OptionGroup var network: ServeNetwork
    @OptionGroup var training: TrainingFlags

    func run() async throws {
        FreedMemory.share()
        // Ending with the terminal would surprise whoever started it in the background; a certificate is read again instead.
        signal(SIGHUP, SIG_IGN)
        try await CommandFailure.reporting {
            try check()
            let (logger, timeZone) = try (tuning.logger(), dates.timeZone())
            let certificate = try network.certificate()
            try data.directory.create()
            let lock = try ServingLock(data.directory.url)
            let database = try data.directory.openDatabase()
            lock.noteDatabase()
            let setup = FirstRun(
                directory: data.directory, database: database, intents: intents, encoder: encoder,
                encoders: Encoders(data.directory, settings: encoding.settings()), options: try training.options(),
                progress: TerminalProgress())
            try await setup.run()
            let demo = try await setup.demoKey(isOffered: network.demo)
            try await serve(
                database, timeZone: timeZone, demo: demo, certificate: certificate, logger: logger)
            withExtendedLifetime(lock) {}
        }
    }

    /// - Throws: ``CommandFailure`` for the first value that is none.
    func check() throws {
        _ = try tuning.logger()
        try tuning.check()
        try network.check()
        _ = try (tuning.parsedMetricsAddress(), tuning.locale(), dates.timeZone(), training.options())
        _ = try (storage.quotas(), storage.retention(), storage.auditTime(), webhooks.rules())
        guard (0...65_535).contains(port) else {
            throw CommandFailure(.data, "--port: \(port) is not between 0 and 65535")
        }
    }

    private func serve(
        _ database: SQLiteDatabase, timeZone: TimeZone, demo: FirstRun.DemoKey, certificate: ServerCertificate?,
        logger: Logger
    ) async throws {
        let metrics = PrometheusRegistry(
            HTTPMetrics.families + TurnMetrics.families + MetricSources.families + ProcessMetrics.families
                + ActionMetrics.families)
        var settings = BotSettings()
        settings.defaultLocale = try tuning.locale()
        settings.timeZone = timeZone
        settings.inference.threads = tuning.inferenceThreads
        settings.encoder = encoding.settings(threads: tuning.inferenceThreads)
        settings.cachedUtterances = tuning.utteranceCache
        settings.reopenSeconds = Double(tuning.reopenMinutes * 60)
        settings.observer = TurnMetrics(factory: metrics)
        settings.ranksLater = true
        let quota = try await openQuota(database)
        settings.meter = quota
        let actions = HTTPActionCaller.served(
            database, rules: try webhooks.rules(), metrics: metrics, logger: logger)
        settings.actions = actions
        let bot = try await Bot.open(data.directory, database: database, settings: settings)
        defer { bot.close() }

        let trail = AccessTrail()
        let authenticator = Authenticator(
            keys: bot.keys, ownHosts: network.ownHosts(host), refused: demo.refused, trail: trail)
        let limiter = RateLimiter(limits: tuning.rateLimits, trail: trail)
        var socketParts = WebSocketServiceParts(chat: bot.chat, authenticator: authenticator, limiter: limiter)
        let visitorTokens = VisitorTokens(secrets: bot.customers)
        (socketParts.customers, socketParts.visitorTokens) = (bot.chat, visitorTokens)
        socketParts.desk = bot.chat
        socketParts.heartbeat = tuning.heartbeat
        socketParts.socketLimit = tuning.maxSockets
        (socketParts.proxies, socketParts.basePath) = try (network.proxies(), network.path())
        socketParts.certificate = certificate
        let descriptors = Descriptors.raised()
        socketParts.connections = network.limits(descriptors)
        let sockets = WebSocketService(socketParts)
        let sources = MetricSources(in: metrics, bot: bot, sockets: sockets, quota: quota, certificate: certificate)

        var parts = HTTPServiceParts(
            chat: bot.chat, insight: bot.insight, authenticator: authenticator, limiter: limiter, metrics: metrics)
        parts.review = bot.review
        let delivery = EventDelivery(
            database, rules: try webhooks.rules(), chat: bot.chat, queue: bot.queue, logger: logger)
        (parts.webhooks, parts.hooks) = (delivery.desk, delivery.hooks)
        (parts.people, parts.visitors, parts.desk) = (bot.chat, bot.chat, bot.chat)
        (parts.answers, parts.meter) = (bot.customers, quota)
        (parts.customers, parts.visitorTokens) = (bot.chat, visitorTokens)
        (parts.content, parts.defaultLocale) = (bot.content, try tuning.locale())
        parts.demoKey = demo.offered
        parts.showsDemo = network.demo
        (parts.servesRasa, parts.trail) = (network.rasa, trail)
        parts.logsRequests = tuning.accessLog
        (parts.proxies, parts.basePath) = (socketParts.proxies, socketParts.basePath)
        parts.documentation = documentation(logger)
        let watching = StorageWatching(database, logger: logger)
        parts.storage = watching.watch
        parts.servesMetrics = false
        parts.collectMetrics = { await sources.collect() }
        let http = HTTPService(parts)
        let host = host
        let (isListening, listens) = AsyncStream.makeStream(of: Void.self)
        let warning = descriptors.warning(sockets: tuning.maxSockets)
        let application = http.buildApplication(host: host, port: port, server: sockets.server, logger: logger) {
            channel in
            Output.line(
                "listening on \(certificate == nil ? "http" : "https")://\(host):\(channel.localAddress?.port ?? 0)")
            if let warning { logger.warning("\(warning)") }
            listens.yield()
        }
        // Ends after all others.
        var services: [any Service] = [
            actions, LiveReload(bot: bot, logger: logger), ShadowReload(bot: bot, logger: logger), watching,
            ListeningService(base: application, host: host, port: port, flags: ("--host", "--port")),
            KeyFollowing(sockets: sockets, logger: logger),
            AuditTrail(trail: trail, database: database, keeping: try storage.auditTime(), logger: logger),
            Retention(bot: bot, rules: try storage.retention(), logger: logger),
            delivery.deliverer, delivery.following, MissSweeping(chat: bot.chat, logger: logger),
        ]
        if let certificate { services.append(CertificateFollowing(certificate: certificate, logger: logger)) }
        if let listening = try metricsService(http, logger) {
            services.append(FollowingService(listening, after: isListening))
        }
        try await run(services, of: bot, logger: logger)
    }

    /// Runs all services until the program is asked to end, or one of them fails.
    private func run(_ services: [any Service], of bot: Bot, logger: Logger) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services + [EndingInTime(logger: logger)], gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        configuration.maximumGracefulShutdownDuration = EndingInTime.patience
        let group = ServiceGroup(configuration: configuration)
        do {
            try await group.run()
        } catch {
            await bot.queue.shutdown()
            throw error
        }
        await bot.queue.shutdown()
    }

    /// `/metrics` on a listener of its own; nil when it is off.
    private func metricsService(_ http: HTTPService, _ logger: Logger) throws -> (any Service)? {
        guard let address = try tuning.parsedMetricsAddress() else { return nil }
        let metrics = http.buildMetricsApplication(host: address.host, port: address.port, logger: logger) {
            Output.line("metrics at http://\(address.host):\($0.localAddress?.port ?? 0)/metrics")
        }
        let listening = ListeningService(
            base: metrics, host: address.host, port: address.port, flags: ("--metrics-address", "--metrics-address"))
        return address.isRequired ? listening : OptionalListening(listening, logger: logger)
    }

    /// The files of `/docs`; damaged ones are reported and count as not installed.
    private func documentation(_ logger: Logger) -> DocumentationFiles? {
        do {
            return try SwaggerUI.load(from: data.directory.pagesDirectory).map {
                DocumentationFiles(script: $0.script, style: $0.style, version: SwaggerUI.version)
            }
        } catch {
            logger.warning("the pages of /docs cannot be shown", metadata: ["error": .string("\(error)")])
            return nil
        }
    }

    /// The quota as it was when the server was stopped.
    private func openQuota(_ database: SQLiteDatabase) async throws -> StorageQuota {
        let uses = try await SQLiteConversationStore(database).storageUse(since: StorageQuota.firstHour(at: Date()))
        return StorageQuota(quotas: try storage.quotas(), uses: uses)
    }
}
