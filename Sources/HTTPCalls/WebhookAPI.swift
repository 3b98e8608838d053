package import ConversationDomain
import HTTPTypes
import HTTPWire
package import Outbox
package import Wire

/// The fields of the calls on webhooks.
package struct WebhookFields: Sendable {
    package let url: RequestField<String>
    package let events: RequestField<Set<EventType>>
    package let channels: RequestField<Set<ChannelName>>
    package let senders: RequestField<Set<Sender>>
    package let note: RequestField<String>
    package let isEnabled = RequestField.flag("enabled", "Whether events are recorded and sent.")
    package let rotatesSecret = RequestField.flag(
        "rotate_secret", "Gives it a new secret; the one before signs too for another day.")
    package let eventIDs: RequestField<[EventID]>
    package let status = QueryField<DeliveryStatus>.choice(
        "status", .choice(DeliveryStatus.self).with(default: "dead"), "What is tried again, or what was given up.")
    package let after = QueryField.integer(
        "after", in: 0...Int.max, default: 0, "The `next` of an earlier answer.",
        expected: "the 'next' of an earlier answer")
    package let pageSize: QueryField<Int>

    package init(_ limits: WebhookLimits) {
        url = RequestField(
            "url", .string(1...limits.url).with(example: "https://tickets.example/hooks/frontdesk"),
            "Where events are sent to: http or https, without user and password."
        ) { fields, name in try fields.string(name, atMost: limits.url) }
        events = Self.choices(
            "events", EventType.self, "The types that are sent; all of them when the list is empty or absent.")
        senders = Self.choices(
            "senders", Sender.self, "Of messages, only those of these senders; of all when it is empty.")
        channels = RequestField(
            "channels", .list(.name.with(example: "web"), 0...limits.channels),
            "Only conversations on these channels; on all when it is empty."
        ) { fields, name in
            try fields.strings(name, limit: limits.channels).map { texts in
                Set(
                    try texts.map { text in
                        guard text.utf8.count <= JSONFields.wordBytes, let channel = ChannelName(text) else {
                            throw ChatError(
                                .invalidRequest,
                                "'\(name)' must hold names of at most 128 letters, digits and . _ - / :")
                        }
                        return channel
                    })
            }
        }
        note = .freeText("description", atMost: limits.note, "What it is for.")
        eventIDs = RequestField(
            "event_ids", .list(.identifier(EventID.self), 0...limits.resent),
            "Dead letters; all of them when it is absent."
        ) { fields, name in
            // One that cannot be an event's is not found, like any other.
            try fields.strings(name, limit: limits.resent)?.compactMap { EventID($0) }
        }
        pageSize = .integer(
            "limit", in: 1...limits.page, default: 100, "Deliveries at most.",
            expected: "a whole number of at least 1 and at most \(limits.page)")
    }

    private static func choices<Value>(_ name: String, _ type: Value.Type, _ note: String) -> RequestField<Set<Value>>
    where Value: RawRepresentable<String> & CaseIterable & Hashable & Sendable {
        let names = type.allCases.map(\.rawValue)
        return RequestField(name, .list(.choice(type), 0...names.count), note) { fields, name in
            try fields.strings(name, limit: names.count).map { texts in
                Set(
                    try texts.map { text in
                        guard let value = type.allCases.first(where: { UTF8Text($0.rawValue) == UTF8Text(text) }) else {
                            throw ChatError(
                                .invalidRequest, "'\(name)' must hold only \(names.joined(separator: ", "))")
                        }
                        return value
                    })
            }
        }
    }

    /// What a webhook can be made of or changed to.
    package var members: [Shape.Member] {
        [url.member, events.member, channels.member, senders.member, note.member, isEnabled.member]
    }

    package func request(_ fields: inout JSONFields) throws -> WebhookRequest {
        var request = WebhookRequest()
        request.url = try url.take(from: &fields)
        request.events = try events.take(from: &fields)
        request.channels = try channels.take(from: &fields)
        request.senders = try senders.take(from: &fields)
        request.note = try note.take(from: &fields)
        request.isEnabled = try isEnabled.take(from: &fields)
        return request
    }
}

extension API {
    private static let webhook: JSONValue = [
        "id": "wh_038G7BH5JAB3CEWEESP168NR6FZ5W", "url": "https://tickets.example/hooks/frontdesk",
        "events": ["handoff.requested", "message.created"], "channels": [], "senders": ["agent", "visitor"],
        "description": "ticketing", "enabled": true, "state": "active", "resting_until": .null, "pending": 0, "dead": 0,
        "dropped": 0, "previous_secret_until": .null, "created_at": "2026-11-23T08:15:30.123Z",
    ]

    private static let delivery: JSONValue = [
        "event_id": "evt_038G7BH8M2R40C9HR6YBW5KQ3XZFA", "type": "message.created",
        "conversation_id": "conv_038G7BH5JAB3CEWEESP168NR6FZ5W", "status": "dead", "attempts": 12,
        "next_attempt_at": .null, "last_error": "status 503", "created_at": "2026-11-23T08:15:31.406Z",
    ]

