public import Foundation
internal import Synchronization
public import WebhookReceiver

/// Zammad as far as its documentation tells: tickets, articles, customers, and what a trigger's webhook sends.
/// (docs.zammad.org, "Tickets", "Articles", "Users"; admin-docs.zammad.org, "Webhook Payload".)
public final class FakeZammad: Sendable {
    public struct Article: Sendable, Equatable {
        public let id: Int
        public let ticket: Int
        public let subject: String
        public let body: String
        public let sender: String
        public let isInternal: Bool
        public let type: String
    }

    public struct Ticket: Sendable, Equatable {
        public let id: Int
        public let title: String
        public let group: String
        public var customer: String
        public var state = "new"
    }

    private struct State {
        var tickets: [Ticket] = []
        var articles: [Article] = []
        var users: Set<String> = []
        var mishaps = Mishaps()
        /// Tickets that the search does not find yet.
        var unfound = 0
    }

    private let state = Mutex(State())
    private let token: String
    private let holder = Mutex<WebhookReceiver?>(nil)

    public static func start(token: String, port: Int = 0) async throws -> FakeZammad {
        let fake = FakeZammad(token: token)
        let receiver = try await WebhookReceiver.start(port: port) { fake.answer($0) }
        fake.holder.withLock { $0 = receiver }
        return fake
    }

    private init(token: String) { self.token = token }

    public var receiver: WebhookReceiver {
        guard let receiver = holder.withLock({ $0 }) else { preconditionFailure("not started") }
        return receiver
    }

    public var url: String { "http://127.0.0.1:\(receiver.port)" }
    public var tickets: [Ticket] { state.withLock { $0.tickets } }
    public var faults: [String] { state.withLock { $0.mishaps.faults } }
    public func articles(of ticket: Int) -> [Article] {
        state.withLock { $0.articles.filter { $0.ticket == ticket } }
    }
    public func change(_ body: (inout Mishaps) -> Void) { state.withLock { body(&$0.mishaps) } }
    /// The next so many searches find nothing, as before Zammad's index has a new ticket.
    public func hideFromSearch(_ count: Int) { state.withLock { $0.unfound = count } }
    /// Waits until the tickets and articles are as expected.
    public func wait(until isEnough: @escaping @Sendable (FakeZammad) -> Bool) async {
        await receiver.wait { _ in isEnough(self) }
    }

    // MARK: REST

    private func answer(_ request: WebhookReceiver.Request) -> WebhookReceiver.Answer {
        state.withLock { state in
            let name = Mishaps.name(request)
            guard request.headers["authorization"] == "Token token=\(token)" else {
                return .reply(401, Plain.data(["error": "Invalid token!"]))
            }
            if let refusal = state.mishaps.refusal(name) {
                return .reply(refusal, Plain.data(["error": "refused"]))
            }
            let (status, body) = respond(name, request, &state)
            return state.mishaps.isLost(name) ? .hangUp : .reply(status, Plain.text(body))
        }
    }

    private func respond(_ name: String, _ request: WebhookReceiver.Request, _ state: inout State) -> (Int, Any) {
        let body = Plain.object(request.body)
        let number = request.path.split(separator: "?")[0].split(separator: "/").last.flatMap { Int($0) } ?? 0
        switch name {
        case "GET /api/v1/users/me": return (200, ["id": 3, "login": "frontdesk@shop.example"] as Plain.Object)
        case "POST /api/v1/tickets": return createTicket(body, &state)
        case "GET /api/v1/tickets/search": return (200, search(request.path, &state))
        case "PUT /api/v1/tickets/#": return update(number, body, &state)
        case "POST /api/v1/ticket_articles": return createArticle(body, &state)
        case "GET /api/v1/ticket_articles/by_ticket/#":
            return (200, state.articles.filter { $0.ticket == number }.map(Self.json))
        case "POST /api/v1/users":
            guard let email = body["email"] as? String, body["roles"] as? [String] == ["Customer"] else {
                state.mishaps.faults.append("\(name): \(body)")
                return (422, ["error": "email or roles"])
            }
            guard state.users.insert(email).inserted else { return (422, ["error": "Email address is already used"]) }
            return (201, ["id": 8, "email": email] as Plain.Object)
        default:
            state.mishaps.faults.append(name)
            return (404, ["error": "No route matches"])
        }
    }

    private func createTicket(_ body: [String: Any], _ state: inout State) -> (Int, Any) {
        let article = body["article"] as? [String: Any] ?? [:]
        guard Set(body.keys).isSubset(of: ["title", "group", "customer_id", "article"]),
            let title = body["title"] as? String, !title.isEmpty, let group = body["group"] as? String,
            let customer = body["customer_id"] as? String, customer.hasPrefix("guess:"), customer.contains("@")
        else {
            state.mishaps.faults.append("POST tickets: \(body)")
            return (422, ["error": "a ticket needs title, group and customer"])
        }
        let ticket = Ticket(
            id: 19 + state.tickets.count, title: title, group: group, customer: String(customer.dropFirst(6)))
        guard group == "Support" else { return (422, ["error": "No lookup value found for 'group': \"\(group)\""]) }
        guard let id = add(article, to: ticket.id, &state) else { return (422, ["error": "an article needs a body"]) }
        state.users.insert(ticket.customer)
        state.tickets.append(ticket)
        return (
            201, ["id": ticket.id, "number": "220\(ticket.id)", "title": title, "article_ids": [id]] as Plain.Object
        )
    }

