package import ConversationDomain
package import ModelRecords
package import Wire

/// The fields that REST alone has, beside those of ``ConversationDomain/RequestReader``.
package struct APIFields: Sendable {
    /// Messages of one page.
    package let after = QueryField.integer(
        "after", in: 0...Int.max, default: 0, "Only messages with a greater `seq`.",
        expected: "a whole number of at least 0")
    package let pageSize: QueryField<Int>

    package let classifiedText: RequestField<String>
    package let classifiedTexts: RequestField<[String]>
    package let top = RequestField.integer("top", in: 1...1000, default: 5, "How many of the ranking are wanted.")
    package let classifier = RequestField<ClassifierName>.word(
        "classifier", .variable.with(example: "intent"),
        "`intent`, or a classifier beside the intents that the active model has (`GET /v1/models` lists them).",
        { ClassifierName($0) },
        refusal: {
            ChatError(
                .invalidRequest, "'\($0)' must be a letter, then at most 63 letters, digits and _, such as sentiment")
        })
    package let predictedText: RequestField<String>
    package let searchedText: RequestField<String>
    package let hits = RequestField.integer("limit", in: 1...50, default: 5, "How many entries are wanted.")

    package let status = QueryField<ReviewStatus>.choice(
        "status", .choice(ReviewStatus.self).with(default: "open"), "Whether somebody has decided.")
    package let reason = QueryField<ReviewReason>.choice(
        "reason", .choice(ReviewReason.self), "Only groups with a text that is there for this reason.")
    package let groups = QueryField.integer(
        "limit", in: 1...200, default: ReviewQuery().limit, "Groups of one page.", mayBeEmpty: true,
        expected: "a whole number from 1 to 200")
    package let cursor = QueryField<ReviewCursor>(
        "after", .string(pattern: "^[1-9][0-9]{0,17}:\(ReviewID.pattern.dropFirst())"),
        "The `next` of an earlier answer.", mayBeEmpty: true, expected: "the 'next' of an earlier answer"
    ) { ReviewCursor($0.string) }

    package let correctedMessage = RequestField<String>(
        "message_id", .string(0...128).with(example: "msg_038G7BH5JAB3CEWEESP168NR6FZ5W"),
        "The visitor's message, or a reply to it.", isRequired: true
    ) { fields, name in try fields.string(name) }
    package let correctIntent = APIFields.name(
        "intent", IntentName.self, "What the message meant.", example: "order.status", isRequired: true)
    package let action = RequestField<ReviewAction>.word(
        "action", .choice(ReviewAction.self), "What is decided.", isRequired: true, { ReviewAction(rawValue: $0) },
        refusal: { ChatError(.invalidRequest, "'\($0)' must be label or dismiss") })
    package let scope = RequestField<ReviewScope>.word(
        "scope", .choice(ReviewScope.self).with(default: "cluster"),
        "Whether it is about all open texts of the group or about this one.", { ReviewScope(rawValue: $0) },
        refusal: { ChatError(.invalidRequest, "'\($0)' must be cluster or one") })
    package let force = RequestField.flag("force", "Learn the label although known sentences would be misunderstood.")
    package let labelledIntent = APIFields.name(
        "intent", IntentName.self, "An intent that the bot has, or `out_of_scope`.", example: "order.status")
    package let newIntent = APIFields.name(
        "new_intent", IntentName.self, "An intent that the bot does not have yet.", example: "reseller.become")
    package let description: RequestField<String>
    package let labelledEntry = APIFields.name(
        "knowledge", KnowledgeID.self, "The entry that answers it.", example: "returns.en")
    package let isOutOfScope = RequestField.flag("out_of_scope", "The bot should not answer it.")

    package init(_ limits: Limits) {
        pageSize = .integer(
            "limit", in: 1...limits.pageMaximum, default: limits.pageDefault, "Messages at most.",
            expected: "a whole number of at least 1 and at most \(limits.pageMaximum)")
        classifiedText = RequestReader.message("text", "One text.", limits)
        let several = 1...limits.classifyTexts
        classifiedTexts = RequestField(
            "texts", .list(RequestReader.messageShape(limits), several), "Several texts, answered in their order."
        ) { fields, name in
            guard let texts = try fields.strings(name, limit: several.upperBound) else { return nil }
            guard !texts.isEmpty else { throw ChatError(.invalidRequest, "'\(name)' is empty") }
            let reader = RequestReader(limits: limits)
            return try texts.map { try reader.text($0, field: name) }
        }
        predictedText = RequestReader.message("text", "The text.", isRequired: true, limits)
        searchedText = RequestReader.message("query", "What is looked for.", isRequired: true, limits)
        description = RequestReader.message("description", "What the new intent is for.", limits)
    }

    private static func name<Name: ChosenName>(
        _ field: String, _ type: Name.Type, _ note: String, example: String, isRequired: Bool = false
    ) -> RequestField<Name> {
        .word(
            field, .name.with(example: .string(example)), note, isRequired: isRequired, { Name($0) },
            refusal: {
                ChatError(.invalidRequest, "'\($0)' must be a name of 1 to 128 letters, digits and . _ - / :")
            })
    }
}

/// What an agent does with a text of the review queue.
package enum ReviewAction: String, CaseIterable, Sendable {
    case label, dismiss
}
