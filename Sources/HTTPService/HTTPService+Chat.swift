import Access
import ConversationDomain
import Foundation
import HTTPCalls
import HTTPTypes
import HTTPWire
import Hummingbird
import NIOCore
import People
import Wire

/// `/v1/conversations`.
extension HTTPService {
    func start(_ asked: inout CallRequest) async throws -> Response {
        var principal = try asked.caller
        let token = ResumeToken()
        principal.resumeHash = token.hash
        var fields = try await asked.body()
        let start = try api.reader.conversation(&fields, defaultChannel: .api)
        let externalID = try PeopleFields.externalID.take(from: &fields)
        let namesContinue = fields.names(CustomerFields.continues.name)
        let claim = VisitorClaim(
            visitor: start.visitor, token: try CustomerFields.visitorToken.take(from: &fields),
            continues: try CustomerFields.continues.take(from: &fields) ?? false)
        try fields.finish()
        guard claim.token != nil || !namesContinue else { throw VisitorClaim.continuesNobody }
        if let open = try await continued(claim, metadata: start.metadata, &principal, asked) {
            return try .json(ConversationView(open, for: principal.kind))
        }
        let (conversation, isNew) =
            if let externalID, let people = parts.people {
                try await people.find(externalID, orStart: start, as: principal)
            } else { (try await parts.chat.start(start, as: principal), true) }
        let view = ConversationView(
            conversation, for: principal.kind, resumeToken: isNew ? token.text : nil)
        let place = "\(parts.basePath.prefix)/v1/conversations/\(conversation.id)"
        return isNew ? try .created(view, at: place) : try .json(view)
    }

    func show(_ asked: CallRequest) async throws -> Response {
        let principal = try asked.caller
        let conversation = try await parts.chat.conversation(try asked.conversation, as: principal)
        return try .json(ConversationView(conversation, for: principal.kind))
    }

    func send(_ asked: inout CallRequest) async throws -> Response {
        let principal = try asked.caller
        let id = try asked.conversation
        var fields = try await asked.body()
        let content = try api.reader.content(&fields)
        if case .text(let text) = content { parts.limiter.charge(principal, for: text) }
        let clientMessageID = try api.reader.clientMessageID.take(from: &fields)
        try fields.finish()
        let result = try await parts.chat.respond(
            to: InboundMessage(conversation: id, content: content, clientMessageID: clientMessageID), as: principal)
        // What is stored is what a secret key sees.
        let body = principal.kind == .secret ? result.body : result.turn.encodedBody(for: principal.kind)
        var response = Response.json(bytes: body)
        if result.isReplay { response.headers[.idempotentReplayed] = "true" }
        return response
    }

    func history(_ asked: CallRequest) async throws -> Response {
        let after = try asked.value(of: api.fields.after) ?? 0
        let limit = try asked.value(of: api.fields.pageSize) ?? parts.limits.pageDefault
        let page = try await parts.chat.messages(
            in: try asked.conversation, after: after, limit: limit, as: try asked.caller)
        return try .json(MessagePageView(messages: page.messages, lastSeq: page.lastSeq))
    }

    func rate(_ asked: inout CallRequest) async throws -> Response {
        var fields = try await asked.body()
        let feedback = try api.reader.feedback(&fields, in: try asked.conversation)
        try fields.finish()
        try await parts.chat.record(feedback, from: nil, as: try asked.caller)
        return Response(status: .noContent)
    }

    func close(_ asked: inout CallRequest) async throws -> Response {
        try (try await asked.body()).finish()
        let principal = try asked.caller
        let closed = try await parts.chat.close(try asked.conversation, as: principal)
        return try .json(ConversationView(closed, for: principal.kind))
    }
}

private struct MessagePageView: Encodable {
    let messages: [Message]
    let lastSeq: Int

    enum CodingKeys: String, CodingKey {
        case messages
        case lastSeq = "last_seq"
    }
}
