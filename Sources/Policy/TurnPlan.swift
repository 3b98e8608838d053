package import Actions
package import ConversationDomain
package import Wording

/// What a turn is decided from.
package struct PolicyInput {
    package let content: InboundContent
    /// Nil for a pressed button: nothing needed to be understood.
    package var heard: Heard?
    package var state: DialogueState
    package let status: ConversationStatus
    package let locale: BotLocale
    package let channel: ChannelName
    package let snapshot: ContentSnapshot
    /// Checks the values of slots; nil takes buttons as they are and only what `heard` found.
    package var reader: (any SlotReader)?
    /// When the visitor was told that nobody takes the conversation, in milliseconds since 1970; nil when not.
    package var missedAt: Int?
    /// What the message says beside an address that was asked for; nil where it says nothing else.
    package var besideAddress: Heard?
    /// The services of the shop that can be called.
    package var targets: Set<ActionName>

    package init(
        content: InboundContent, heard: Heard?, state: DialogueState, status: ConversationStatus, locale: BotLocale,
        channel: ChannelName, snapshot: ContentSnapshot, reader: (any SlotReader)?, missedAt: Int? = nil,
        besideAddress: Heard? = nil, targets: Set<ActionName> = []
    ) {
        self.targets = targets
        self.content = content
        self.heard = heard
        self.state = state
        self.status = status
        self.locale = locale
        self.channel = channel
        self.snapshot = snapshot
        self.reader = reader
        self.missedAt = missedAt
        self.besideAddress = besideAddress
    }

    var intents: [IntentName: Intent] { snapshot.intents }
    var understanding: MessageUnderstanding? { heard?.reading }
    var phrases: PhraseBook { snapshot.phrases }
}

/// What is to be said and remembered.
package struct TurnPlan: Hashable {
    /// One message of the bot.
    package enum Saying: Hashable {
        case answer(IntentName)
        /// Asks a service of the shop first.
        case call(ActionCall)
        /// An answer filled with what a service said, by field.
        case outcome(IntentName, [String: String])
        /// A service gave no answer.
        case failed(IntentName, offersPerson: Bool)
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

    package var action: Action
    /// Which rule decided, as the decision trace names it.
    package var rule: String
    package var intent: IntentName?
    package var knowledge: KnowledgeID?
    package var sayings: [Saying]
    package var state: DialogueState
    /// Whether the message asks for nothing that an intent or an entry stands for.
    package var asksForNothing = false
    /// The reason for asking for a person; the conversation waits for one from now on.
    package var handoffReason: String?
    /// Whose people are asked for; nil for whoever is there.
    package var team: TeamName?
    /// Why nobody of them comes now.
    package var miss: HandoffMiss?
    /// The address that the visitor left for an answer by e-mail.
    package var ticketEmail: String?

    /// Why a person should look at the message: the bot had no answer to it, or had to ask what was meant.
    package var reviewReason: ReviewReason? {
        switch action {
        // A fallback with an intent was understood; what is missing is its answer or a value.
        case .fallback: intent == nil ? .rejected : nil
        case .clarify: .lowConfidence
        case .answer, .ask, .search, .handoff: nil
        }
    }

    /// Whether the visitor is asked whether to go on with an intent.
    var asksToConfirm: Bool { sayings.contains { if case .confirm = $0 { true } else { false } } }

    /// What was acted on.
    package var subject: Candidate.Subject? {
        knowledge.map(Candidate.Subject.knowledge) ?? intent.map(Candidate.Subject.intent)
    }
}
