package import ConversationDomain
package import Foundation
import HTTPTypes
import HTTPWire
package import People
package import Wire

/// The fields of the calls for people who answer.
package struct PeopleFields: Sendable {
    package static let externalIDLength = 1...128

    package static let externalID = RequestField<String>(
        "external_id", .string(externalIDLength).with(example: "ticket-17"),
        "The other system's name for the conversation; one open conversation of the app has it. For secret keys."
    ) { fields, name in
        guard let id = try fields.freeText(name) else { return nil }
        guard externalIDLength.contains(id.unicodeScalars.count) else {
            throw ChatError(.invalidRequest, "'\(name)' must have 1 to \(externalIDLength.upperBound) characters")
        }
        return id
    }

    /// Characters of a person's name.
    package static let nameLength = 128

    package let text: RequestField<String>
    package let noteText: RequestField<String>
    /// The person whom the key of a program speaks for.
    package let author = RequestField<String>.freeText(
        "agent", atMost: nameLength, "The person's name, where the key is a program's that answers for several people.")
    package let colleague = RequestField<String>(
        "agent", .string(1...nameLength).with(example: "Mia"), "The id or the name of the agent."
    ) { fields, name in
        guard let text = try fields.freeText(name) else { return nil }
        guard (1...nameLength).contains(text.unicodeScalars.count) else {
            throw ChatError(.invalidRequest, "'\(name)' must have 1 to \(nameLength) characters")
        }
        return text
    }
    package let force = RequestField.flag("force", "Take it although another agent has it.")
    package let team = RequestField<TeamName>.word(
        "team", .name.with(example: "billing"), "The team whose people it is to wait for.", { TeamName($0) },
        refusal: { ChatError(.invalidRequest, "'\($0)' must be a name of 1 to 128 letters, digits and . _ - / :") })

    package let statuses = QueryField<Set<ConversationStatus>>(
        "status",
        .string(pattern: "^(bot|waiting|agent|closed)(,(bot|waiting|agent|closed))*$").with(example: "waiting,agent"),
        "Only with one of these statuses, separated by commas.", mayBeEmpty: true,
        expected: "bot, waiting, agent or closed, or several of them separated by commas"
    ) { text in
        var (statuses, rest) = (Set<ConversationStatus>(), Optional(text))
        while let some = rest {
            let (word, tail) = some.divided(at: ",").map { ($0.head, $0.tail) } ?? (some, nil)
            guard let status = ConversationStatus.allCases.first(where: { UTF8Text($0.rawValue) == word }) else {
                return nil
            }
            statuses.insert(status)
            rest = tail
        }
        return statuses
    }
    package let wantedExternalID = Self.word("external_id", Self.externalIDLength, "Only the one of this name.")
    package let wantedTeam = QueryField<TeamName>(
        "team", .name.with(example: "billing"), "Only of this team.", mayBeEmpty: true, expected: "a team's name"
    ) { TeamName($0.string) }
    package let holder = QueryField<ConversationQuery.Holder>(
        "assignee", .string(1...128).with(example: "me"), "Only of this agent: an id, `me`, or `none`.",
        mayBeEmpty: true,
        expected: "an id, me or none"
    ) { text in
        switch text {
        case "me": .me
        case "none": .nobody
        default: text.string.unicodeScalars.count <= 128 ? .named(text.string) : nil
        }
    }
    package let visitor: QueryField<String>
    /// The visitor whom another one is made part of.
    package let into: RequestField<String>
    package let query = Self.word(
        "q", 1...200, "Only with this text in a message, the visitor's name or e-mail, or the external id.")
    package let from = Self.time("from", "Only those that began then or later.")
    package let to = Self.time("to", "Only those that began before.")
    package let cursor = QueryField<ConversationID>(
        "cursor", .string(pattern: ConversationID.pattern), "The `next_cursor` of an earlier answer.", mayBeEmpty: true,
        expected: "the 'next_cursor' of an earlier answer"
    ) { ConversationID($0.string) }
    package let limit = QueryField.integer(
        "limit", in: 1...ConversationQuery.limitMaximum, default: ConversationQuery().limit, "Conversations at most.",
        mayBeEmpty: true, expected: "a whole number from 1 to \(ConversationQuery.limitMaximum)")
    package let format = QueryField<TranscriptFormat>.choice(
        "format", .choice(TranscriptFormat.self).with(default: "json"), "How it is written.")

    package init(_ limits: Limits) {
        text = RequestReader.message("text", "What the agent says.", isRequired: true, limits)
        noteText = RequestReader.message("text", "What other agents are to know.", isRequired: true, limits)
        let idLength = 1...limits.visitorField
        into = RequestField("into", .string(idLength), "The id of the visitor who is to have them.", isRequired: true) {
            fields, name in
            guard let id = try fields.freeText(name) else { return nil }
            guard idLength.contains(id.unicodeScalars.count) else {
                throw ChatError(.invalidRequest, "'\(name)' must have 1 to \(idLength.upperBound) characters")
            }
            return id
        }
        visitor = Self.word("visitor", 1...limits.visitorField, "Only of the visitor with this id.")
    }

    private static func word(_ name: String, _ length: ClosedRange<Int>, _ note: String) -> QueryField<String> {
        QueryField(
            name, .string(length), note, mayBeEmpty: true, expected: "at most \(length.upperBound) characters"
        ) { text in length.contains(text.string.unicodeScalars.count) ? text.string : nil }
    }

    private static func time(_ name: String, _ note: String) -> QueryField<Date> {
        QueryField(
            name, .string(pattern: timePattern).with(example: "2026-11-23T08:00:00Z"), note, mayBeEmpty: true,
            expected: "a time in UTC such as 2026-11-23T08:00:00Z"
        ) { time(of: $0) }
    }

    private static let timePattern =
        #"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?Z$"#

    /// RFC 3339 in UTC. A day that its month does not have is one of the next month.
    package static func time(of text: UTF8Text) -> Date? {
        guard text.utf8.count <= 30,
            let match = text.string.wholeMatch(
                of: /(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,9})?Z/.asciiOnlyDigits()),
            let year = Int(match.1), let month = Int(match.2), let day = Int(match.3), let hour = Int(match.4),
            let minute = Int(match.5), let second = Int(match.6), (1...12).contains(month), (1...31).contains(day),
            hour < 24, minute < 60, second < 60
        else { return nil }
        // Days since 1970 by the civil calendar, counted in years that begin in March.
        let (shifted, marches) = (month > 2 ? year : year - 1, (month + 9) % 12)
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + (153 * marches + 2) / 5 + day - 1
        let days = era * 146_097 + dayOfEra - 719_468
        let seconds = Double(days * 86_400 + hour * 3_600 + minute * 60 + second)
        return Date(timeIntervalSince1970: seconds + (match.7.flatMap { Double("0\($0)") } ?? 0))
    }
}

