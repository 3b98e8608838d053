public import ConversationDomain
import Foundation
import HTTPTypes
import ModelRecords
import Outbox
package import Wire

/// The REST interface: every call of it, in the order in which it is shown.
public struct API: Sendable {
    package let reader: RequestReader
    package let fields: APIFields
    package let webhookFields: WebhookFields
    package let peopleFields: PeopleFields
    package let customerFields: CustomerFields
    package let deskFields = DeskFields()
    package let calls: [APICall]

    public init(limits: Limits = Limits()) {
        reader = RequestReader(limits: limits)
        fields = APIFields(limits)
        webhookFields = WebhookFields(WebhookLimits())
        peopleFields = PeopleFields(limits)
        customerFields = CustomerFields(reader)
        calls =
            Self.conversations(reader, fields) + Self.people(reader, peopleFields)
            + Self.desk(deskFields, peopleFields) + Self.visitors(peopleFields) + Self.customers(customerFields)
            + Self.understanding(reader, fields) + Self.review(fields)
            + Self.webhooks(webhookFields) + Self.connectors + Self.operations
    }
}

// MARK: - Conversations

extension API {
    package static let conversation: JSONValue = [
        "id": "conv_038G7BH5JAB3CEWEESP168NR6FZ5W", "status": "bot", "locale": "en", "channel": "api", "last_seq": 0,
        "created_at": "2026-11-23T08:15:30.123Z", "agent": .null, "external_id": "ticket-17", "team": .null,
        "assignee": .null, "handoff": .null, "visitor": ["id": "c-1", "name": "Ann", "email": .null], "metadata": .null,
        "read": ["visitor": 0, "agent": 0],
    ]

    package static let resumeToken = "rt_k3v9m2wq7xj5t8ya4pd6bhn2zrsc3efg7uk9m4wx2qj6t5vn8yap"

    private static var newConversation: JSONValue {
        guard case .object(var members) = conversation else { return conversation }
        members["resume_token"] = .string(resumeToken)
        return .object(members)
    }

    private static let question: JSONValue = [
        "id": "msg_038G7BH8M2R40C9HR6YBW5KQ3XZFA", "seq": 1, "from": "visitor", "text": "where is my order",
        "buttons": [], "in_reply_to": .null, "created_at": "2026-11-23T08:15:31.406Z",
    ]

    private static let reply: JSONValue = [
        "id": "msg_038G7BH8M2S0J3R7T5NSN4E94VPKD", "seq": 2, "from": "bot", "text": "Which order number is it?",
        "buttons": [["title": "Talk to a person", "intent": "agent.request"]],
        "in_reply_to": "msg_038G7BH8M2R40C9HR6YBW5KQ3XZFA", "created_at": "2026-11-23T08:15:31.408Z",
    ]

    private static let turn: JSONValue = [
        "message": question, "replies": [reply], "status": "bot",
        "decision": [
            "action": "ask", "intent": "order.status", "confidence": 0.981204, "threshold": 0.556,
            "ranking": [["intent": "order.status", "confidence": 0.981204]],
            "candidates": [["intent": "order.status", "probability": 0.973511]], "rule": "slot.ask",
            "template": .null, "knowledge": .null, "model": "model_038G7BGZJ0Q2H8E7B25XTK5R6W9NV",
            "labelled": .null, "labels": [:], "elapsed_ms": 1.31,
        ],
    ]

    package static let isClosed = "the conversation is closed"

    private static func conversations(_ reader: RequestReader, _ fields: APIFields) -> [APICall] {
        opening(reader) + messages(reader, fields)
    }

