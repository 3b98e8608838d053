/// What the bot remembers of a conversation between two turns. Stored as JSON beside the conversation.
public struct DialogueState: Hashable, Sendable {
    /// What was talked about last.
    public struct Topic: Hashable, Sendable {
        public let subject: Candidate.Subject
        /// How the visitor said it, at most ``textLimit`` Unicode scalars.
        public let text: String
        /// The turn in which it was talked about.
        public let turn: Int

        public static let textLimit = 200

        public init(subject: Candidate.Subject, text: String, turn: Int) {
            self.subject = subject
            self.text = String(String.UnicodeScalarView(text.unicodeScalars.prefix(Self.textLimit)))
            self.turn = turn
        }
    }

    /// A value that the visitor gave, by its entity, whether or not it was asked for.
    public struct HeardValue: Hashable, Sendable {
        public let value: String
        public let turn: Int

        public init(value: String, turn: Int) {
            self.value = value
            self.turn = turn
        }
    }

    /// The intent that slots are being collected for.
    public var pendingIntent: IntentName?
    /// The slot that was asked for last.
    public var awaitedSlot: SlotName?
    /// How often in a row `awaitedSlot` was asked for.
    public var askCount: Int
    /// Slot values heard so far, by slot name.
    public var slots: [String: String]
    /// Messages in a row that the bot had no answer to.
    public var misses: Int
    /// A person was offered in the last reply.
    public var handoffOffered: Bool
    /// The template variant that was last used, by intent: `intent → ordinal`.
    public var lastVariants: [String: Int]
    /// What the last reply offered to choose from.
    public var options: [Candidate.Subject]
    /// Whether the visitor was asked to choose among `options`; else they stood beside an answer.
    public var asksToChoose: Bool
    /// The intent that the visitor was asked to confirm.
    public var confirming: IntentName?
    /// An intent that is to be answered after the pending one: two things were asked at once.
    public var queued: IntentName?
    public var topic: Topic?
    /// The values that were given, by entity.
    public var heard: [String: HeardValue]
    /// Turns so far.
    public var turn: Int
    /// When the last turn was, in seconds since 1970.
    public var spokenAt: Int

    public init(
        pendingIntent: IntentName? = nil, awaitedSlot: SlotName? = nil, askCount: Int = 0,
        slots: [String: String] = [:], misses: Int = 0, handoffOffered: Bool = false, lastVariants: [String: Int] = [:],
        options: [Candidate.Subject] = [], asksToChoose: Bool = false, confirming: IntentName? = nil,
        queued: IntentName? = nil,
        topic: Topic? = nil, heard: [String: HeardValue] = [:], turn: Int = 0, spokenAt: Int = 0
    ) {
        self.pendingIntent = pendingIntent
        self.awaitedSlot = awaitedSlot
        self.askCount = askCount
        self.slots = slots
        self.misses = misses
        self.handoffOffered = handoffOffered
        self.lastVariants = lastVariants
        self.options = options
        self.asksToChoose = asksToChoose
        self.confirming = confirming
        self.queued = queued
        self.topic = topic
        self.heard = heard
        self.turn = turn
        self.spokenAt = spokenAt
    }
}

// MARK: As it is stored

extension DialogueState: JSONWritable {
    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("askCount", askCount)
            if asksToChoose { json.member("asksToChoose", true) }
            json.memberIfPresent("awaitedSlot", awaitedSlot?.rawValue)
            json.memberIfPresent("confirming", confirming?.rawValue)
            json.member("handoffOffered", handoffOffered)
            if !heard.isEmpty {
                json.member("heard", heard.mapValues(\.value))
                json.member("heardTurns", heard.mapValues(\.turn))
            }
            json.member("lastVariants", lastVariants)
            json.member("misses", misses)
            if !options.isEmpty { json.member("options", options.map(\.stored)) }
            json.memberIfPresent("pendingIntent", pendingIntent?.rawValue)
            json.memberIfPresent("queued", queued?.rawValue)
            json.member("slots", slots)
            json.member("spokenAt", spokenAt)
            if let topic {
                json.member("topic", topic.subject.stored)
                json.member("topicText", topic.text)
                json.member("topicTurn", topic.turn)
            }
            json.member("turn", turn)
        }
    }

    /// Reads back what was stored.
    /// - Throws: `ChatError(.invalidRequest)` for anything else.
    public init(json: JSONValue) throws {
        var fields = try JSONFields(json)
        let values = try fields.stringMap("heard", limit: .max) ?? [:]
        let turns = try fields.integerMap("heardTurns") ?? [:]
        let topic = try fields.string("topic").flatMap(Candidate.Subject.init(stored:))
        let topicText = try fields.string("topicText") ?? ""
        let topicTurn = try fields.integer("topicTurn", in: 0...Int.max) ?? 0
        self.init(
            pendingIntent: try fields.string("pendingIntent").map(IntentName.init(trusted:)),
            awaitedSlot: try fields.string("awaitedSlot").map(SlotName.init(trusted:)),
            askCount: try fields.integer("askCount", in: 0...Int.max) ?? 0,
            slots: try fields.stringMap("slots", limit: .max) ?? [:],
            misses: try fields.integer("misses", in: 0...Int.max) ?? 0,
            handoffOffered: try fields.bool("handoffOffered") ?? false,
            lastVariants: try fields.integerMap("lastVariants") ?? [:],
            options: (try fields.strings("options", limit: .max) ?? []).compactMap(Candidate.Subject.init(stored:)),
            asksToChoose: try fields.bool("asksToChoose") ?? false,
            confirming: try fields.string("confirming").map(IntentName.init(trusted:)),
            queued: try fields.string("queued").map(IntentName.init(trusted:)),
            topic: topic.map { Topic(subject: $0, text: topicText, turn: topicTurn) },
            heard: values.reduce(into: [:]) { $0[$1.key] = HeardValue(value: $1.value, turn: turns[$1.key] ?? 0) },
            turn: try fields.integer("turn", in: 0...Int.max) ?? 0,
            spokenAt: try fields.integer("spokenAt", in: 0...Int.max) ?? 0)
    }
}

extension Candidate.Subject {
    /// `i:order.status`, `k:delivery.customs.en`.
    fileprivate var stored: String {
        switch self {
        case .intent(let name): "i:" + name.rawValue
        case .knowledge(let id): "k:" + id.rawValue
        }
    }

    fileprivate init?(stored: String) {
        let name = String(stored.dropFirst(2))
        switch stored.prefix(2) {
        case "i:": self = .intent(IntentName(trusted: name))
        case "k:": self = .knowledge(KnowledgeID(trusted: name))
        default: return nil
        }
    }
}
