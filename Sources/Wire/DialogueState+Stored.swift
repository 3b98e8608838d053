public import ConversationDomain

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
            if let personDeclinedTurn { json.member("personDeclinedTurn", personDeclinedTurn) }
            json.memberIfPresent("queued", queued?.rawValue)
            json.member("slots", slots)
            json.member("spokenAt", spokenAt)
            if let ticket {
                json.member("ticketAsked", ticket.askedTurn)
                json.member("ticketMiss", ticket.miss)
                json.member("ticketRepeats", ticket.repeats)
                json.member("ticketSettled", ticket.isSettled)
            }
            if let topic {
                json.member("topic", topic.subject.stored)
                json.member("topicText", topic.text)
                json.member("topicTurn", topic.turn)
            }
            json.member("turn", turn)
            if !unsettled.isEmpty { json.member("unsettled", unsettled) }
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
        let ticketAsked = try fields.integer("ticketAsked", in: 0...Int.max) ?? 0
        let ticketRepeats = try fields.integer("ticketRepeats", in: 0...Int.max) ?? 0
        let isTicketSettled = try fields.bool("ticketSettled") ?? false
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
            spokenAt: try fields.integer("spokenAt", in: 0...Int.max) ?? 0,
            ticket: try fields.integer("ticketMiss", in: 0...Int.max).map {
                TicketOffer(
                    miss: $0, askedTurn: ticketAsked, repeats: ticketRepeats, isSettled: isTicketSettled)
            },
            personDeclinedTurn: try fields.integer("personDeclinedTurn", in: 0...Int.max),
            unsettled: try fields.integerMap("unsettled") ?? [:])
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
