/// What somebody does by saying something, whatever it is about.
public enum SpeechAct: String, CaseIterable, Hashable, Sendable, Codable, CodingKeyRepresentable {
    case greeting, goodbye, thanks, apology
    case yes, no
    /// "I see", without a request.
    case acknowledge
    /// Asks for the last reply once more.
    case `repeat`
    /// Says that the last reply was beside the point.
    case mistaken
    case toldAlready = "told_already"
    case anyoneThere = "anyone_there"
    case laughter, insult
    /// Does not know, or does not have, what was asked for.
    case unknown
    /// Wants none of what was offered.
    case neither
    /// Drops what is being asked.
    case cancel
    case wait
    /// Asks what the bot's own question is about.
    case whatFor = "what_for"
    case dangerFire = "danger_fire"
    case dangerMedical = "danger_medical"
    case dangerSelfHarm = "danger_self_harm"
    case dangerThreat = "danger_threat"
    /// Ordinary talk in the words of a danger, which is told from it by these.
    case harmless

    public var isDanger: Bool {
        switch self {
        case .dangerFire, .dangerMedical, .dangerSelfHarm, .dangerThreat: true
        default: false
        }
    }
}

/// How much a message is one of somebody in danger.
public struct DangerScore: Hashable, Sendable {
    /// Of the nearest sentence.
    public let act: SpeechAct
    /// A logit, 0 for what just is one of danger; -∞ for what is near to a danger and nearer to something else.
    public let margin: Double

    public var isHeard: Bool { margin >= 0 }

    public init(act: SpeechAct, margin: Double) {
        self.act = act
        self.margin = margin
    }
}

/// How near a message is to the sentences of a speech act.
public struct SpeechActScore: Hashable, Sendable {
    public let act: SpeechAct
    /// The late interaction with the nearest sentence, -1 to 1; 1 for the very sentence.
    public let similarity: Double
    /// How much nearer that sentence is than all that the bot could answer.
    public let lead: Double

    /// The nearness from which on a message with nothing before it is that act, and by how much the act has to be nearer than all
    /// that the bot could answer.
    public static let clear = 0.68
    public static let clearLead = 0.05

    /// Whether the message is the act by itself, whatever was said before.
    public var isClear: Bool { similarity >= Self.clear && lead >= Self.clearLead }

    public init(act: SpeechAct, similarity: Double, lead: Double = 0) {
        self.act = act
        self.similarity = similarity
        self.lead = lead
    }
}

/// What the bot says by itself, beside the owner's answers.
public enum BotPhrase: String, CaseIterable, Hashable, Sendable, Codable, CodingKeyRepresentable {
    /// No answer was found.
    case fallback
    /// No answer again; a person is offered.
    case offerPerson = "offer_person"
    /// The offered person was turned down.
    case declined
    /// A question for a slot was dropped on request.
    case cancelled
    /// The value was not understood; comes before the question asked again.
    case askAgain = "ask_again"
    /// The value was not understood several times; a person is offered.
    case gaveUp = "gave_up"
    /// The visitor has no such value; a person is offered.
    case noValue = "no_value"
    /// Candidates are close.
    case didYouMean = "did_you_mean"
    /// The visitor said yes to several options.
    case whichOne = "which_one"
    /// None of the options was meant.
    case neither
    /// The titles of buttons.
    case talkToPerson = "talk_to_person"
    case yes, no
    /// A person was asked for, and the owner has no answer for that intent.
    case personAsked = "person_asked"
    /// A person was asked for before.
    case personAskedAlready = "person_asked_already"
    /// Nobody of the team works now; `{{when}}` they do again.
    case outsideHours = "outside_hours"
    /// Nobody took the conversation in time.
    case nobodyInTime = "nobody_in_time"
    /// Asks for an e-mail address to answer to; comes after one of these.
    case offerTicket = "offer_ticket"
    /// Asks for the address that was agreed to.
    case ticketEmail = "ticket_email"
    /// What was written is no address; asks again.
    case ticketEmailAgain = "ticket_email_again"
    /// The answer comes to `{{email}}`.
    case ticketNoted = "ticket_noted"
    case ticketDeclined = "ticket_declined"
    /// When somebody is there again: the same day, the next one, or on a `{{day}}`, at a `{{time}}`.
    case whenToday = "when_today"
    case whenTomorrow = "when_tomorrow"
    case whenDay = "when_day"
    /// The intent has no answer in the owner's content; a person is offered.
    case noAnswerYet = "no_answer_yet"
    /// Comes before the link that an answer was found at.
    case source
    /// Asks before it acts on `{{title}}`.
    case confirm
    case notConfirmed = "not_confirmed"
    /// The visitor turned something down.
    case refused
    case acknowledge, greeting, goodbye, thanks, apology
    case anyoneThere = "anyone_there"
    case laughter, insult, mistaken
    case toldAlready = "told_already"
    case wait
    case nothingToRepeat = "nothing_to_repeat"
    /// Only an identifier, `{{value}}`, was sent.
    case whatAbout = "what_about"
    /// Only a telephone number or an e-mail address was sent.
    case notedPhoneEmail = "noted_phone_email"
    /// Names the question, `{{title}}`, that was asked beside the one that is answered.
    case alsoAsked = "also_asked"
    /// What an order number looks like and where it is found.
    case expectOrderNumber = "expect_order_number"
    /// What is safe, and whom to call: `{{contact}}`.
    case dangerFire = "danger_fire"
    case dangerMedical = "danger_medical"
    case dangerSelfHarm = "danger_self_harm"
    case dangerThreat = "danger_threat"