    private static func opening(_ reader: RequestReader) -> [APICall] {
        [
            APICall(
                name: .startConversation, method: .post, path: "/v1/conversations", topic: .conversations,
                summary: "Start a conversation",
                note:
                    "It belongs to the key's app. No body at all starts one with the bot's defaults. With an `external_id` that an open conversation has, that one is given.",
                scope: .chat, isMessage: true,
                body: .init(
                    alternatives: [
                        ("As the caller says", reader.conversationMembers + [PeopleFields.externalID.member]),
                        (
                            "For a visitor whom the shop vouches for",
                            reader.conversationMembers.filter { $0.name != reader.visitor.name } + [
                                CustomerFields.visitorToken.member.with(.always), CustomerFields.continues.member,
                            ]
                        ),
                    ], mayBeEmpty: true,
                    example: ["locale": "en", "channel": "email", "visitor": ["name": "Ann"]]),
                answer: .json(
                    .named("Conversation"), "The conversation.", status: .created, headers: [location],
                    example: newConversation),
                otherAnswers: [
                    .json(
                        .named("Conversation"),
                        "The open conversation that has the `external_id`, or that the visitor goes on with.",
                        example: conversation)
                ],
                leadsTo: [
                    .made(.getConversation), .made(.sendMessage), .made(.listMessages), .made(.closeConversation),
                ]
            ),
            APICall(
                name: .getConversation, method: .get, path: "/v1/conversations/{id}", topic: .conversations,
                summary: "Show a conversation", scope: .chat, orScope: .agent, subject: .conversation,
                answer: .json(.named("Conversation"), "The conversation.", example: conversation)),
            APICall(
                name: .closeConversation, method: .post, path: "/v1/conversations/{id}/close", topic: .conversations,
                summary: "Close a conversation", note: "It can still be read; it takes no more messages.",
                scope: .chat, orScope: .agent, subject: .conversation,
                body: .init([], mayBeEmpty: true, example: [:]),
                answer: .json(.named("Conversation"), "The closed conversation.", example: conversation),
                leadsTo: [.same(.listMessages)]),
        ]
    }

    private static func messages(_ reader: RequestReader, _ fields: APIFields) -> [APICall] {
        let own = [reader.clientMessageID.member]
        return [
            APICall(
                name: .sendMessage, method: .post, path: "/v1/conversations/{id}/messages", topic: .conversations,
                summary: "Send a visitor's message and get the bot's replies",
                note:
                    "One message of a conversation is answered at a time. The reply is on disk when the answer comes.",
                scope: .chat, isMessage: true, subject: .conversation,
                body: .init(
                    alternatives: reader.contentShapes.map { ($0.title, $0.members + own) },
                    example: ["text": "where is my order", "client_message_id": "m-1"]),
                answer: .json(
                    .named("Turn"), "The message, the replies, and why the bot said so.",
                    headers: [
                        Shape.Member(
                            "Idempotent-Replayed", .choice(["true"]),
                            "There when the message had been answered before; the body is the same, byte for byte.",
                            .sometimes)
                    ], example: turn),
                refusals: [
                    .conflict: "\(isClosed), or its `client_message_id` came with other content",
                    .overloaded: "too much is being asked at once",
                ],
                leadsTo: [
                    .same(.getConversation), .same(.listMessages),
                    .same(.rateMessage, body: ["message_id": "$response.body#/replies/0/id", "rating": "up"]),
                    .about(
                        .correctMessage, body: ["message_id": "$response.body#/message/id", "intent": "order.status"]),
                ]),
            APICall(
                name: .listMessages, method: .get, path: "/v1/conversations/{id}/messages", topic: .conversations,
                summary: "List the messages of a conversation", scope: .chat, orScope: .agent, subject: .conversation,
                query: [fields.after.parameter, fields.pageSize.parameter],
                answer: .json(
                    .named("MessagePage"), "A page of messages.",
                    example: ["messages": [question, reply], "last_seq": 2])),
            APICall(
                name: .rateMessage, method: .post, path: "/v1/conversations/{id}/feedback", topic: .conversations,
                summary: "Rate a reply", scope: .chat, subject: .conversation,
                body: .init(
                    reader.feedbackMembers,
                    example: ["message_id": "msg_038G7BH8M2S0J3R7T5NSN4E94VPKD", "rating": "up", "comment": "quick"]),
                answer: .init(
                    status: .noContent, note: "It is recorded; the last rating of a message counts.", content: nil)),
        ]
    }

    package static let location = Shape.Member(
        "Location", .string(format: "uri-reference"), "The path of what was made.")
}

// MARK: - Understanding