    private func createArticle(_ body: [String: Any], _ state: inout State) -> (Int, Any) {
        guard let ticket = body["ticket_id"] as? Int, state.tickets.contains(where: { $0.id == ticket }) else {
            return (404, ["error": "Couldn't find Ticket"])
        }
        guard let id = add(body, to: ticket, &state), let article = state.articles.last else {
            return (422, ["error": "an article needs a body"])
        }
        precondition(article.id == id)
        return (201, Self.json(article))
    }

    private func add(_ body: [String: Any], to ticket: Int, _ state: inout State) -> Int? {
        let known: Set = ["ticket_id", "subject", "body", "content_type", "type", "internal", "sender"]
        guard Set(body.keys).isSubset(of: known), let text = body["body"] as? String, !text.isEmpty,
            let sender = body["sender"] as? String, ["Agent", "Customer", "System"].contains(sender),
            let type = body["type"] as? String, ["note", "chat", "web", "phone", "email"].contains(type),
            let isInternal = body["internal"] as? Bool, body["content_type"] as? String == "text/plain"
        else {
            state.mishaps.faults.append("article: \(body)")
            return nil
        }
        let article = Article(
            id: 30 + state.articles.count, ticket: ticket, subject: body["subject"] as? String ?? "", body: text,
            sender: sender, isInternal: isInternal, type: type)
        state.articles.append(article)
        return article.id
    }

    private func update(_ number: Int, _ body: [String: Any], _ state: inout State) -> (Int, Any) {
        guard let index = state.tickets.firstIndex(where: { $0.id == number }) else {
            return (404, ["error": "Couldn't find Ticket"])
        }
        guard Set(body.keys).isSubset(of: ["state", "customer"]) else {
            state.mishaps.faults.append("PUT ticket: \(body)")
            return (422, ["error": "unknown"])
        }
        if let new = body["state"] as? String { state.tickets[index].state = new }
        if let customer = body["customer"] as? String {
            guard state.users.contains(customer) else { return (422, ["error": "No lookup value found"]) }
            state.tickets[index].customer = customer
        }
        return (200, ["id": number, "state": state.tickets[index].state] as Plain.Object)
    }

    private func search(_ path: String, _ state: inout State) -> [[String: Any]] {
        guard state.unfound == 0 else {
            state.unfound -= 1
            return []
        }
        let query = URLComponents(string: path)?.queryItems?.first { $0.name == "query" }?.value ?? "–"
        let found = state.articles.filter { $0.body.contains(query) }.map(\.ticket)
        return state.tickets.filter { found.contains($0.id) }.map { ["id": $0.id, "title": $0.title] }
    }

    private static func json(_ article: Article) -> [String: Any] {
        [
            "id": article.id, "ticket_id": article.ticket, "subject": article.subject, "body": article.body,
            "content_type": "text/plain", "internal": article.isInternal, "sender": article.sender,
            "type": article.type, "created_by": "frontdesk@shop.example",
        ]
    }

    // MARK: The trigger

    /// What the trigger sends of a ticket, with an article or without one: body and headers.
    /// - Parameter article: as Zammad stores it; `nil` for a change of the ticket alone.
    public func hook(
        ticket: Int, state: String = "open", article: [String: Any]? = nil, secret: String, delivery: String = "1"
    ) -> (body: Data, headers: [(String, String)]) {
        var shown = article ?? [:]
        if article != nil {
            shown["ticket_id"] = ticket
            shown["created_by"] =
                shown["created_by"] ?? [
                    "firstname": "Emma", "lastname": "Taylor", "email": "emma@shop.example", "id": 5,
                ] as Plain.Object
        }
        let body = Plain.data([
            "ticket": ["id": ticket, "number": "220\(ticket)", "state": state, "title": "Ann", "article_count": 2]
                as Plain.Object,
            "article": shown,
        ])
        return (
            body,
            [
                ("Content-Type", "application/json; charset=utf-8"), ("User-Agent", "Zammad User Agent"),
                ("X-Zammad-Trigger", "Frontdesk"), ("X-Zammad-Delivery", delivery),
                ("X-Hub-Signature", "sha1=\(Plain.sha1(body, secret))"),
            ]
        )
    }

    /// The trigger's words for an article that is there.
    public func hook(of article: Article, secret: String) -> (body: Data, headers: [(String, String)]) {
        hook(ticket: article.ticket, article: Self.json(article), secret: secret)
    }
}
