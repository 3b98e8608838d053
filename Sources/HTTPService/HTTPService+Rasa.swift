import Access
import ConversationDomain
import Foundation
import HTTPTypes
import HTTPWire
import Hummingbird
import Logging
import ModelRecords
import NIOCore
import People
import RasaInterface
import Wire

/// The two calls of Rasa's interface that clients of its bots make, so that these can be pointed at this server as they are.
///
/// They are no part of our own interface: fields, answers and refusals are Rasa's, and a key may stand in the address as there.
extension HTTPService {
    func addRasa(to router: Router<HTTPContext>) {
        guard parts.servesRasa else { return }
        router.get("/webhooks/rest") { _, _ in try Response.json(["status": "ok"]) }
        router.post("/webhooks/rest/webhook") { request, context in
            await rasa(request, context, .chat, ["token", "stream"]) { body, caller in
                try await hearRasa(try RasaMessage(body, limits: parts.limits), request, context, caller)
            }
        }
        router.post("/model/parse") { request, context in
            await rasa(request, context, .classify, ["token", "emulation_mode"]) { body, _ in
                guard request.parameter("emulation_mode") == nil else {
                    throw ChatError(.invalidRequest, "'emulation_mode' is not offered; answers have Rasa's own form")
                }
                let asked = try RasaParseRequest(body, limits: parts.limits)
                guard asked.needsUnderstanding else { return .json(bytes: try asked.answer(nil)) }
                let (_, results) = try await parts.insight.classify(
                    [asked.text], top: RasaParseRequest.top, locale: nil)
                return .json(bytes: try asked.answer(results.first))
            }
        }
    }

    private func hearRasa(
        _ message: RasaMessage, _ request: Request, _ context: HTTPContext, _ caller: Principal
    ) async throws -> Response {
        try parts.limiter.admitMessage(caller, conversation: nil, address: context.origin.address)
        guard let people = parts.people else { throw ChatError(.notFound, "conversations have no outside names here") }
        func conversation() async throws -> ConversationID {
            try await people.find(message.sender, orStart: message.request, as: caller).conversation.id
        }
        let replies: RasaReplies
        switch message.wish {
        case .begin:
            _ = try await conversation()
            replies = .none
        case .restart:
            _ = try await parts.chat.close(try await conversation(), as: caller)
            replies = .none
        case .say(let content):
            if case .text(let text) = content { parts.limiter.charge(caller, for: text) }
            let said = try await respond(content, in: conversation, as: caller)
            replies = RasaReplies(said, to: message.sender)
        }
        guard request.parameter("stream") == "true" else { return .json(bytes: try replies.body) }
        return .text(String(decoding: try replies.lines, as: UTF8.self), type: "text/event-stream")
    }

    /// A conversation that is closed just when something is said in it goes on in a new one, as it would have a moment later.
    private func respond(
        _ content: InboundContent, in conversation: () async throws -> ConversationID, as caller: Principal
    ) async throws -> [Message] {
        do {
            return try await parts.chat.respond(
                to: InboundMessage(conversation: try await conversation(), content: content), as: caller
            ).turn.replies
        } catch let error as ChatError where error.code == .conflict {
            return try await parts.chat.respond(
                to: InboundMessage(conversation: try await conversation(), content: content), as: caller
            ).turn.replies
        }
    }

    /// Admits a request, reads its body, and tells a refusal in Rasa's words.
    private func rasa(
        _ request: Request, _ context: HTTPContext, _ scope: Scope, _ parameters: [UTF8Text],
        _ body: (Data, Principal) async throws -> Response
    ) async -> Response {
        do {
            let key = request.bearer ?? request.parameter("token")?.string
            let caller = try await principal(key, context, scope: scope, or: nil)
            try request.checkParameters(parameters)
            var request = request
            if request.headers[.expect] != nil {
                context.channel.triggerUserOutboundEvent(BodyIsWanted(), promise: nil)
            }
            let data = try await request.bytes(atMost: parts.limits.body)
            return try await WorkAccount.$current.withValue(WorkAccount(caller)) { try await body(data, caller) }
        } catch {
            return failure(error, context)
        }
    }

    private func failure(_ error: any Error, _ context: HTTPContext) -> Response {
        let known =
            error as? ChatError ?? ChatError(.internal, "something went wrong; the server's log has the request id")
        if known.code == .internal {
            context.logger.error(
                "request failed",
                metadata: ["request_id": .string(context.requestID), "error": .string(String(describing: error))])
        }
        let status = Problem(known, requestID: context.requestID).status
        var response = Response.json(
            bytes: (try? RasaFailure.body(known, status: status)) ?? Data("{}".utf8),
            status: HTTPResponse.Status(code: status))
        if let seconds = known.retryAfter { response.headers[.retryAfter] = "\(seconds)" }
        return response
    }
}
