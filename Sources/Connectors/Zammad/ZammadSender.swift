import ConversationDomain
import Foundation
import Outbox
import Webhooks
import Wire

/// Brings a handover to Zammad as a ticket, and what is said from then on as its articles.
///
/// A ticket is found again by the handover's event, whose id stands in the first article; an article by its subject, the message's
/// number. So a request whose answer was lost is not made twice.
struct ZammadSender: EventSender {
    private let connector: Connector
    private let parts: ConnectorParts
    private let api: RemoteAPI

    init(_ connector: Connector, _ parts: ConnectorParts) {
        self.connector = connector
        self.parts = parts
        api = parts.api(connector)
    }

    func send(_ event: OutboxEvent, within time: Duration) async throws {
        let deadline = ContinuousClock.now + time
        let told = try ToldEvent(event.body)
        switch event.type {
        case .handoffRequested: try await openTicket(event.id, told, deadline)
        case .messageCreated: try await addArticle(told, deadline)
        case .statusChanged:
            // The handover is over, too, when the bot has the conversation again.
            let isBack = told.status == .bot && told.previous != .closed
            if told.status == .closed || isBack { try await closeTicket(told, deadline) }
        case .ticketRequested: try await nameCustomer(told, deadline)
        case .conversationCreated, .conversationClosed, .handoffTaken, .handoffMissed, .feedbackCreated: break
        }
    }

    // MARK: The ticket

    private func openTicket(_ event: EventID, _ told: ToldEvent, _ deadline: ContinuousClock.Instant) async throws {
        let known = try await parts.store.thread(event.rawValue, of: connector.id)
        if known?.remote != nil { return }
        if let newest = try await parts.store.thread(of: told.conversation, at: connector.id),
            newest.remote != nil, newest.state == Self.open
        {
            return
        }
        let history = try await history(of: told.conversation)
        var thread =
            known
            ?? ConnectorThread(
                connector: connector.id, conversation: told.conversation, reference: event.rawValue, state: Self.open)
        if let triedAt = thread.triedAt {
            if let found = try await find(event, deadline) {
                (thread.remote, thread.triedAt) = (found, nil)
                return try await parts.store.keep(thread)
            }
            guard parts.now().timeIntervalSince(triedAt) >= parts.patience else {
                throw TargetFailure("it is not known yet whether the ticket was made")
            }
        }
        thread.historySeq = history.last?.seq ?? 0
        thread.triedAt = parts.now()
        try await parts.store.keep(thread)
        let answer = try await api.call("POST", "/api/v1/tickets", ticket(event, told, history), by: deadline)
        guard answer.isSuccess, let id = answer.json["id"].number else {
            // It said no: there is none to be looked for.
            if (400...499).contains(answer.status) {
                thread.triedAt = nil
                try await parts.store.keep(thread)
            }
            throw RemoteAPI.refusal(answer, "make a ticket")
        }
        (thread.remote, thread.triedAt) = (id, nil)
        try await parts.store.keep(thread)
    }

    private func ticket(_ event: EventID, _ told: ToldEvent, _ history: [Message]) -> JSONValue {
        let name = [told.visitor.name, told.visitor.email, told.visitor.id].lazy.compactMap(\.self).first {
            !$0.isEmpty
        }
        let title = [name, told.reason].compactMap(\.self).joined(separator: ": ")
        let head = [
            "Reference: \(event)", "Conversation: \(told.conversation)",
            name.map { "Visitor: \($0)" }, told.reason.map { "Reason: \($0)" },
        ].compactMap(\.self)
        let lines = history.map { "[\(Timestamp.text($0.createdAt))] \(Self.name(of: $0.from)): \($0.text)" }
        let customer = told.visitor.email.flatMap { $0.isEmpty ? nil : $0 } ?? connector.settings.customer ?? ""
        return [
            "title": .string(String((title.isEmpty ? told.conversation.rawValue : title).prefix(Self.titleLimit))),
            "group": .string(connector.settings.group ?? ""), "customer_id": .string("guess:\(customer)"),
            "article": [
                "subject": .string(String(title.prefix(Self.titleLimit))),
                "body": .string((head + [""] + lines).joined(separator: "\n")),
                "content_type": "text/plain", "type": "note", "sender": "Customer", "internal": false,
            ],
        ]
    }

    private static let titleLimit = 200
    static let open = "open"
    static let closed = "closed"

    private static func name(of sender: Sender) -> String {
        switch sender {
        case .visitor: "Visitor"
        case .bot: "Bot"
        case .agent: "Agent"
        }
    }

    /// What was said until now.
    private func history(of conversation: ConversationID) async throws -> [Message] {
        let limit = parts.limits.history
        let last = try await parts.messages(conversation, 0, 1).lastSeq
        return try await parts.messages(conversation, max(0, last - limit), limit).messages
    }

    /// The ticket of a handover.
    private func find(_ event: EventID, _ deadline: ContinuousClock.Instant) async throws -> Int64? {
        let path = "/api/v1/tickets/search?query=\(event)&limit=10&expand=true"
        let answer = try await api.call("GET", path, by: deadline)
        guard answer.isSuccess else { throw RemoteAPI.refusal(answer, "look for a ticket") }
        for ticket in answer.json.elements.prefix(10) {
            guard let id = ticket["id"].number else { continue }
            let articles = try await articles(of: id, deadline)
            if articles.contains(where: { $0["body"].text?.contains("Reference: \(event)") == true }) { return id }
        }
        return nil
    }

