import ConversationDomain
import HTTPWire
import ModelRecords
package import Wire

/// The shapes of what the server sends, by the names that the description gives them.
package enum APIShapes {
    package static let all: [(name: String, shape: Shape)] =
        conversations + people + desk + visitors + customers + understanding + live + review + webhooks
        + connectors + [problem]

    private typealias Member = Shape.Member

    private static let count = Shape.integer(0...Int.max)
    private static let text = Shape.string()
    /// A name that a bot owner chose.
    private static let name = Shape.string()

    // MARK: Conversations

    private static let conversations: [(name: String, shape: Shape)] = [
        (
            "Conversation",
            .object(
                [
                    Member("id", .known(ConversationID.self)),
                    Member(
                        "status", .choice(ConversationStatus.self),
                        "Who answers. While `waiting` the bot goes on answering; it is silent from `agent` on."),
                    Member("locale", name.with(example: "en"), "The language that the bot answers in."),
                    Member("channel", name.with(example: "web")),
                    Member("last_seq", count, "The `seq` of the newest message, 0 when there is none."),
                    Member("created_at", .time),
                    Member("agent", text.orNull, "The name of the person who has it; null while nobody has."),
                    Member(
                        "resume_token", text.with(example: .string(API.resumeToken)),
                        "Of a conversation that was just started, shown once: what a publishable key goes on with it by.",
                        .sometimes),
                    Member("read", .named("ReadMarks"), "How far each side has read."),
                ] + conversationForSecretKeys)
        ),
        (
            "Button",
            .object([
                Member("title", text, "What stands on the button."),
                Member("intent", name, "Send this when it is pressed.", .sometimes),
                Member("slots", .map(of: text), "Send these with the intent.", .sometimes),
                Member("knowledge", name, "Send this when it is pressed.", .sometimes),
            ])
        ),
        (
            "Message",
            .object(messageMembers)
        ),
        (
            "MessagePage",
            .object([
                Member("messages", .list(.named("Message")), "Oldest first."),
                Member("last_seq", count, "The `seq` of the conversation's newest message."),
            ])
        ),
        (
            "Turn",
            .object([
                Member("message", .named("Message"), "The visitor's, as it was stored."),
                Member("replies", .list(.named("Message"))),
                Member(
                    "decision", .anyOf([.named("Decision"), .named("DecisionSummary"), .null]),
                    "Why the bot said so; null when it is silent."),
                Member("status", .choice(ConversationStatus.self)),
            ])
        ),
        ("Decision", decision),
        (
            "DecisionSummary",
            .object(Array(decisionSummary)).noted("What a publishable key sees of a decision.")
        ),
        ("Candidate", candidate),
    ]

    package static let messageMembers = [
        Member("id", .known(MessageID.self)),
        Member("seq", .integer(1...Int.max), "Counts the conversation's messages without gaps."),
        Member("from", .choice(["visitor", "bot", "agent"])),
        Member("text", text),
        Member("buttons", .list(.named("Button"))),
        Member("in_reply_to", Shape.known(MessageID.self).orNull),
        Member("agent", text.with(example: "Mia"), "The name of the person who wrote it.", .sometimes),
        Member("created_at", .time),
    ]

    private static let decisionSummary = [
        Member("action", .choice(Action.self), "What the bot did."),
        Member("intent", name.orNull, "The intent that it followed."),
        Member("rule", text.with(example: "intent.accepted"), "The rule that decided."),
    ]

    private static let decision = Shape.object(
        decisionSummary + [
            Member("confidence", Shape.share.orNull, "Calibrated, of the intent."),
            Member("threshold", Shape.share.orNull, "What the confidence had to reach."),
            Member("ranking", .list(.named("IntentScore"), 0...5), "The best five intents."),
            Member(
                "candidates", .list(.named("Candidate"), 0...5),
                "The best five replies, intents and knowledge entries, with the probability that each is right."),
            Member("template", text.orNull, "The answer's template with its version."),
            Member("knowledge", name.orNull, "The knowledge entry that answered."),
            Member("model", Shape.known(ModelVersionID.self).orNull),
            Member(
                "labelled",
                .anyOf([
                    .object([Member("intent", name), Member("similarity", .share)]), .null,
                ]), "The label of the review queue that was followed instead of the model."),
            Member("labels", .map(of: .named("LabelScore")), "What the classifiers beside the intents say."),
            Member("elapsed_ms", .number()),
        ])

    private static let candidate = Shape.object([
        Member("intent", name, "", .sometimes), Member("knowledge", name, "", .sometimes),
        Member("probability", .share),
    ])

    // MARK: Understanding

    private static let understanding: [(name: String, shape: Shape)] = [
        ("IntentScore", .object([Member("intent", name), Member("confidence", .share)])),
        ("LabelScore", .object([Member("label", name), Member("confidence", .share)])),
        (
            "Entity",
            .object([
                Member("entity", name),
                Member("value", text, "Normalised, such as digits of a phone number or a date."),
                Member("text", text, "As it stands in the text."),
                Member("start", count, "In Unicode scalars of the text."), Member("end", count, "Exclusive."),
                Member("confidence", Shape.share.orNull, "Null where a rule found it."),
            ])
        ),
        (
            "Classification",
            .object([
                Member("text", text),
                Member("intent", name.orNull, "The top of the ranking when it is accepted."),
                Member("confidence", .share, "Of the top of the ranking, also when it is not accepted."),
                Member("accepted", .bool), Member("ranking", .list(.named("IntentScore"))),
                Member("entities", .list(.named("Entity"))),
            ])
        ),
        (
            "LabelClassification",
            .object([
                Member("text", text), Member("label", name), Member("confidence", .share),
                Member("accepted", .bool), Member("ranking", .list(.named("LabelScore"))),
            ])
        ),
        (
            "Classifications",
            .anyOf([
                Shape.object([
                    Member("model", .known(ModelVersionID.self)), Member("results", .list(.named("Classification"))),
                ]).titled("By intent"),
                Shape.object([
                    Member("model", .known(ModelVersionID.self)), Member("classifier", name),
                    Member("results", .list(.named("LabelClassification"))),
                ]).titled("By another classifier"),
            ])
        ),
        (
            "Prediction",
            .object([
                Member("prediction", name.orNull, "Null when no intent is accepted."), Member("confidence", .share),
            ])
        ),
        (
            "SearchHits",
            .object([Member("hits", .list(.named("SearchHit"), 0...50), "Best first; there is no threshold.")])
        ),
        (
            "SearchHit",
            .object([
                Member("id", name), Member("question", text, "The variant that fits best."), Member("answer", text),
                Member("locale", name), Member("score", Shape(["type": "number"])), Member("link", text.orNull),
            ])
        ),
    ]

    // MARK: What is live

    private static let live: [(name: String, shape: Shape)] = [
        ("Intents", .object([Member("intents", .list(.named("Intent")))])),
        (
            "Intent",
            .object([
                Member("name", name), Member("title", .map(of: text), "What buttons call it, by locale."),
                Member("description", text), Member("examples", .map(of: count), "By locale."),
                Member("slots", .list(.object([Member("name", name), Member("entity", name)]))),
                Member("answers", count),
            ])
        ),
        ("Models", .object([Member("models", .list(.named("Model")), "Newest first.")])),
        (
            "Model",
            .object([
                Member("id", .known(ModelVersionID.self)), Member("created_at", .time), Member("encoder", text),
                Member("intents", count), Member("classifiers", .list(.named("Classifier"))),
                Member("metrics", .named("ModelMetrics")), Member("active", .bool),
            ])
        ),
        (
            "Classifier",
            .object([
                Member("name", name), Member("labels", .list(name)), Member("examples", count),
                Member("accuracy", .share), Member("calibration_error", .share),
            ])
        ),
        (
            "ModelMetrics",
            .object([
                Member("examples", count), Member("accuracy", .share),
                Member("coverage", .share, "The share of messages that are answered."),
                Member("precision", .share, "The share of the answers that are right."),
                Member("out_of_scope_recall", Shape.share.orNull), Member("calibration_error", .share),
                Member("seconds", .number(), "How long the training took."),
            ])
        ),
        ("Health", .object([Member("status", .choice(["live", "ready"]))])),
    ]

    // MARK: Review

    private static let review: [(name: String, shape: Shape)] = [
        (
            "ReviewPage",
            .object([
                Member("clusters", .list(.named("ReviewCluster"), 0...200), "Most messages first."),
                Member("total", count, "All texts of the status."),
                Member("next", text.orNull, "The `after` of the next page."),
            ])
        ),
        (
            "ReviewCluster",
            .object([
                Member("id", .known(ReviewID.self)), Member("messages", count, "How many said one of the texts."),
                Member("items", .list(.named("ReviewItem"))),
            ])
        ),
        (
            "ReviewItem",
            .object([
                Member("id", .known(ReviewID.self)), Member("text", text), Member("locale", name),
                Member("reasons", .list(.choice(ReviewReason.self))), Member("count", count),
                Member("intent", name.orNull, "What the active model took it for."),
                Member("confidence", Shape.share.orNull), Member("model", Shape.known(ModelVersionID.self).orNull),
                Member("suggestion", name.orNull, "What an agent or the shadow model took it for."),
                Member("message_id", Shape.known(MessageID.self).orNull),
                Member("conversation_id", Shape.known(ConversationID.self).orNull), Member("created_at", .time),
                Member("last_seen_at", .time), Member("status", .choice(ReviewStatus.self)),
                Member("label", .anyOf([.named("ReviewLabel"), .null])),
                Member("decided_by", text.orNull), Member("decided_at", Shape.time.orNull),
                Member(
                    "suggested_knowledge", name.orNull, "The entry that an agent says would have answered it."),
                Member("note", text.orNull, "What an agent wrote of the reply that was wrong."),
            ])
        ),
        (
            "ReviewLabel",
            .object([
                Member("intent", name.orNull), Member("knowledge", name.orNull), Member("out_of_scope", .bool),
            ])
        ),
        (
            "ReviewOutcome",
            .object([
                Member("status", .choice(ReviewStatus.self)), Member("items", .list(.known(ReviewID.self))),
                Member("checked", count.orNull, "Known sentences that were replayed; null where nothing was learned."),
                Member(
                    "regressions",
                    .anyOf([
                        .list(
                            .object([
                                Member("text", text), Member("intent", name), Member("understood", name.orNull),
                            ])), .null,
                    ])),
                Member("improvements", count.orNull),
            ])
        ),
        ("ReviewReference", .object([Member("id", .known(ReviewID.self))])),
    ]

    // MARK: Errors

    private static let problem: (name: String, shape: Shape) = (
        "Problem",
        Shape.object([
            Member("type", .constant("about:blank")), Member("title", text, "The status in words."),
            Member("status", .integer(400...599)), Member("detail", text, "What was wrong and what was expected."),
            Member("code", .choice(ChatError.Code.self), "What a program tells refusals apart by."),
            Member("request_id", text, "As in `X-Request-Id`, and in the server's log."),
        ]).noted("RFC 9457.")
    )
}
