import Access
import ConversationDomain
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Wire

/// `/v1/conversations`.
extension HTTPService {
    func addChatRoutes(to router: Router<HTTPContext>) {
        let group = router.group("v1/conversations")
        group.post { try await start($0, $1) }
        group.get(":id") { try await show($0, $1) }
        group.post(":id/messages") { try await send($0, $1) }
        group.get(":id/messages") { try await history($0, $1) }
        group.post(":id/feedback") { try await rate($0, $1) }
        group.post(":id/close") { try await close($0, $1) }
    }

    private func start(_ request: Request, _ context: HTTPContext) async throws -> Response {
        var request = request
        let principal = try await principal(request, context, scope: .chat)
        try parts.limiter.admitMessage(principal, conversation: nil, address: context.address)
        var fields = try await request.fields(limit: parts.limits.body, allowsEmpty: true)
        let start = try reader.conversation(&fields, defaultChannel: .api)
        try fields.finish()
        let conversation = try await parts.chat.start(start, as: principal)
        return try .json(ConversationView(conversation), status: .created)
    }

    private func show(_ request: Request, _ context: HTTPContext) async throws -> Response {
        let principal = try await principal(request, context, scope: .chat)
        return try .json(
            ConversationView(try await parts.chat.conversation(try conversationID(context), as: principal)))
    }

    private func send(_ request: Request, _ context: HTTPContext) async throws -> Response {
        var request = request
        let principal = try await principal(request, context, scope: .chat)
        let id = try conversationID(context)
        try parts.limiter.admitMessage(principal, conversation: id, address: context.address)
        var fields = try await request.fields(limit: parts.limits.body)
        let content = try reader.content(&fields)
        let clientMessageID = try reader.clientMessageID(&fields)
        try fields.finish()
        let result = try await parts.chat.respond(
            to: InboundMessage(conversation: id, content: content, clientMessageID: clientMessageID), as: principal)
        // What is stored is what a secret key sees.
        let body = principal.kind == .secret ? result.body : result.turn.encodedBody(for: principal.kind)
        var response = Response.json(bytes: body)
        if result.isReplay { response.headers[.idempotentReplayed] = "true" }
        return response
    }

    private func history(_ request: Request, _ context: HTTPContext) async throws -> Response {
        let principal = try await principal(request, context, scope: .chat)
        let id = try conversationID(context)
        try request.checkParameters(["after", "limit"])
        let after = try number("after", request, in: 0...Int.max) ?? 0
        let limit = try number("limit", request, in: 1...parts.limits.pageMaximum) ?? parts.limits.pageDefault
        let page = try await parts.chat.messages(in: id, after: after, limit: limit, as: principal)
        return try .json(MessagePageView(messages: page.messages, lastSeq: page.lastSeq))
    }

    private func rate(_ request: Request, _ context: HTTPContext) async throws -> Response {
        var request = request
        let principal = try await principal(request, context, scope: .chat)
        let id = try conversationID(context)
        var fields = try await request.fields(limit: parts.limits.body)
        let feedback = try reader.feedback(&fields, in: id)
        try fields.finish()
        try await parts.chat.record(feedback, as: principal)
        return Response(status: .noContent)
    }

    private func close(_ request: Request, _ context: HTTPContext) async throws -> Response {
        var request = request
        let principal = try await principal(request, context, scope: .chat)
        let id = try conversationID(context)
        try (try await request.fields(limit: parts.limits.body, allowsEmpty: true)).finish()
        return try .json(ConversationView(try await parts.chat.close(id, as: principal)))
    }

    private func conversationID(_ context: HTTPContext) throws -> ConversationID {
        guard let text = context.parameters.get("id"), let id = ConversationID(text) else {
            throw ChatError(.notFound, "there is no such conversation")
        }
        return id
    }

    private func number(_ name: UTF8Text, _ request: Request, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = request.parameter(name) else { return nil }
        guard let number = Int(text.string), range.contains(number) else {
            let upper = range.upperBound == Int.max ? "" : " and at most \(range.upperBound)"
            throw ChatError(.invalidRequest, "'\(name)' must be a whole number of at least \(range.lowerBound)\(upper)")
        }
        return number
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
