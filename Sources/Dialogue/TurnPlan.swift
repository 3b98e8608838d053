import ConversationDomain
import Wording

/// What a turn is decided from.
struct PolicyInput {
    let content: InboundContent
    /// Nil for a pressed button: nothing needed to be understood.
    var heard: Heard?
    var state: DialogueState
    let status: ConversationStatus
    let locale: BotLocale
    let channel: ChannelName
    let snapshot: ContentSnapshot
    /// Checks the values of slots; nil takes buttons as they are and only what `heard` found.
    var reader: (any SlotReader)?
    /// When the visitor was told that nobody takes the conversation, in milliseconds since 1970; nil when not.
    var missedAt: Int?
    /// What the message says beside an address that was asked for; nil where it says nothing else.
    var besideAddress: Heard?

    var intents: [IntentName: Intent] { snapshot.intents }
    var understanding: MessageUnderstanding? { heard?.reading }
    var phrases: PhraseBook { snapshot.phrases }
}

/// What is to be said and remembered.
struct TurnPlan: Hashable {
    /// One message of the bot.
    enum Saying: Hashable {
        case answer(IntentName)
        /// - Parameter phrase: what is said before the question.
        case ask(IntentName, SlotName, after: BotPhrase?)
        case knowledge(KnowledgeEntry, others: [Candidate.Subject])
        /// Buttons for each, and for a person.
        case choose(BotPhrase, [Candidate.Subject], values: [String: String] = [:])
        case phrase(BotPhrase, offersPerson: Bool)
        case naming(BotPhrase, [String: String])
        /// Nobody takes the conversation.
        case missed(MissNotice)
        /// Whether to go on with an intent.
        case confirm(IntentName)
        /// Buttons beside the reply before.
        case beside([Candidate.Subject])
        /// Names what else was asked.
        case alsoAsked(Candidate.Subject)
        /// What is safe in a danger.
        case danger(SpeechAct)
        /// The last reply once more.
        case lastReply
    }

    var action: Action
    /// Which rule decided, as the decision trace names it.
    var rule: String
    var intent: IntentName?
    var knowledge: KnowledgeID?
    var sayings: [Saying]
    var state: DialogueState
    /// Whether the message asks for nothing that an intent or an entry stands for.
    var asksForNothing = false
    /// The reason for asking for a person; the conversation waits for one from now on.
    var handoffReason: String?
    /// Whose people are asked for; nil for whoever is there.
    var team: TeamName?
    /// Why nobody of them comes now.
    var miss: HandoffMiss?
    /// The address that the visitor left for an answer by e-mail.
    var ticketEmail: String?

    /// Why a person should look at the message: the bot had no answer to it, or had to ask what was meant.
    var reviewReason: ReviewReason? {
        switch action {
        // A fallback with an intent was understood; what is missing is its answer or a value.
        case .fallback: intent == nil ? .rejected : nil
        case .clarify: .lowConfidence
        case .answer, .ask, .search, .handoff: nil
        }
    }

    /// What was acted on.
    var subject: Candidate.Subject? {
        knowledge.map(Candidate.Subject.knowledge) ?? intent.map(Candidate.Subject.intent)
    }
}