    /// The values that its texts may name.
    public var variables: [String] {
        switch self {
        case .confirm, .alsoAsked: ["title"]
        case .whatAbout: ["value"]
        case .outsideHours: ["when", "team"]
        case .nobodyInTime: ["team"]
        case .ticketNoted: ["email"]
        case .whenToday, .whenTomorrow: ["time"]
        case .whenDay: ["day", "time"]
        case .dangerFire, .dangerMedical, .dangerSelfHarm, .dangerThreat: ["contact"]
        default: []
        }
    }
}

/// A text that a page shows as it stands, by the key that the content has for it.
public protocol ShownText: RawRepresentable<String>, CaseIterable, Hashable, Sendable, Codable, CodingKeyRepresentable {
    /// The values that its text must name.
    var variables: [String] { get }
}

/// What the chat widget shows by itself.
public enum WidgetText: String, ShownText {
    case title, subtitle, open, close, input, send, fresh, log, typing, hello
    case connecting, lost, refused, busy
    /// What the conversation's status is shown as.
    case waiting, agent, closed
    /// A person with this `{{name}}` has the conversation.
    case agentNamed = "agent_named"
    /// Of the people who answer: they are there, have read, write.
    case online, seen
    case typingNamed = "typing_named"
    /// Earlier and new messages; dropping a conversation; leaving an e-mail address; light and dark.
    case earlier, below, drop, keep, mail, auto, light, dark
    case dropMore = "drop_more"
    case mailExample = "mail_example"
    case mailInvalid = "mail_invalid"
    case mailLater = "mail_later"
    case failed, retry, full, up, down, thanks
    /// Characters that may still be written, that are too many, and messages that nobody has seen: `{{count}}`.
    case left, over, unread
    /// Who wrote a message.
    case bot, visitor, person

    public var variables: [String] {
        switch self {
        case .left, .over, .unread: ["count"]
        case .agentNamed, .typingNamed: ["name"]
        default: []
        }
    }
}

/// What the demo page shows around the chat; what stands between backticks is shown as code.
public enum PageText: String, ShownText {
    case title, notice, shop, tagline, headline, lead, open
    /// The name of the choice of languages, for who cannot see it.
    case language
    /// What is on the shelf.
    case pot, lamp, mug, cushion
    case `try`
    case tryIntro = "try_intro"
    /// Questions that lack a value, that the knowledge answers, and that the bot should not answer.
    case needs
    case needsIntro = "needs_intro"
    case needs1 = "needs_1"
    case needs2 = "needs_2"
    case needs3 = "needs_3"
    case looksUp = "looks_up"
    case looksUpIntro = "looks_up_intro"
    case looksUp1 = "looks_up_1"
    case looksUp2 = "looks_up_2"
    case looksUp3 = "looks_up_3"
    case limits
    case limitsIntro = "limits_intro"
    case limits1 = "limits_1"
    case limits2 = "limits_2"
    case limits3 = "limits_3"
    /// For whoever builds the chat in.
    case build, copy, embed
    case embedIntro = "embed_intro"
    case embedMore = "embed_more"
    case http
    case httpIntro = "http_intro"
    case footer

    public var variables: [String] { [] }
}

