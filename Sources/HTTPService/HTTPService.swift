public import Access
public import ConversationDomain
import Foundation
import HTTPCalls
import HTTPTypes
import HTTPWire
public import Hummingbird
public import HummingbirdCore
public import Logging
public import ModelRecords
public import Monitoring
public import NIOCore
public import Outbox
public import People
import Wire
public import Wording

/// What the REST service works with.
public struct HTTPServiceParts: Sendable {
    public var chat: any ChatService
    public var insight: any InsightService
    public var authenticator: Authenticator
    public var limiter: RateLimiter
    /// Takes what is measured, and is shown at `/metrics`.
    public var metrics: PrometheusRegistry
    /// Brings values that are kept elsewhere up to date before they are shown.
    public var collectMetrics: @Sendable () async -> Void = {}
    /// Nil serves no `/v1/review`.
    public var review: (any ReviewService)?
    /// Nil serves no `/v1/webhooks`.
    public var webhooks: (any WebhookService)?
    /// Nil serves no `/v1/connectors`.
    public var hooks: (any HookService)?
    /// Nil serves none of the calls for people who answer.
    public var people: (any PeopleService)?
    /// Nil refuses what agents do beside answering.
    public var desk: (any DeskService)?
    /// Nil serves neither `/v1/visitors` nor `/v1/agents`.
    public var visitors: (any VisitorService)?
    /// Is told what somebody may have to account for; nil when nobody keeps that.
    public var trail: AccessTrail?
    /// Nil lets no page go on with what it did not begin.
    public var customers: (any CustomerService)?
    /// Nil takes and makes no visitor tokens.
    public var visitorTokens: VisitorTokens?
    /// Keeps answers to requests with an `Idempotency-Key`; nil refuses such requests.
    public var answers: (any AnswerStore)?
    /// Bounds what publishable keys have kept; nil for no bound.
    public var meter: (any StorageMeter)?
    /// Nil takes it that everything can be stored.
    public var storage: (any StorageHealth)?
    /// Who may say in whose name a request comes.
    public var proxies = TrustedProxies.none
    /// The path that stands before those of this server, for the links in answers.
    public var basePath = BasePath.root
    public var limits = Limits()
    public var ids = IdentifierGenerator()
    /// Whose phrases the widget speaks with; nil serves a widget without words.
    public var content: (any LiveContent)?
    /// Of visitors whose languages the bot does not have; nil for its commonest.
    public var defaultLocale: BotLocale?
    /// The publishable key of the demo page; nil shows the page without a chat.
    public var demoKey: String?
    /// Whether requests are logged at info rather than at debug.
    public var logsRequests = false
    /// Whether clients of Rasa's REST interface are answered.
    public var servesRasa = false
    /// Whether there is a demo page at all.
    public var showsDemo = true
    /// What `/docs` shows the interface with; nil shows how to get it.
    public var documentation: DocumentationFiles?
    /// Whether `/metrics` is answered here rather than on a listener of its own.
    public var servesMetrics = true

    public init(
        chat: any ChatService, insight: any InsightService, authenticator: Authenticator, limiter: RateLimiter,
        metrics: PrometheusRegistry
    ) {
        self.chat = chat
        self.insight = insight
        self.authenticator = authenticator
        self.limiter = limiter
        self.metrics = metrics
    }
}

/// The REST service: one route per call of the wire format, each a few lines over ``ConversationDomain/ChatService`` or
/// ``ConversationDomain/InsightService``.
public struct HTTPService: Sendable {
    let parts: HTTPServiceParts
    let api: API
    let description = Description()
    let running = RunningRequests()

    public init(_ parts: HTTPServiceParts) {
        self.parts = parts
        api = API(limits: parts.limits)
    }

    /// The application that serves, in the program as in the tests.
    /// - Parameters:
    ///   - server: what stands under HTTP; the program puts the WebSocket beside it here.
    ///   - onRunning: called with the listening channel.
    public func buildApplication(
        host: String, port: Int, server: HTTPServerBuilder, logger: Logger,
        onRunning: @escaping @Sendable (any Channel) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        Application(
            router: router(), server: server,
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: "Frontdesk"),
            onServerRunning: onRunning, logger: logger)
    }

    /// A second listener for `/metrics` and the health calls alone.
    public func buildMetricsApplication(
        host: String, port: Int, logger: Logger,
        onRunning: @escaping @Sendable (any Channel) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        let router = Router(context: HTTPContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: boundary)
        add(api.calls.filter { [.isLive, .isReady, .readMetrics].contains($0.name) }, to: router)
        return Application(
            router: router, server: .http1(configuration: Self.bounded),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: "Frontdesk"),
            onServerRunning: onRunning, logger: logger)
    }

    private static var bounded: HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: HeadLimits.value, maxHeaderListSize: HeadLimits.bytes,
                maxHeaderFieldCount: HeadLimits.fields))
    }

    private var boundary: HTTPBoundary {
        HTTPBoundary(
            authenticator: parts.authenticator, metrics: HTTPMetrics(factory: parts.metrics), ids: parts.ids,
            proxies: parts.proxies,
            level: parts.logsRequests ? .info : .debug)
    }

    func router() -> Router<HTTPContext> {
        let router = Router(context: HTTPContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: boundary)
        add(served, to: router)
        addRasa(to: router)
        addDocumentation(to: router)
        addPages(to: router)
        return router
    }

    /// The calls of this server.
    var served: [APICall] {
        api.calls.filter { call in
            switch call.topic {
            case .review: parts.review != nil
            case .webhooks: parts.webhooks != nil
            case .connectors: parts.hooks != nil
            case .people: parts.people != nil
            case .visitors: parts.visitors != nil
            case .operations: call.name != .readMetrics || parts.servesMetrics
            case .conversations, .understanding: true
            }
        }
    }
}