    package static func webhooks(_ fields: WebhookFields) -> [APICall] {
        webhookDefinitions(fields) + [
            APICall(
                name: .listDeliveries, method: .get, path: "/v1/webhooks/{id}/deliveries", topic: .webhooks,
                summary: "List what a webhook's target did not take at the first try", scope: .admin, subject: .webhook,
                query: [fields.status.parameter, fields.after.parameter, fields.pageSize.parameter],
                answer: .json(
                    .named("WebhookDeliveries"), "The deliveries, oldest first.",
                    example: ["deliveries": [delivery], "next": .null])),
            APICall(
                name: .resendDeliveries, method: .post, path: "/v1/webhooks/{id}/deliveries/resend", topic: .webhooks,
                summary: "Send dead letters again", note: "They are tried at once, and again as new events are.",
                scope: .admin, subject: .webhook,
                body: .init(
                    [fields.eventIDs.member], mayBeEmpty: true,
                    example: ["event_ids": ["evt_038G7BH8M2R40C9HR6YBW5KQ3XZFA"]]),
                answer: .json(.named("Resent"), "How many there were.", example: ["resent": 1]),
                leadsTo: [.same(.listDeliveries)]),
        ]
    }

    private static func webhookDefinitions(_ fields: WebhookFields) -> [APICall] {
        [
            APICall(
                name: .createWebhook, method: .post, path: "/v1/webhooks", topic: .webhooks,
                summary: "Make a webhook",
                note: "It gets what happens in the conversations of the key's app from now on.",
                scope: .admin,
                body: .init(
                    [fields.url.member.with(.always)] + fields.members.dropFirst(),
                    example: [
                        "url": "https://tickets.example/hooks/frontdesk",
                        "events": ["message.created", "handoff.requested"], "senders": ["visitor", "agent"],
                    ]),
                answer: .json(
                    .named("Webhook"), "The webhook with its secret, which is shown this once.", status: .created,
                    headers: [
                        Shape.Member(
                            "Location", .string(format: "uri-reference"), "The path of what was made.")
                    ], example: webhook),
                refusals: [.conflict: "the app has as many webhooks as it may have"],
                leadsTo: [
                    .made(.getWebhook), .made(.changeWebhook), .made(.removeWebhook), .made(.listDeliveries),
                    .made(.resendDeliveries),
                ]),
            APICall(
                name: .listWebhooks, method: .get, path: "/v1/webhooks", topic: .webhooks,
                summary: "List the webhooks of the key's app", scope: .admin,
                answer: .json(
                    .named("Webhooks"), "The webhooks, oldest first.", example: ["webhooks": [webhook]])),
            APICall(
                name: .getWebhook, method: .get, path: "/v1/webhooks/{id}", topic: .webhooks,
                summary: "Show a webhook", scope: .admin, subject: .webhook,
                answer: .json(.named("Webhook"), "The webhook, without its secret.", example: webhook)),
            APICall(
                name: .changeWebhook, method: .patch, path: "/v1/webhooks/{id}", topic: .webhooks,
                summary: "Change a webhook, or its secret", scope: .admin, subject: .webhook,
                body: .init(fields.members + [fields.rotatesSecret.member], example: ["enabled": true]),
                answer: .json(
                    .named("Webhook"), "The webhook as it is now; with its secret if that is new.", example: webhook)),
            APICall(
                name: .removeWebhook, method: .delete, path: "/v1/webhooks/{id}", topic: .webhooks,
                summary: "Remove a webhook", note: "What waits for its target is dropped.", scope: .admin,
                subject: .webhook, answer: .init(status: .noContent, note: "It is gone.", content: nil)),
        ]
    }
}

extension APIShapes {
    package static let webhooks: [(name: String, shape: Shape)] = [
        (
            "Webhook",
            .object([
                Shape.Member("id", .known(WebhookID.self)), Shape.Member("url", .string()),
                Shape.Member("events", .list(.choice(EventType.self)), "The types that are sent."),
                Shape.Member("channels", .list(.string()), "Empty for all."),
                Shape.Member("senders", .list(.choice(Sender.self)), "Empty for all."),
                Shape.Member("description", .string()), Shape.Member("enabled", .bool),
                Shape.Member(
                    "state", .choice(["active", "resting", "disabled"]),
                    "`resting` after failures in a row: nothing is sent for a while."),
                Shape.Member("resting_until", Shape.time.orNull),
                Shape.Member(
                    "pending", .integer(0...Int.max), "What failed and is tried again, and what waits for it."),
                Shape.Member("dead", .integer(0...Int.max), "Dead letters, which can be sent again."),
                Shape.Member("dropped", .integer(0...Int.max), "What was given up and is not kept."),
                Shape.Member("previous_secret_until", Shape.time.orNull, "Until when the old secret signs too."),
                Shape.Member("created_at", .time),
                Shape.Member("secret", .string(), "There only when it was made just now.", .sometimes),
            ])
        ),
        ("Webhooks", .object([Shape.Member("webhooks", .list(.named("Webhook")))])),
        (
            "WebhookDelivery",
            .object([
                Shape.Member("event_id", .known(EventID.self)), Shape.Member("type", .choice(EventType.self)),
                Shape.Member("conversation_id", .known(ConversationID.self)),
                Shape.Member("status", .choice(DeliveryStatus.self)),
                Shape.Member("attempts", .integer(0...Int.max), "Failed tries; 0 for what waits behind another event."),
                Shape.Member("next_attempt_at", Shape.time.orNull), Shape.Member("last_error", Shape.string().orNull),
                Shape.Member("created_at", .time, "When it happened."),
            ])
        ),
        (
            "WebhookDeliveries",
            .object([
                Shape.Member("deliveries", .list(.named("WebhookDelivery")), "Oldest first."),
                Shape.Member("next", Shape(["type": "integer"]).orNull, "The `after` of the next page."),
            ])
        ),
        ("Resent", .object([Shape.Member("resent", .integer(0...Int.max))])),
    ]
}