extension API {
    private static func understanding(_ reader: RequestReader, _ fields: APIFields) -> [APICall] {
        [classify(fields)] + [
            APICall(
                name: .predict, method: .post, path: "/predict", topic: .understanding,
                summary: "Name the intent of a text", note: "The shortest way in.", scope: .classify,
                body: .init([fields.predictedText.member], example: ["text": "退款什么时候到账"]),
                answer: .json(
                    .named("Prediction"), "The intent.",
                    example: ["prediction": "refund.status", "confidence": 0.964])),
            APICall(
                name: .search, method: .post, path: "/v1/search", topic: .understanding,
                summary: "Search the knowledge", scope: .search,
                body: .init(
                    [fields.searchedText.member, fields.hits.member, reader.locale.member],
                    example: ["query": "can I return it", "limit": 3]),
                answer: .json(
                    .named("SearchHits"), "The best entries.",
                    example: [
                        "hits": [
                            [
                                "id": "returns.en", "question": "May I return it?", "answer": "Within 30 days.",
                                "locale": "en", "score": 0.71, "link": .null,
                            ]
                        ]
                    ])),
        ] + live
    }

    private static func classify(_ fields: APIFields) -> APICall {
        let more = [fields.top.member, RequestField<BotLocale>.locale.member, fields.classifier.member]
        return APICall(
            name: .classify, method: .post, path: "/v1/classify", topic: .understanding,
            summary: "Classify one text or several", scope: .classify,
            body: .init(
                alternatives: [
                    ("One text", [fields.classifiedText.member.with(.always)] + more),
                    ("Several texts", [fields.classifiedTexts.member.with(.always)] + more),
                ], example: ["text": "where is order A1234567", "top": 1]),
            answer: .json(
                .named("Classifications"), "A result for each text.",
                example: [
                    "model": "model_038G7BGZJ0Q2H8E7B25XTK5R6W9NV",
                    "results": [
                        [
                            "text": "where is order A1234567", "intent": "order.status", "confidence": 0.992,
                            "accepted": true, "ranking": [["intent": "order.status", "confidence": 0.992]],
                            "entities": [
                                [
                                    "entity": "order_number", "value": "A1234567", "text": "A1234567", "start": 15,
                                    "end": 23, "confidence": .null,
                                ]
                            ],
                        ]
                    ],
                ]))
    }

    private static let live = [
        APICall(
            name: .listIntents, method: .get, path: "/v1/intents", topic: .understanding,
            summary: "List the intents that the bot has", scope: .classify,
            answer: .json(
                .named("Intents"), "The intents.",
                example: [
                    "intents": [
                        [
                            "name": "order.status", "title": ["en": "Where my order is", "zh": "查订单"],
                            "description": "The customer wants to know where an order is.",
                            "examples": ["en": 52, "zh": 48],
                            "slots": [["name": "order_number", "entity": "order_number"]], "answers": 2,
                        ]
                    ]
                ])),
        APICall(
            name: .listModels, method: .get, path: "/v1/models", topic: .understanding,
            summary: "List the trained versions of the model", scope: .classify,
            answer: .json(
                .named("Models"), "The versions.",
                example: [
                    "models": [
                        [
                            "id": "model_038G7BGZJ0Q2H8E7B25XTK5R6W9NV", "created_at": "2026-11-23T08:15:20.004Z",
                            "encoder": "multilingual-e5-small", "intents": 42, "classifiers": [], "active": true,
                            "metrics": [
                                "examples": 3860, "accuracy": 0.887, "coverage": 0.845, "precision": 0.954,
                                "out_of_scope_recall": 0.909, "calibration_error": 0.009, "seconds": 4.1,
                            ],
                        ]
                    ]
                ])),
    ]
}

// MARK: - Review

extension API {
    private static let reviewID: JSONValue = "rev_038G8F5507K741GCE34ENW0ENN4HB"

    private static func review(_ fields: APIFields) -> [APICall] {
        [listReview(fields), correct(fields), decide(fields)]
    }

    private static func listReview(_ fields: APIFields) -> APICall {
        APICall(
            name: .listReview, method: .get, path: "/v1/review", topic: .review,
            summary: "List what the bot did not understand, in groups of one meaning", scope: .agent,
            query: [
                fields.status.parameter, fields.reason.parameter, fields.groups.parameter, fields.cursor.parameter,
            ],
            answer: .json(
                .named("ReviewPage"), "A page of groups.",
                example: [
                    "clusters": [
                        [
                            "id": reviewID, "messages": 2,
                            "items": [
                                [
                                    "id": reviewID, "text": "how do I become a reseller", "locale": "en",
                                    "reasons": ["low_confidence"], "count": 2, "intent": "account.create",
                                    "confidence": 0.61, "model": "model_038G7BGZJ0Q2H8E7B25XTK5R6W9NV",
                                    "suggestion": .null, "message_id": "msg_038G7BH8M2R40C9HR6YBW5KQ3XZFA",
                                    "conversation_id": "conv_038G7BH5JAB3CEWEESP168NR6FZ5W",
                                    "created_at": "2026-11-23T08:15:31.406Z",
                                    "last_seen_at": "2026-11-23T09:02:11.640Z", "status": "open", "label": .null,
                                    "decided_by": .null, "decided_at": .null, "suggested_knowledge": .null,
                                    "note": .null,
                                ]
                            ],
                        ]
                    ], "total": 1, "next": .null,
                ]))
    }