// MARK: - The calls

extension API {
    package static func people(_ reader: RequestReader, _ fields: PeopleFields) -> [APICall] {
        [list(fields), edit(reader)] + handover(fields) + writing(reader, fields)
    }

    private static let withAgent: JSONValue = [
        "id": "conv_038G7BH5JAB3CEWEESP168NR6FZ5W", "status": "agent", "locale": "en", "channel": "web", "last_seq": 4,
        "created_at": "2026-11-23T08:15:30.123Z", "agent": "Mia", "external_id": "ticket-17", "team": "billing",
        "assignee": ["id": "agent_038G7BH5JAB3CEWEESP168NR6FZ5W", "name": "Mia"],
        "handoff": [
            "reason": "the visitor asked for a person", "at": "2026-11-23T08:16:02.040Z", "missed_at": .null,
        ], "visitor": ["id": "c-1", "name": "Ann", "email": "ann@example.com"], "metadata": ["order": "A1234567"],
        "read": ["visitor": 4, "agent": 3],
    ]

    private static let note: JSONValue = [
        "id": "note_038G7BH8M2R40C9HR6YBW5KQ3XZFA",
        "author": ["id": "agent_038G7BH5JAB3CEWEESP168NR6FZ5W", "name": "Mia"], "text": "has called twice",
        "created_at": "2026-11-23T08:17:11.406Z",
    ]

