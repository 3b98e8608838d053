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

/// The calls for people who answer.
extension HTTPService {
    func people(_ asked: inout CallRequest) async throws -> Response {
        guard let people = parts.people else { throw ChatError(.notFound, "nobody but the bot answers here") }
        switch asked.call.name {
        case .listConversations: return try await list(asked, people)
        case .editConversation: return try await edit(&asked, people)
        case .takeConversation, .returnConversation, .assignConversation, .reopenConversation:
            let id = try asked.conversation
            let order = try await order(&asked)
            return try .json(
                ConversationView(try await people.perform(order, on: id, as: try asked.caller), for: .secret))
        case .reply: return try await reply(&asked, people)
        case .addNote: return try await addNote(&asked, people)
        case .listNotes:
            return try .json(["notes": try await people.notes(on: try asked.conversation, as: try asked.caller)])
        case .readTranscript: return try await transcript(asked, people)
        default: throw ChatError(.internal, "\(asked.call.name) is not for people")
        }
    }

    private func list(_ asked: CallRequest, _ people: any PeopleService) async throws -> Response {
        let fields = api.peopleFields
        var query = ConversationQuery()
        query.statuses = try asked.value(of: fields.statuses) ?? []
        query.externalID = try asked.value(of: fields.wantedExternalID)
        query.team = try asked.value(of: fields.wantedTeam)
        query.holder = try asked.value(of: fields.holder)
        query.visitor = try asked.value(of: fields.visitor)
        query.text = try asked.value(of: fields.query)
        query.from = try asked.value(of: fields.from)
        query.to = try asked.value(of: fields.to)
        query.after = try asked.value(of: fields.cursor)
        if let limit = try asked.value(of: fields.limit) { query.limit = limit }
        return try .json(ConversationPageView(try await people.conversations(query, as: try asked.caller)))
    }

    private func order(_ asked: inout CallRequest) async throws -> HandoverOrder {
        let fields = api.peopleFields
        var body = try await asked.body()
        let order: HandoverOrder
        switch asked.call.name {
        case .takeConversation:
            order = .take(name: try name(&body), force: try fields.force.take(from: &body) ?? false)
        case .assignConversation:
            let isOne = body.names(fields.colleague.name) != body.names(fields.team.name)
            let name = try fields.colleague.take(from: &body)
            let team = try fields.team.take(from: &body)
            guard isOne, name != nil || team != nil else {
                throw ChatError(.invalidRequest, "exactly one of 'agent' and 'team' is required")
            }
            order = .assign(name: name, team: team)
        case .reopenConversation: order = .reopen
        default: order = .giveBack
        }
        try body.finish()
        return order
    }

    private func edit(_ asked: inout CallRequest, _ people: any PeopleService) async throws -> Response {
        let id = try asked.conversation
        var body = try await asked.body()
        var edit = ConversationEdit()
        // A field that is there and null is taken away; one that is not there stays.
        if body.names(api.reader.metadata.name) { edit.metadata = .set(try api.reader.metadata.take(from: &body)) }
        if body.names(api.reader.visitor.name) { edit.visitor = .set(try api.reader.visitor.take(from: &body)) }
        if body.names(PeopleFields.externalID.name) {
            edit.externalID = .set(try PeopleFields.externalID.take(from: &body))
        }
        try body.finish()
        return try .json(ConversationView(try await people.edit(edit, of: id, as: try asked.caller), for: .secret))
    }

    private func reply(_ asked: inout CallRequest, _ people: any PeopleService) async throws -> Response {
        let id = try asked.conversation
        var body = try await asked.body()
        let text = try api.peopleFields.text.require(from: &body)
        let clientMessageID = try api.reader.clientMessageID.take(from: &body)
        let name = try name(&body)
        try body.finish()
        let result = try await people.reply(
            text, clientMessageID: clientMessageID, to: id, name: name, as: try asked.caller)
        var response = try Response.json(PostView(result), status: .created)
        if result.isReplay { response.headers[.idempotentReplayed] = "true" }
        return response
    }

    private func addNote(_ asked: inout CallRequest, _ people: any PeopleService) async throws -> Response {
        let id = try asked.conversation
        var body = try await asked.body()
        let text = try api.peopleFields.noteText.require(from: &body)
        let name = try name(&body)
        try body.finish()
        let note = try await people.note(text, on: id, name: name, as: try asked.caller)
        return try .json(note, status: .created)
    }

    /// The person whom a program speaks for; blank is nobody.
    func name(_ body: inout JSONFields) throws -> String? {
        try api.peopleFields.author.take(from: &body).flatMap { $0.isEmpty ? nil : $0 }
    }

    private func transcript(_ asked: CallRequest, _ people: any PeopleService) async throws -> Response {
        let format = try asked.value(of: api.peopleFields.format) ?? .json
        let transcript = try await people.transcript(of: try asked.conversation, as: try asked.caller)
        switch format {
        case .json: return try .json(transcript)
        case .csv: return .text(transcript.csv, type: "text/csv; charset=utf-8")
        case .text: return .text(transcript.plainText, type: "text/plain; charset=utf-8")
        }
    }
}
