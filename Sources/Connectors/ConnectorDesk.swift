public import ConversationDomain
public import Foundation
public import Outbox
public import Webhooks
import Wire

/// What a connector is made of.
public struct ConnectorRequest: Sendable {
    public var kind: ConnectorKind
    public var app: AppName
    public var url: String
    public var token: String
    public var settings: ConnectorSettings
    /// Chatwoot: what it signs with.
    public var signingSecret: String?

    public init(
        kind: ConnectorKind, app: AppName, url: String, token: String, settings: ConnectorSettings,
        signingSecret: String? = nil
    ) {
        self.kind = kind
        self.app = app
        self.url = url
        self.token = token
        self.settings = settings
        self.signingSecret = signingSecret
    }
}

/// Makes, lists, tries and removes connectors.
public struct ConnectorDesk: Sendable {
    private let store: any ConnectorStore
    private let webhooks: any WebhookStore
    private let resolver: TargetResolver
    private let ids: IdentifierGenerator
    private let now: @Sendable () -> Date
    private let limits: ConnectorLimits

    /// How long the name of a new system may take to be found, and how long it may take to answer when it is tried.
    private static let lookUpTime = Duration.seconds(3)
    private static let trialTime = Duration.seconds(10)

    public init(
        store: any ConnectorStore, webhooks: any WebhookStore, resolver: TargetResolver,
        ids: IdentifierGenerator = IdentifierGenerator(), now: @escaping @Sendable () -> Date = { Date() },
        limits: ConnectorLimits = ConnectorLimits()
    ) {
        self.store = store
        self.webhooks = webhooks
        self.resolver = resolver
        self.ids = ids
        self.now = now
        self.limits = limits
    }

    /// Makes a connector, and the webhook that its events come through.
    /// - Throws: `ChatError(.invalidRequest)` that says what was expected, `ChatError(.conflict)` when there are as many as may be.
    public func add(_ request: ConnectorRequest) async throws -> Connector {
        try check(request)
        let url = try await checked(request.url)
        // Whole milliseconds, as they are stored.
        let time = Date(timeIntervalSince1970: (now().timeIntervalSince1970 * 1000).rounded() / 1000)
        // Nothing is recorded for it before it is known whose events these are.
        var webhook = Webhook(
            id: ids.next(), app: request.app, url: url, events: request.kind.events, channels: request.kind.channels,
            senders: request.kind.senders, note: "\(request.kind.rawValue) connector", isEnabled: false,
            secrets: WebhookSecrets(current: WebhookSignature.newSecret()), createdAt: time)
        let connector = Connector(
            id: ids.next(), app: request.app, kind: request.kind, webhook: webhook.id, url: url,
            settings: request.settings,
            secrets: ConnectorSecrets(
                token: request.token, hook: HookSignature.newSecret(), signing: request.signingSecret),
            createdAt: time)
        try await webhooks.add(webhook, limit: WebhookLimits().webhooksOfApp)
        do {
            try await store.add(connector, limit: limits.connectorsOfApp)
        } catch {
            _ = try? await webhooks.remove(webhook.id)
            throw error
        }
        webhook.isEnabled = true
        _ = try await webhooks.update(webhook)
        return connector
    }

    /// Each with what waits for it.
    public func list() async throws -> [(connector: Connector, summary: WebhookSummary)] {
        let summaries = Dictionary(
            try await webhooks.webhooks(of: nil).map { ($0.webhook.id, $0) }, uniquingKeysWith: { first, _ in first })
        return try await store.connectors().compactMap { connector in
            summaries[connector.webhook].map { (connector, $0) }
        }
    }

    /// Removes it with all that waits for it, and with what is known of conversations there; false when there is none.
    public func remove(_ id: ConnectorID) async throws -> Bool {
        guard let connector = try await store.connector(id) else { return false }
        return try await webhooks.remove(connector.webhook)
    }