    private static let agentMessage: JSONValue = [
        "id": "msg_038G7BH8M2R40C9HR6YBW5KQ3XZFA", "seq": 5, "from": "agent", "text": "Hello, this is Mia.",
        "buttons": [], "in_reply_to": .null, "agent": "Mia", "created_at": "2026-11-23T08:16:31.406Z",
    ]

    private static func list(_ fields: PeopleFields) -> APICall {
        APICall(
            name: .listConversations, method: .get, path: "/v1/conversations", topic: .people,
            summary: "List or search conversations, the newest first",
            note:
                "Of the key's app; with the scope `admin` of all apps. A page may be short and have a `next_cursor` all the same.",
            scope: .agent,
            query: [
                fields.statuses.parameter, fields.wantedExternalID.parameter, fields.wantedTeam.parameter,
                fields.holder.parameter, fields.visitor.parameter, fields.query.parameter, fields.from.parameter,
                fields.to.parameter, fields.cursor.parameter, fields.limit.parameter,
            ],
            answer: .json(
                .named("ConversationPage"), "A page of conversations.",
                example: ["conversations": [withAgent], "next_cursor": .null]))
    }

    private static func edit(_ reader: RequestReader) -> APICall {
        APICall(
            name: .editConversation, method: .patch, path: "/v1/conversations/{id}", topic: .people,
            summary: "Change what is known of a conversation",
            note: "What is not named stays; null takes it away. For secret keys.",
            scope: .chat, orScope: .agent, subject: .conversation,
            body: .init(
                [reader.visitor.member, reader.metadata.member, PeopleFields.externalID.member],
                example: ["metadata": ["order": "A1234567"]]),
            answer: .json(.named("Conversation"), "The conversation.", example: withAgent),
            refusals: [.conflict: "another open conversation has this `external_id`"])
    }

    private static func handover(_ fields: PeopleFields) -> [APICall] {
        func call(
            _ name: CallName, _ verb: String, _ summary: String, _ note: String, _ body: APICall.Body, refusal: String
        ) -> APICall {
            APICall(
                name: name, method: .post, path: "/v1/conversations/{id}/\(verb)", topic: .people, summary: summary,
                note: note, scope: .agent, subject: .conversation,
                body: body,
                answer: .json(.named("Conversation"), "The conversation.", example: withAgent),
                refusals: [.conflict: refusal])
        }
        return [
            call(
                .takeConversation, "take", "Take a conversation", "The bot is silent from now on.",
                .init([fields.force.member, fields.author.member], mayBeEmpty: true, example: ["force": true]),
                refusal: "another agent has it, or it is closed"),
            call(
                .returnConversation, "return", "Give a conversation back to the bot", "",
                .init([], mayBeEmpty: true, example: [:]), refusal: isClosed),
            call(
                .assignConversation, "assign", "Give a conversation to a person or a team",
                "With a team it waits until one of its people takes it.",
                .init(
                    alternatives: [
                        ("A person", [fields.colleague.member.with(.always)]),
                        ("A team", [fields.team.member.with(.always)]),
                    ], example: ["team": "billing"]), refusal: isClosed),
            call(
                .reopenConversation, "reopen", "Open a closed conversation again",
                "With the agent who had it, or with the bot.", .init([], mayBeEmpty: true, example: [:]),
                refusal: "another open conversation has its `external_id`"),
        ]
    }