    private func articles(of ticket: Int64, _ deadline: ContinuousClock.Instant) async throws -> [JSONValue] {
        let answer = try await api.call("GET", "/api/v1/ticket_articles/by_ticket/\(ticket)", by: deadline)
        guard answer.isSuccess else { throw RemoteAPI.refusal(answer, "list a ticket's articles") }
        return answer.json.elements
    }

    // MARK: Articles

    private func addArticle(_ told: ToldEvent, _ deadline: ContinuousClock.Instant) async throws {
        guard let message = told.message,
            let thread = try await parts.store.thread(of: told.conversation, at: connector.id),
            let ticket = thread.remote, thread.state == Self.open, message.seq > thread.historySeq
        else { return }
        if message.from == .agent, try await isFromThere(message, told.conversation) { return }
        let known = try await parts.store.part(message.id, of: connector.id)
        if known?.remote != nil { return }
        var part = ConnectorPart(connector: connector.id, conversation: told.conversation, message: message.id)
        let subject = Self.subject(message.seq)
        if known != nil {
            let found = try await articles(of: ticket, deadline).first { $0["subject"].text == subject }
            if let id = found?["id"].number {
                part.remote = id
                return try await parts.store.keep(part)
            }
        } else {
            try await parts.store.keep(part)
        }
        let answer = try await api.call(
            "POST", "/api/v1/ticket_articles", article(message, of: ticket, subject), by: deadline)
        guard answer.isSuccess, let id = answer.json["id"].number else {
            guard answer.status == 404 || answer.status == 410 else {
                throw RemoteAPI.refusal(answer, "add an article")
            }
            // Somebody has deleted the ticket: the handover has none any more.
            return try await parts.store.setState(Self.closed, of: thread)
        }
        part.remote = id
        try await parts.store.keep(part)
    }

    /// The visitor's words are the customer's; what the bot says while nobody has taken the conversation is for the agents alone.
    private func article(_ message: ToldEvent.Told, of ticket: Int64, _ subject: String) -> JSONValue {
        [
            "ticket_id": .integer(ticket), "subject": .string(subject),
            "body": .string(message.from == .bot ? "\(Self.name(of: .bot)): \(message.text)" : message.text),
            "content_type": "text/plain", "type": "note",
            "sender": message.from == .visitor ? "Customer" : "Agent", "internal": .bool(message.from == .bot),
        ]
    }

    /// The subject of a message's article, by which it is known again.
    static func subject(_ seq: Int) -> String { "#\(seq)" }

    /// Whether an article's subject looks like one that we gave.
    static func isOurs(_ subject: String?) -> Bool {
        guard let subject, subject.utf8.count <= 20, subject.hasPrefix("#") else { return false }
        return Int(subject.dropFirst()) != nil
    }

    private func isFromThere(_ message: ToldEvent.Told, _ conversation: ConversationID) async throws -> Bool {
        try await parts.store.clientMessageID(in: conversation, seq: message.seq)?.hasPrefix(ZammadHook.idPrefix)
            == true
    }

    // MARK: The rest

    private func closeTicket(_ told: ToldEvent, _ deadline: ContinuousClock.Instant) async throws {
        guard let thread = try await parts.store.thread(of: told.conversation, at: connector.id),
            let ticket = thread.remote, thread.state == Self.open
        else { return }
        let state = connector.settings.closedState ?? Self.closed
        let answer = try await api.call(
            "PUT", "/api/v1/tickets/\(ticket)", ["state": .string(state)], by: deadline)
        guard answer.isSuccess || answer.status == 404 || answer.status == 410 else {
            throw RemoteAPI.refusal(answer, "close a ticket")
        }
        try await parts.store.setState(Self.closed, of: thread)
    }

    /// A visitor has left an address for an answer by e-mail: the ticket's customer is who has it.
    private func nameCustomer(_ told: ToldEvent, _ deadline: ContinuousClock.Instant) async throws {
        guard let email = told.email,
            let thread = try await parts.store.thread(of: told.conversation, at: connector.id),
            let ticket = thread.remote, thread.state == Self.open
        else { return }
        let name = (told.visitor.name ?? "").split(separator: " ", maxSplits: 1).map(String.init)
        let made = try await api.call(
            "POST", "/api/v1/users",
            [
                "email": .string(email), "firstname": .string(name.first ?? ""),
                "lastname": .string(name.count > 1 ? name[1] : ""), "roles": ["Customer"],
            ], by: deadline)
        // 422: there is somebody of this address already.
        guard made.isSuccess || made.status == 422 else { throw RemoteAPI.refusal(made, "add a customer") }
        let answer = try await api.call(
            "PUT", "/api/v1/tickets/\(ticket)", ["customer": .string(email)], by: deadline)
        guard answer.isSuccess else { throw RemoteAPI.refusal(answer, "name a ticket's customer") }
    }
}