/// The words of one locale: what visitors say by which speech act, and what the bot says by itself.
public struct Phrases: Hashable, Sendable, Codable {
    public let locale: BotLocale
    /// Sentences of each act.
    public var acts: [SpeechAct: [String]]
    /// How something is turned down, `{}` standing for its name.
    public var refusals: [String]
    /// Words that may turn a sentence into its opposite.
    public var negations: [String]
    /// Words between a value and the one that takes its place.
    public var corrections: [String]
    /// Words that join two requests.
    public var joints: [String]
    /// Words that point back to what was said before.
    public var pointers: [String]
    /// Words for another thing than the one that was talked about.
    public var others: [String]
    /// Other spellings of a word: abbreviations, slips of the keyboard, other scripts. Nil in phrases that an earlier program
    /// stored.
    public var spellings: [String: [String]]?
    /// How an option is named by its place: from "1", and "last".
    public var ordinals: [String: [String]]
    /// Variants of each thing that the bot says.
    public var says: [BotPhrase: [String]]
    /// Whom to call in danger, by act.
    public var contacts: [SpeechAct: String]
    /// Whether the owner has checked `contacts`.
    public var contactsAreConfirmed: Bool
    /// The widget's words. Nil in phrases that an earlier program stored.
    public var widget: [WidgetText: String]?
    /// The demo page's words. Nil in phrases that an earlier program stored.
    public var page: [PageText: String]?

    public init(
        locale: BotLocale, acts: [SpeechAct: [String]] = [:], refusals: [String] = [], negations: [String] = [],
        corrections: [String] = [], joints: [String] = [], pointers: [String] = [], others: [String] = [],
        spellings: [String: [String]]? = nil, ordinals: [String: [String]] = [:],
        says: [BotPhrase: [String]] = [:], contacts: [SpeechAct: String] = [:], contactsAreConfirmed: Bool = false,
        widget: [WidgetText: String]? = nil, page: [PageText: String]? = nil
    ) {
        self.locale = locale
        self.acts = acts
        self.refusals = refusals
        self.negations = negations
        self.corrections = corrections
        self.joints = joints
        self.pointers = pointers
        self.others = others
        self.spellings = spellings
        self.ordinals = ordinals
        self.says = says
        self.contacts = contacts
        self.contactsAreConfirmed = contactsAreConfirmed
        self.widget = widget
        self.page = page
    }

    /// What is missing here taken from `other`.
    public func completed(by other: Phrases) -> Phrases {
        func own(_ list: [String], _ others: [String]) -> [String] { list.isEmpty ? others : list }
        return Phrases(
            locale: locale, acts: other.acts.merging(acts) { $1 }, refusals: own(refusals, other.refusals),
            negations: own(negations, other.negations), corrections: own(corrections, other.corrections),
            joints: own(joints, other.joints), pointers: own(pointers, other.pointers),
            others: own(others, other.others), spellings: spellings ?? other.spellings,
            ordinals: other.ordinals.merging(ordinals) { $1 }, says: other.says.merging(says) { $1 },
            contacts: contacts.isEmpty ? other.contacts : contacts,
            contactsAreConfirmed: contacts.isEmpty ? other.contactsAreConfirmed : contactsAreConfirmed,
            widget: (other.widget ?? [:]).merging(widget ?? [:]) { $1 },
            page: (other.page ?? [:]).merging(page ?? [:]) { $1 })
    }
}

extension Phrases {
    /// Whether there is nothing that the program's own phrases could add.
    fileprivate var isComplete: Bool {
        SpeechAct.allCases.allSatisfy { acts[$0] != nil }
            && BotPhrase.allCases.allSatisfy { says[$0]?.isEmpty == false }
            && ![refusals, negations, corrections, joints, pointers, others].contains { $0.isEmpty }
            && spellings != nil && !ordinals.isEmpty && !contacts.isEmpty
            && WidgetText.allCases.allSatisfy { widget?[$0] != nil }
            && PageText.allCases.allSatisfy { page?[$0] != nil }
    }
}

extension BotContent {
    /// The same with the phrases that the program brings, for all that the owner has not written, in each locale of the content.
    /// - Parameters:
    ///   - available: the locales that the program has phrases in.
    ///   - shipped: the program's phrases of one of them; asked only for what is missing.
    public func withPhrases(available: [BotLocale], _ shipped: (BotLocale) -> Phrases?) -> BotContent {
        var content = self
        var wanted = Set(locales).union(phrases.map(\.locale))
        // Whoever has no words of their own is spoken to in English.
        if wanted.isEmpty || wanted.contains(where: { $0.nearest(in: available) == nil }) { wanted.insert(.english) }
        // Both ways of writing Chinese.
        wanted.formUnion(available.filter { locale in wanted.contains { $0.language == locale.language } })
        content.phrases = wanted.sorted().compactMap { locale in
            let own = phrases.first { $0.locale == locale }
            if let own, own.isComplete { return own }
            guard let near = locale.nearest(in: available).flatMap(shipped) else { return own }
            return own?.completed(by: near) ?? near
        }
        var seen: Set<BotLocale> = []
        content.phrases = content.phrases.filter { seen.insert($0.locale).inserted }
        return content
    }
}
