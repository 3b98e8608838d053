package import ConversationDomain
import Foundation
import HTTPTypes
import HTTPWire
import People
package import Wire

/// The fields of what agents do beside answering.
package struct DeskFields: Sendable {
    package let limit = QueryField.integer(
        "limit", in: 1...Suggestion.limitMaximum, default: Suggestion.limitDefault, "Suggestions at most.",
        mayBeEmpty: true, expected: "a whole number from 1 to \(Suggestion.limitMaximum)")
    package let wrongMessage = RequestField<String>(
        "message_id", .string(0...128).with(example: "msg_038G7BH5JAB3CEWEESP168NR6FZ5W"),
        "The bot's message that was wrong.", isRequired: true
    ) { fields, name in try fields.string(name) }
    package let intent = RequestField<IntentName>.word(
        "intent", .name.with(example: "order.status"), "The intent that the visitor meant, or `out_of_scope`.",
        { IntentName($0) }, refusal: { Self.notAName($0) })
    package let knowledge = RequestField<KnowledgeID>.word(
        "knowledge", .name.with(example: "returns.en"), "The entry that would have answered.", { KnowledgeID($0) },
        refusal: { Self.notAName($0) })
    package let note = RequestField<String>.freeText(
        "note", atMost: 500, "What was wrong, for whoever decides on it.")
    package let seq = RequestField<Int>(
        "seq", .integer(seqs).with(example: 4), "Everything up to this `seq` was read.", isRequired: true
    ) { fields, name in try fields.integer(name, in: seqs) }
    /// What a seq can be, named in the description, since what is beyond it is refused.
    private static let seqs = 0...1_000_000_000
    package let side = RequestField<ConversationSide>.word(
        "as", .choice(ConversationSide.self), "Which side has read it, where the key speaks for both.",
        { ConversationSide(rawValue: $0) }, refusal: { ChatError(.invalidRequest, "'\($0)' must be visitor or agent") })
    package let isOn = RequestField<Bool>.flag("on", "Whether the agent writes; true unless it is said.")

    private static func notAName(_ field: String) -> ChatError {
        ChatError(.invalidRequest, "'\(field)' must be a name of 1 to 128 letters, digits and . _ - / :")
    }
}

// MARK: - The calls

extension API {
    private static let path = "/v1/conversations/{id}/"

    package static func desk(_ fields: DeskFields, _ people: PeopleFields) -> [APICall] {
        [suggestions(fields), wrong(fields)] + presence(fields, people)
    }

    private static func suggestions(_ fields: DeskFields) -> APICall {
        APICall(
            name: .listSuggestions, method: .get, path: path + "suggestions", topic: .people,
            summary: "Suggest what could be said next",
            note:
                "What the bot would say to the visitor's last messages, entries of the knowledge, and what agents of the app answered to messages that meant the same. It works while the bot is silent; nothing is sent.",
            scope: .agent, subject: .conversation, query: [fields.limit.parameter],
            answer: .json(
                .named("Suggestions"), "The suggestions, best first; none before the visitor has written.",
                example: [
                    "suggestions": [
                        suggested(
                            "reply", "Refunds take 3 to 5 working days.", probability: 0.83, intent: "refund.status"),
                        suggested(
                            "similar", "I have just started the refund again; you will have it on Friday.",
                            question: "my refund never came", similarity: 0.947,
                            conversation: "conv_038G7BH5JAB3CEWEESP168NR6FZ5W"),
                        suggested(
                            "knowledge", "Within 30 days.", question: "May I return it?", similarity: 0.71,
                            knowledge: "returns.en"),
                    ]
                ]),
            refusals: [.overloaded: "too much is being asked at once"])
    }

    private static func suggested(
        _ kind: JSONValue, _ text: JSONValue, question: JSONValue = .null, probability: JSONValue = .null,
        similarity: JSONValue = .null, intent: JSONValue = .null, knowledge: JSONValue = .null,
        conversation: JSONValue = .null
    ) -> JSONValue {
        [
            "kind": kind, "text": text, "question": question, "probability": probability, "similarity": similarity,
            "intent": intent, "knowledge": knowledge, "link": .null, "conversation_id": conversation,
        ]
    }

