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

/// What agents do beside answering.
extension HTTPService {
    func desk(_ asked: inout CallRequest) async throws -> Response {
        guard let desk = parts.desk else { throw ChatError(.notFound, "nobody but the bot answers here") }
        switch asked.call.name {
        case .listSuggestions:
            let limit = try asked.value(of: api.deskFields.limit) ?? Suggestion.limitDefault
            let suggestions = try await desk.suggestions(
                for: try asked.conversation, limit: limit, as: try asked.caller)
            return try .json(["suggestions": suggestions])
        case .markWrong: return try await markWrong(&asked, desk)
        case .markRead:
            let id = try asked.conversation
            var body = try await asked.body()
            let seq = try api.deskFields.seq.require(from: &body)
            let side = try api.deskFields.side.take(from: &body)
            try body.finish()
            return try .json(try await desk.read(seq, of: id, by: side, as: try asked.caller))
        case .showTyping:
            let id = try asked.conversation
            var body = try await asked.body()
            let isOn = try api.deskFields.isOn.take(from: &body) ?? true
            let name = try name(&body)
            try body.finish()
            try await desk.typing(isOn, in: id, name: name, as: try asked.caller)
            return Response(status: .noContent)
        default: throw ChatError(.internal, "\(asked.call.name) is not for people")
        }
    }

    private func markWrong(_ asked: inout CallRequest, _ desk: any DeskService) async throws -> Response {
        let fields = api.deskFields
        let id = try asked.conversation
        var body = try await asked.body()
        let message = try fields.wrongMessage.require(from: &body)
        let named = [fields.intent.name, fields.knowledge.name].filter { body.names($0) }
        guard named.count < 2, named.allSatisfy({ body.holds($0) }) else {
            throw ChatError(
                .invalidRequest, "'intent' or 'knowledge' where one of them is known, not both and not null")
        }
        let intent = try fields.intent.take(from: &body)
        let knowledge = try fields.knowledge.take(from: &body)
        let note = try fields.note.take(from: &body).flatMap { $0.isEmpty ? nil : $0 }
        try body.finish()
        guard let message = MessageID(message) else {
            throw ChatError(.notFound, "there is no such message in this conversation")
        }
        let wrong = WrongReply(conversation: id, message: message, intent: intent, knowledge: knowledge, note: note)
        let (review, isNew) = try await desk.mark(wrong, as: try asked.caller)
        return try .json(["id": review], status: isNew ? .created : .ok)
    }
}