    private static func correct(_ fields: APIFields) -> APICall {
        APICall(
            name: .correctMessage, method: .post, path: "/v1/review", topic: .review,
            summary: "Say what a message meant", note: "It is put into the queue with the intent as a suggestion.",
            scope: .agent,
            body: .init(
                [fields.correctedMessage.member, fields.correctIntent.member],
                example: ["message_id": "msg_038G7BH8M2R40C9HR6YBW5KQ3XZFA", "intent": "order.status"]),
            answer: .json(
                .named("ReviewReference"), "The text in the queue.", status: .created, headers: [location],
                example: ["id": reviewID]),
            refusals: [.notFound: "there is no such message or intent"], leadsTo: [.made(.decideReview)])
    }

    private static func decide(_ fields: APIFields) -> APICall {
        let rest = [fields.scope.member, fields.force.member]
        func action(_ action: ReviewAction) -> Shape.Member { Shape.Member("action", .constant(action.rawValue)) }
        let label = action(.label)
        return APICall(
            name: .decideReview, method: .post, path: "/v1/review/{id}", topic: .review,
            summary: "Decide what a group of texts means",
            note: "A label counts at once, without a training; it is refused when known sentences would suffer.",
            scope: .agent, subject: .reviewItem,
            body: .init(
                alternatives: [
                    ("An intent", [label, fields.labelledIntent.member.with(.always)] + rest),
                    (
                        "A new intent",
                        [label, fields.newIntent.member.with(.always), fields.description.member] + rest
                    ),
                    ("A knowledge entry", [label, fields.labelledEntry.member.with(.always)] + rest),
                    (
                        "Out of scope",
                        [label, Shape.Member("out_of_scope", Shape(["type": "boolean", "const": true]))] + rest
                    ),
                    ("Nothing", [action(.dismiss), fields.scope.member]),
                ], example: ["action": "label", "intent": "account.create"]),
            answer: .json(
                .named("ReviewOutcome"), "What was decided, and what it did to the sentences that the bot knows.",
                example: [
                    "status": "labelled", "items": [reviewID], "checked": 3869, "regressions": [], "improvements": 0,
                ]),
            refusals: [
                .conflict:
                    "the label would make known sentences be misunderstood, the new intent is there already, or somebody else has decided meanwhile",
                .notFound: "there is no such text, intent or entry",
            ])
    }
}

// MARK: - Operations

extension API {
    private static let operations = [
        APICall(
            name: .isLive, method: .get, path: "/health/live", topic: .operations,
            summary: "Tell whether the server runs", scope: nil,
            answer: .json(.named("Health"), "It runs.", example: ["status": "live"])),
        APICall(
            name: .isReady, method: .get, path: "/health/ready", topic: .operations,
            summary: "Tell whether the server can answer and store", scope: nil,
            answer: .json(.named("Health"), "It can.", example: ["status": "ready"]),
            refusals: [.notReady: "no model is active yet, or nothing can be stored; `detail` has the reason"]),
        APICall(
            name: .readMetrics, method: .get, path: "/metrics", topic: .operations,
            summary: "Read the metrics",
            note: "They are on a listener of their own, 127.0.0.1:9090 unless `--metrics-address` says otherwise.",
            scope: nil,
            answer: .init(
                status: .ok, note: "Prometheus' text format.", content: ("text/plain", .string(), nil)),
            refusals: [.notFound: "they are on a listener of their own"]),
        APICall(
            name: .describe, method: .get, path: "/openapi.json", topic: .operations,
            summary: "Read this description", scope: nil,
            answer: .init(
                status: .ok, note: "OpenAPI 3.1.",
                content: ("application/json", .object([Shape.Member("openapi", .string())]), nil))),
    ]
}