    private static func wrong(_ fields: DeskFields) -> APICall {
        let answer = APICall.Answer.json(
            .named("ReviewReference"), "The text in the review queue.", status: .created,
            example: ["id": "rev_038G8F5507K741GCE34ENW0ENN4HB"])
        return APICall(
            name: .markWrong, method: .post, path: path + "wrong", topic: .people,
            summary: "Say that a reply of the bot was wrong",
            note:
                "The visitor's message that it answered is put into the review queue, with what the agent says of it.",
            scope: .agent, subject: .conversation,
            body: .init(
                alternatives: [
                    ("What the visitor meant", [fields.intent.member.with(.always)]),
                    ("What would have answered", [fields.knowledge.member.with(.always)]),
                    ("Neither is known", [Shape.Member]()),
                ].map { ($0, [fields.wrongMessage.member] + $1 + [fields.note.member]) },
                example: [
                    "message_id": "msg_038G7BH8M2S0J3R7T5NSN4E94VPKD", "intent": "order.status",
                    "note": "was about the other parcel",
                ]),
            answer: answer,
            otherAnswers: [
                .json(
                    .named("ReviewReference"), "It was marked in the same words before.",
                    example: ["id": "rev_038G8F5507K741GCE34ENW0ENN4HB"])
            ],
            refusals: [
                .notFound: "there is no such conversation, message, intent or entry",
                .conflict: "the bot did not write this message, or it answers no words of the visitor",
            ])
    }

    private static func presence(_ fields: DeskFields, _ people: PeopleFields) -> [APICall] {
        [
            APICall(
                name: .markRead, method: .post, path: path + "read", topic: .people,
                summary: "Say how far a conversation was read",
                note:
                    "By the agents with a key of the scope `agent`, by the visitor with another. Marks never go back: less than before changes nothing.",
                scope: .chat, orScope: .agent, subject: .conversation,
                body: .init([fields.seq.member, fields.side.member], example: ["seq": 0]),
                answer: .json(
                    .named("ReadMarks"), "How far each side has read now.", example: ["visitor": 0, "agent": 4]),
                refusals: [.conflict: "no message has this `seq` yet"]),
            APICall(
                name: .showTyping, method: .post, path: path + "typing", topic: .people,
                summary: "Show the visitor that an agent writes",
                note: "It is not stored. Repeat it while it goes on: whoever shows it stops after ten seconds.",
                scope: .agent, subject: .conversation,
                body: .init([fields.isOn.member, people.author.member], mayBeEmpty: true, example: ["on": true]),
                answer: .init(status: .noContent, note: "It was passed on to whoever is connected.", content: nil),
                refusals: [.conflict: "\(isClosed), or another agent has it"]),
        ]
    }
}

// MARK: - What is answered

private typealias Member = Shape.Member

extension APIShapes {
    package static let desk: [(name: String, shape: Shape)] = [
        (
            "Suggestions",
            .object([Member("suggestions", .list(.named("Suggestion"), 0...Suggestion.limitMaximum), "Best first.")])
        ),
        (
            "Suggestion",
            .object([
                Member(
                    "kind", .choice(Suggestion.Kind.self),
                    "`reply`: what the bot would say; `knowledge`: an entry; `similar`: what an agent answered."),
                Member("text", .string(), "As it could be sent."),
                Member(
                    "question", Shape.string().orNull,
                    "What it answers: the entry's question, or the other visitor's message."),
                Member("probability", Shape.share.orNull, "That it is what the visitor needs, where the bot ranks it."),
                Member("similarity", Shape.share.orNull, "Of the question and the message, where it was searched for."),
                Member("intent", Shape.string().orNull), Member("knowledge", Shape.string().orNull),
                Member("link", Shape.string().orNull, "The entry's source."),
                Member(
                    "conversation_id", Shape.known(ConversationID.self).orNull, "Where the agent answered so."),
            ])
        ),
        (
            "ReadMarks",
            .object([
                Member("visitor", .integer(0...Int.max), "The `seq` up to which the visitor has read."),
                Member("agent", .integer(0...Int.max), "The `seq` up to which the agents have read."),
            ])
        ),
    ]
}
