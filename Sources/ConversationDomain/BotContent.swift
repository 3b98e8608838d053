/// Where something stands in a file of a bot owner.
public struct SourcePlace: Hashable, Sendable, Codable, CustomStringConvertible {
    public let path: String
    /// From 1.
    public let line: Int

    public init(path: String, line: Int) {
        self.path = path
        self.line = line
    }

    public var description: String { "\(path):\(line)" }
}

/// A part of an example that the owner marked as an entity: `[A1234567](order_number)`.
public struct EntitySpan: Hashable, Sendable, Codable {
    /// An entity that all examples together mark less often is not learnt.
    public static let fewestToLearn = 5

    public let entity: EntityName
    /// Offsets in Unicode scalars of the example's text, `end` exclusive.
    public let start: Int
    public let end: Int

    public init(entity: EntityName, start: Int, end: Int) {
        self.entity = entity
        self.start = start
        self.end = end
    }
}

/// Where an example comes from.
public enum ExampleOrigin: String, Hashable, Sendable, Codable {
    /// The bot's owner thought of it, or collected it.
    case written
    /// A visitor said it, and somebody labelled it in the review queue.
    case review
}

/// A sentence that a customer may say for an intent, markers removed.
public struct Example: Hashable, Sendable {
    public let text: String
    public let locale: BotLocale
    public let spans: [EntitySpan]
    public let origin: ExampleOrigin
    public let place: SourcePlace?

    public init(
        text: String, locale: BotLocale, spans: [EntitySpan] = [], origin: ExampleOrigin = .written,
        place: SourcePlace? = nil
    ) {
        self.text = text
        self.locale = locale
        self.spans = spans
        self.origin = origin
        self.place = place
    }
}

/// A value that an intent needs before it can be answered.
public struct SlotDefinition: Hashable, Sendable, Codable {
    public let name: SlotName
    public let entity: EntityName
    /// The question for it, by locale.
    public let ask: [BotLocale: String]

    public init(name: SlotName, entity: EntityName, ask: [BotLocale: String]) {
        self.name = name
        self.entity = entity
        self.ask = ask
    }
}

/// When an answer template may be used; all given conditions must hold.
public struct AnswerCondition: Hashable, Sendable, Codable {
    public let channel: ChannelName?
    public let locale: BotLocale?
    /// Slot name → value, compared without regard to case.
    public let slots: [String: String]
    /// Nil for none, as in what an earlier program stored.
    private let answered: [String: String]?
    /// Field of the action's answer → value, compared without regard to case.
    public var fields: [String: String] { answered ?? [:] }

    public init(
        channel: ChannelName? = nil, locale: BotLocale? = nil, slots: [String: String] = [:],
        fields: [String: String] = [:]
    ) {
        self.channel = channel
        self.locale = locale
        self.slots = slots
        answered = fields.isEmpty ? nil : fields
    }

    public var isEmpty: Bool { channel == nil && locale == nil && slots.isEmpty && fields.isEmpty }
}

/// A button of a template, its title by locale.
public struct ButtonTemplate: Hashable, Sendable, Codable {
    public let title: [BotLocale: String]
    public let intent: IntentName
    public let slots: [String: String]?

    public init(title: [BotLocale: String], intent: IntentName, slots: [String: String]? = nil) {
        self.title = title
        self.intent = intent
        self.slots = slots
    }
}

/// One variant of an intent's answer.
public struct AnswerTemplate: Hashable, Sendable, Codable {
    public let intent: IntentName
    /// Its place among the intent's answers, from 1.
    public let ordinal: Int
    /// Counts the edits of this place, from 1; given by the store.
    public let version: Int
    public let condition: AnswerCondition
    /// Mustache text by locale, variables only.
    public let text: [BotLocale: String]
    public let buttons: [ButtonTemplate]

    public init(
        intent: IntentName, ordinal: Int, version: Int = 1, condition: AnswerCondition = AnswerCondition(),
        text: [BotLocale: String], buttons: [ButtonTemplate] = []
    ) {
        self.intent = intent
        self.ordinal = ordinal
        self.version = version
        self.condition = condition
        self.text = text
        self.buttons = buttons
    }