    private static func writing(_ reader: RequestReader, _ fields: PeopleFields) -> [APICall] {
        [
            APICall(
                name: .reply, method: .post, path: "/v1/conversations/{id}/replies", topic: .people,
                summary: "Write to the visitor as an agent",
                note: "Takes a conversation that nobody has. Stands in line with the visitor's messages.",
                scope: .agent, subject: .conversation,
                body: .init(
                    [fields.text.member, reader.clientMessageID.member, fields.author.member],
                    example: ["text": "Hello, this is Mia.", "client_message_id": "r-1"]),
                answer: .json(
                    .named("Reply"), "The message.", status: .created,
                    headers: [
                        Shape.Member(
                            "Idempotent-Replayed", .choice(["true"]),
                            "There when the reply had been stored before.", .sometimes)
                    ], example: ["message": agentMessage, "status": "agent"]),
                refusals: [
                    .conflict: "\(isClosed), another agent has it, or its `client_message_id` came with another text",
                    .overloaded: "too much is being asked at once",
                ]),
            APICall(
                name: .addNote, method: .post, path: "/v1/conversations/{id}/notes", topic: .people,
                summary: "Write a note for other agents", note: "Visitors never see it; it has no `seq`.",
                scope: .agent, subject: .conversation,
                body: .init([fields.noteText.member, fields.author.member], example: ["text": "has called twice"]),
                answer: .json(.named("Note"), "The note.", status: .created, example: note)),
            APICall(
                name: .listNotes, method: .get, path: "/v1/conversations/{id}/notes", topic: .people,
                summary: "List the notes of a conversation", scope: .agent, subject: .conversation,
                answer: .json(.named("Notes"), "The notes, the oldest first.", example: ["notes": [note]])),
            APICall(
                name: .readTranscript, method: .get, path: "/v1/conversations/{id}/transcript", topic: .people,
                summary: "Read a whole conversation with its notes",
                note:
                    "`format=csv` gives `text/csv` and `format=text` plain text; at most the newest \(Transcript.messageLimit) messages.",
                scope: .agent, subject: .conversation, query: [fields.format.parameter],
                answer: .json(
                    .named("Transcript"), "The conversation.",
                    otherTypes: ["text/csv", "text/plain"],
                    example: [
                        "conversation": withAgent, "messages": [transcribed], "notes": [note],
                    ])),
        ]
    }

    private static let transcribed: JSONValue = {
        guard case .object(var members) = agentMessage else { return agentMessage }
        members["author"] = ["id": "agent_038G7BH5JAB3CEWEESP168NR6FZ5W", "name": "Mia"]
        return .object(members)
    }()
}

// MARK: - What is answered

private typealias Member = Shape.Member

extension APIShapes {
    /// An agent, or whoever a program's key speaks for.
    private static let assignee = Shape.object([
        Member(
            "id", .string().with(example: "agent_038G7BH5JAB3CEWEESP168NR6FZ5W"), "`agent_…`, or a program's `key_…`."),
        Member("name", .string()),
    ])

    /// What a publishable key does not see of a conversation.
    package static let conversationForSecretKeys: [Shape.Member] = [
        Member("external_id", .string().orNull, "The other system's name for it.", .sometimes),
        Member("team", .string().orNull, "Whose people are asked for.", .sometimes),
        Member("assignee", assignee.orNull, "Who has it, or had it when it was closed.", .sometimes),
        Member(
            "handoff",
            Shape.object([
                Member("reason", .string()), Member("at", Shape.time.orNull),
                Member("missed_at", Shape.time.orNull, "When the visitor was told that nobody came."),
            ]).orNull, "That a person was asked for.", .sometimes),
        Member(
            "visitor",
            Shape.object([
                Member("id", .string().orNull), Member("name", .string().orNull), Member("email", .string().orNull),
            ]).orNull, "Who the visitor is, as far as the callers told.", .sometimes),
        Member("metadata", Shape.anyObject.orNull, "As the callers set it.", .sometimes),
    ]

    package static let people: [(name: String, shape: Shape)] = [
        (
            "ConversationPage",
            .object([
                Member(
                    "conversations", .list(.named("Conversation"), 0...ConversationQuery.limitMaximum), "Newest first."),
                Member("next_cursor", Shape.known(ConversationID.self).orNull, "The `cursor` of the next page."),
            ])
        ),
        (
            "Reply",
            .object([
                Member("message", .named("Message")), Member("status", .choice(ConversationStatus.self)),
            ])
        ),
        (
            "Note",
            .object([
                Member("id", .known(NoteID.self)), Member("author", assignee), Member("text", .string()),
                Member("created_at", .time),
            ])
        ),
        ("Notes", .object([Member("notes", .list(.named("Note")))])),
        (
            "Transcript",
            .object([
                Member("conversation", .named("Conversation")),
                Member("messages", .list(.named("TranscribedMessage")), "Oldest first."),
                Member("notes", .list(.named("Note"))),
            ])
        ),
        (
            "TranscribedMessage",
            .object(messageMembers + [Member("author", assignee.orNull, "The agent who wrote it.")])
        ),
    ]
}
