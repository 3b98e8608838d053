import ConversationDomain

/// What a turn is decided from.
struct PolicyInput {
    let content: InboundContent
    /// Nil for a pressed button: nothing needed to be understood.
    let understanding: MessageUnderstanding?
    var state: DialogueState
    let status: ConversationStatus
    let locale: BotLocale
    let channel: ChannelName
    let snapshot: ContentSnapshot
    /// Checks the values of slots; nil takes buttons as they are and only what `understanding` found.
    var reader: (any SlotReader)?

    var intents: [IntentName: Intent] { snapshot.intents }
}

/// What is to be said and remembered.
struct TurnPlan: Hashable {
    /// One message of the bot.
    enum Saying: Hashable {
        case answer(IntentName)
        case ask(IntentName, SlotName, isRepeat: Bool)
        case knowledge(KnowledgeEntry, others: [Candidate.Subject])
        case clarify([Candidate.Subject])
        case phrase(BotPhrase, offersPerson: Bool)
    }

    var action: Action
    /// Which rule decided, as the decision trace names it.
    var rule: String
    var intent: IntentName?
    var knowledge: KnowledgeID?
    var sayings: [Saying]
    var state: DialogueState
    /// The reason for asking for a person; the conversation waits for one from now on.
    var handoffReason: String?

    /// Why a person should look at the message: the bot had no answer to it, or had to ask what was meant.
    var reviewReason: ReviewReason? {
        switch action {
        // A fallback with an intent was understood; what is missing is its answer or a value.
        case .fallback: intent == nil ? .rejected : nil
        case .clarify: .lowConfidence
        case .answer, .ask, .search, .handoff: nil
        }
    }
}