    /// `order.status#2@v3`, as decisions name it.
    public var reference: String { "\(intent.rawValue)#\(ordinal)@v\(version)" }
}

/// Something that customers want, with what they say, what must be known, and what is answered.
public struct Intent: Hashable, Sendable {
    public let name: IntentName
    public let description: String
    /// What a button that stands for it says, by locale.
    public let title: [BotLocale: String]
    /// The speech act whose answers these are; such an intent competes with no other for what a message asks.
    public let act: SpeechAct?
    /// Whether the visitor is asked before it is acted on.
    public let confirms: Bool
    public var examples: [Example]
    public let slots: [SlotDefinition]
    /// What is asked of a service of the shop before it is answered.
    public let action: IntentAction?
    public let answers: [AnswerTemplate]
    public let place: SourcePlace?

    public init(
        name: IntentName, description: String = "", title: [BotLocale: String] = [:], act: SpeechAct? = nil,
        confirms: Bool = false, examples: [Example], slots: [SlotDefinition] = [], action: IntentAction? = nil,
        answers: [AnswerTemplate] = [], place: SourcePlace? = nil
    ) {
        self.action = action
        self.act = act
        self.confirms = confirms
        self.name = name
        self.description = description
        self.title = title
        self.examples = examples
        self.slots = slots
        self.answers = answers
        self.place = place
    }

    /// Whether it says nothing but its examples, as labelled rows do.
    public var hasExamplesOnly: Bool {
        description.isEmpty && title.isEmpty && act == nil && !confirms && slots.isEmpty && action == nil
            && answers.isEmpty
    }
}

/// A question that customers ask, in several wordings, with its answer.
public struct KnowledgeEntry: Hashable, Sendable {
    public let id: KnowledgeID
    public let locale: BotLocale
    /// What a button that stands for it says; nil for its first question.
    public let title: String?
    /// At least one; the first is shown.
    public let questions: [String]
    /// Those of `questions` that came from the review queue.
    public let reviewed: [String]
    public let answer: String
    public let link: String?
    /// What the passage of a document belongs to; nil for what was written as question and answer.
    public let collection: CollectionName?
    public let place: SourcePlace?

    public init(
        id: KnowledgeID, locale: BotLocale, title: String? = nil, questions: [String], reviewed: [String] = [],
        answer: String, link: String? = nil, collection: CollectionName? = nil, place: SourcePlace? = nil
    ) {
        self.collection = collection
        self.id = id
        self.locale = locale
        self.title = title
        self.questions = questions
        self.reviewed = reviewed
        self.answer = answer
        self.link = link
        self.place = place
    }
}

/// All that a bot owner wrote.
public struct BotContent: Hashable, Sendable {
    public var intents: [Intent]
    public var knowledge: [KnowledgeEntry]
    /// Lists and patterns of entities.
    public var entities: [EntityDefinition]
    /// Nil where nothing was written about them: an import then leaves those that are stored.
    public var writtenSettings: Settings?
    /// What visitors and the bot say beside the intents, one for each locale.
    public var phrases: [Phrases]
    /// Nil where nothing was written about them: whoever there is answers, at any time. An import then leaves those that are stored.
    public var teams: Teams?

    public init(
        intents: [Intent] = [], knowledge: [KnowledgeEntry] = [], entities: [EntityDefinition] = [],
        settings: Settings? = nil, phrases: [Phrases] = [], teams: Teams? = nil
    ) {
        self.phrases = phrases
        self.teams = teams
        self.intents = intents
        self.knowledge = knowledge
        self.entities = entities
        writtenSettings = settings
    }

    /// The settings that hold.
    public var settings: Settings { writtenSettings ?? Settings() }

    /// The locales that occur in examples and answers, most examples first.
    public var locales: [BotLocale] {
        var counts: [BotLocale: Int] = [:]
        for intent in intents {
            for example in intent.examples { counts[example.locale, default: 0] += 1 }
            for answer in intent.answers { for locale in answer.text.keys { counts[locale, default: 0] += 1 } }
        }
        for entry in knowledge { counts[entry.locale, default: 0] += 1 }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    }
}