    /// Asks the other system whether it takes the token.
    /// - Returns: what it said, in words for the owner.
    /// - Throws: `ChatError(.notReady)` with the reason when it does not, or does not answer.
    public func test(_ id: ConnectorID, with client: TargetClient) async throws -> String {
        guard let connector = try await store.connector(id) else {
            throw ChatError(.notFound, "there is no such connector")
        }
        var parts = ConnectorParts(store: store, client: client) { _, _, _ in MessagePage(messages: [], lastSeq: 0) }
        parts.now = now
        let api = parts.api(connector)
        let deadline = ContinuousClock.now + Self.trialTime
        do {
            switch connector.kind {
            case .zammad:
                let answer = try await api.call("GET", "/api/v1/users/me", by: deadline)
                guard answer.isSuccess, answer.json["id"].number != nil else { throw Self.refused(answer.status) }
                let login = answer.json["login"].text ?? answer.json["email"].text ?? "somebody"
                return "Zammad knows the token as \(login.prefix(128))"
            case .chatwoot:
                // A bot may only write; a conversation that there cannot be tells whether it may, and changes nothing.
                let account = connector.settings.account ?? 0
                let answer = try await api.call(
                    "POST", "/api/v1/accounts/\(account)/conversations/0/toggle_status", ["status": "pending"],
                    by: deadline)
                guard answer.status == 404 else { throw Self.refused(answer.status) }
                return "Chatwoot takes the bot's token in account \(account)"
            }
        } catch let failure as TargetFailure {
            throw ChatError(.notReady, "\(connector.url): \(failure)")
        }
    }

    private static func refused(_ status: Int) -> TargetFailure {
        TargetFailure(
            [401, 403].contains(status)
                ? "status \(status): the token is not taken" : "status \(status), which is not what was expected")
    }

    // MARK: Checks

    private func check(_ request: ConnectorRequest) throws {
        let token = request.token
        guard (1...limits.token).contains(token.utf8.count), token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw ChatError(
                .invalidRequest, "the token must have 1 to \(limits.token) visible characters, and no spaces")
        }
        if let secret = request.signingSecret, !(1...limits.token).contains(secret.utf8.count) {
            throw ChatError(.invalidRequest, "the signing secret must have 1 to \(limits.token) characters")
        }
        let settings = request.settings
        for (name, value) in [("group", settings.group), ("closed-state", settings.closedState)] {
            guard value.map({ (1...limits.setting).contains($0.utf8.count) }) ?? true else {
                throw ChatError(.invalidRequest, "the \(name) must have 1 to \(limits.setting) characters")
            }
        }
        switch request.kind {
        case .zammad:
            guard settings.group != nil, let customer = settings.customer, customer.utf8.count <= limits.setting,
                customer.split(separator: "@", omittingEmptySubsequences: false).count == 2,
                !customer.hasPrefix("@"), !customer.hasSuffix("@"), !customer.contains(where: \.isWhitespace)
            else {
                throw ChatError(
                    .invalidRequest,
                    "a connector to Zammad needs a group and the e-mail address of a customer such as chat@shop.example"
                )
            }
        case .chatwoot:
            guard let account = settings.account, account > 0 else {
                throw ChatError(.invalidRequest, "a connector to Chatwoot needs the number of the account, from 1")
            }
        }
    }

    /// - Throws: `ChatError(.invalidRequest)` for an address that nothing may be sent to.
    private func checked(_ text: String) async throws -> String {
        let url = try TargetURL(text)
        guard !url.text.contains("?") else {
            throw ChatError(.invalidRequest, "'url' must not have a query (?…)")
        }
        if let refusal = await resolver.refusal(of: url.host, within: Self.lookUpTime) {
            throw ChatError(
                .invalidRequest, "'url' leads where nothing may be sent: \(refusal); --webhooks-allow can allow it")
        }
        var base = url.text
        while base.hasSuffix("/") { base.removeLast() }
        return base
    }
}
