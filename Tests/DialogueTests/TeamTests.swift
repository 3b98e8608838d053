import ConversationDomain
import Dialogue
import Foundation
import TestSupport
import Testing

/// Teams with hours and rules. The clock stands at 20:26 on Thursday, May 28, 2026, in London an hour later.
@Suite("Teams, hours and rules") struct TeamTests {
    private static let support = TeamName(trusted: "support")
    private static let billing = TeamName(trusted: "billing")
    private static let weekdays: [Weekday: [OpenTime]] = {
        let day = [OpenTime("13:00-17:30"), OpenTime("09:00-12:00")].compactMap(\.self)
        return Dictionary(uniqueKeysWithValues: Weekday.allCases.prefix(5).map { ($0, day) })
    }()

    private static func content(_ teams: Teams) -> BotContent {
        var content = TestBot.content
        content.teams = teams
        return content
    }

    private static func closed(_ rules: [HandoverRule] = [], holidays: [CalendarDay] = []) -> BotContent {
        content(
            Teams(
                teams: [
                    Team(name: support, title: [.english: "Support"], hours: weekdays, holidays: holidays),
                    Team(name: billing),
                ], usual: support, rules: rules))
    }

    private func chat(
        _ meanings: [String: MessageUnderstanding] = [:], _ content: BotContent, locale: BotLocale = .english,
        channel: ChannelName = .api, clock: FixedClock = FixedClock()
    ) async throws -> TestChat {
        var all: [String: MessageUnderstanding] = [
            "a person please": .accepted("agent.request"), "thanks": .accepted("thanks"), "hours?": .accepted("hours"),
        ]
        all.merge(meanings) { $1 }
        return try await TestChat(all, locale: locale, channel: channel, content: content) {
            $0.now = { clock.now }
        }
    }

    // MARK: Outside hours

    @Test(
        "outside hours the visitor is told when somebody is there again, and asked for an address",
        arguments: [
            (BotLocale.english, "", "tomorrow at 09:00"), (.chinese, "", "明天 09:00"),
            (.english, "2026-05-29", "on Monday at 09:00"),
            (
                .english, "2026-05-29 2026-06-01 2026-06-02 2026-06-03 2026-06-04 2026-06-05",
                "on Monday, June 8 at 09:00"
            ),
        ])
    func closed(locale: BotLocale, daysOff: String, when: String) async throws {
        let holidays = daysOff.split(separator: " ").compactMap { CalendarDay(String($0)) }
        let content = Self.closed(holidays: holidays)
        let chat = try await chat(["转人工": .accepted("agent.request")], content, locale: locale)
        let asked = try await chat.say(locale == .english ? "a person please" : "转人工")
        #expect(asked.rule == "agent.requested" && asked.status == .waiting && asked.texts.count == 1)
        #expect(asked.texts[0].contains(when), "\(asked.texts)")
        #expect(asked.texts[0].contains(locale == .english ? "e-mail" : "邮"))
        let stored = try await chat.stored
        #expect(stored.team == Self.support && stored.handoffMissedAt == stored.handoffAt)
        #expect(stored.handoffAt != nil)
        // Told once: the bot goes on as before.
        #expect(try await chat.say("thanks").texts.count == 1)
        let again = try await chat.press("agent.request")
        #expect(again.rule == "agent.requested_again" && !again.texts[0].contains(when))
    }

    @Test("within hours, and for a team without hours, a person is asked for as ever")
    func open() async throws {
        let clock = FixedClock(Date(timeIntervalSince1970: 1_780_000_000 - 5 * 3_600))
        for content in [Self.closed(), Self.content(Teams(teams: [Team(name: Self.billing)], usual: Self.billing))] {
            let chat = try await chat([:], content, clock: clock)
            #expect(try await chat.say("a person please").texts == ["A person comes."])
            let stored = try await chat.stored
            #expect(stored.handoffMissedAt == nil && stored.team == content.teams?.usual)
        }
        let plain = try await chat([:], TestBot.content)
        #expect(try await plain.say("a person please").texts == ["A person comes."])
        #expect(try await plain.stored.team == nil)
    }

    @Test("what is safe in a danger is said also when nobody is there")
    func danger() async throws {
        let text = "the charger is on fire"
        let chat = try await chat([text: .outOfScope.endangering(.dangerFire)], Self.closed())
        let told = try await chat.say(text)
        #expect(told.rule == "danger.fire" && told.texts.count == 2 && told.status == .waiting)
        #expect(told.texts[1].contains("tomorrow at 09:00"))
        // Whoever is in danger a second time is told what is safe, and nothing twice.
        #expect(try await chat.say(text).texts.count == 1)
    }

    @Test("a person who is accepted after misses is asked for like any other")
    func afterMisses() async throws {
        let chat = try await chat([:], Self.closed())
        for text in ["qwert zuiop", "asdf ghjk"] { try await chat.say(text) }
        let accepted = try await chat.say("yes")
        #expect(accepted.rule == "handoff.accepted" && accepted.texts.count == 1)
        #expect(accepted.texts[0].contains("tomorrow at 09:00"))
    }

    // MARK: Tickets

    private func missed() async throws -> TestChat {
        let chat = try await chat(
            [
                // The real model takes an address alone for a change of it.
                "ann@mail.example": .accepted("order.cancel"), "Ann.Lee+x@Mail.example": .accepted("order.cancel"),
                "and when do you open": .accepted("hours"), "will be my login": .accepted("hours"),
                "ann@mail.example will be my login": .accepted("hours"),
                "thanks and thanks again": .accepted("thanks"),
            ], Self.closed())
        try await chat.say("a person please")
        return chat
    }

    @Test(
        "an address is noted, in whatever words, and never asked for again",
        arguments: [
            ("Ann.Lee+x@Mail.example", "Ann.Lee+x@mail.example"),
            ("it's <ann@mail.example>.", "ann@mail.example"), ("我的邮箱是ａｎｎ＠mail.example，谢谢", "ann@mail.example"),
        ])
    func ticket(text: String, email: String) async throws {
        let chat = try await missed()
        let noted = try await chat.say(text)
        #expect(noted.rule == "ticket.requested" && noted.status == .waiting && noted.texts.count == 1)
        #expect(noted.texts[0].contains(email))
        #expect(try await chat.stored.visitor == Visitor(email: email))
        #expect(try await chat.say("bob@mail.example").rule != "ticket.requested")
        #expect(try await chat.stored.visitor?.email == email)
    }

    @Test("a request beside the address is answered too; long after the question it is a request alone")
    func beside() async throws {
        let soon = try await missed()
        let both = try await soon.say("ann@mail.example and when do you open")
        #expect(both.texts.count == 2 && both.texts[1] == "9 to 21" && both.rule == "intent.accepted")
        #expect(try await soon.stored.visitor?.email == "ann@mail.example")
        #expect(try await missed().say("thanks and thanks again ann@mail.example").texts.count == 1)
        let later = try await missed()
        try await later.say("hours?")
        #expect(try await later.say("ann@mail.example will be my login").texts == ["9 to 21"])
        #expect(try await later.stored.visitor == nil)
        #expect(try await later.say("ann@mail.example").rule == "ticket.requested")
    }

    @Test("what is no address is asked for once more")
    func again() async throws {
        let chat = try await missed()
        #expect(try await chat.say("ann@mail").rule == "ticket.email_again")
        #expect(try await chat.say("ann@@mail.example").rule == "out_of_scope")
        let second = try await missed()
        #expect(try await second.say("Yes, please!").rule == "ticket.email")
        #expect(try await second.say("ann@mail.example").rule == "ticket.requested")
    }

    @Test("declined, nothing is noted and a later no is no answer to it", arguments: ["no thanks", "No.", "不用了"])
    func declined(text: String) async throws {
        let chat = try await missed()
        let declined = try await chat.say(text)
        #expect(declined.rule == "ticket.declined" && declined.status == .waiting)
        #expect(try await chat.say("ann@mail.example").rule != "ticket.requested")
        #expect(try await chat.say("no").rule != "ticket.declined")
        #expect(try await chat.stored.visitor == nil)
    }

    @Test("another subject is answered, and the address is taken afterwards, also after a long silence")
    func elsewhere() async throws {
        let clock = FixedClock()
        let chat = try await chat([:], Self.closed(), clock: clock)
        try await chat.say("a person please")
        #expect(try await chat.say("hours?").texts == ["9 to 21"])
        #expect(try await chat.say("no").rule != "ticket.declined")
        clock.advance(by: 7_200)
        #expect(try await chat.say("ann@mail.example").rule == "ticket.requested")
        clock.advance(by: 7_200)
        #expect(try await chat.say("bob@mail.example").rule != "ticket.requested")
    }

    @Test("nobody asks for an address while the bot answers or an agent has the conversation")
    func elsewhen() async throws {
        let chat = try await chat([:], Self.closed())
        #expect(try await chat.say("ann@mail.example").rule != "ticket.requested")
        try await chat.say("a person please")
        _ = try await chat.store.setStatus(.agent, of: chat.conversation.id)
        #expect(try await chat.say("ann@mail.example").decision == nil)
        #expect(try await chat.stored.visitor == nil)
    }

    // MARK: Rules

    private static func rule(
        _ name: String, to team: TeamName = billing, intents: [String] = [], channels: [ChannelName] = [],
        above: Double? = nil, below: Double? = nil, labels: [String: HandoverRule.Label] = [:],
        hours: HandoverRule.Hours? = nil
    ) -> HandoverRule {
        HandoverRule(
            name: RuleName(trusted: name), team: team, intents: intents.map(IntentName.init(trusted:)),
            channels: channels, above: above, below: below,
            labels: Dictionary(uniqueKeysWithValues: labels.map { (ClassifierName(trusted: $0), $1) }), hours: hours)
    }

    @Test("the first rule that holds hands over to its team, and its name is in the trace")
    func rules() async throws {
        let negative = HandoverRule.Label(label: LabelName(trusted: "negative"), above: 0.8)
        let content = Self.closed([
            Self.rule("sad", labels: ["sentiment": negative]),
            Self.rule("unsure", intents: ["order.cancel"], below: 0.5),
            Self.rule("never", to: Self.support, intents: ["hours"], hours: .open),
            Self.rule("hours", intents: ["trip.book", "hours"], above: 0.8),
            Self.rule("hours.too", to: Self.support, intents: ["hours"]),
            Self.rule("letters", channels: [ChannelName(trusted: "letter")]),
        ])
        let meanings: [String: MessageUnderstanding] = [
            "awful": MessageUnderstanding.accepted("thanks").labelling("sentiment", "negative", 0.85),
            "bad": MessageUnderstanding.accepted("thanks").labelling("sentiment", "negative", 0.7),
            "stop order 5?": .unsure("order.cancel", 0.4), "stop my order": .accepted("order.cancel", 0.9),
            "when?": .accepted("hours", 0.75),
        ]
        for (text, rule, team) in [
            ("awful", "handover.sad", Self.billing), ("stop order 5?", "handover.unsure", Self.billing),
            ("hours?", "handover.hours", Self.billing), ("when?", "handover.hours.too", Self.support),
        ] {
            let chat = try await chat(meanings, content)
            let turn = try await chat.say(text)
            #expect(turn.rule == rule && turn.status == .waiting && turn.decision?.action == .handoff, "\(text)")
            let stored = try await chat.stored
            #expect(stored.team == team && stored.handoffReason == "the rule '\(rule.dropFirst(9))'")
            #expect((stored.handoffMissedAt != nil) == (team == Self.support), "\(text)")
        }
        for (text, rule) in [
            ("bad", "intent.accepted"), ("stop my order", "slot.ask"), ("thanks", "intent.accepted"),
        ] {
            let turn = try await chat(meanings, content).say(text)
            #expect(turn.rule == rule && turn.status == .bot, "\(text)")
        }
        let letter = try await chat(meanings, content, channel: ChannelName(trusted: "letter"))
        #expect(try await letter.say("thanks").rule == "handover.letters")
    }

    @Test("a rule routes a person who is asked for anyway, and hands over once")
    func routing() async throws {
        let content = Self.closed([Self.rule("all", intents: ["agent.request", "hours"])])
        let chat = try await chat([:], content)
        let asked = try await chat.say("a person please")
        #expect(asked.rule == "agent.requested" && asked.texts == ["A person comes."])
        #expect(try await chat.stored.team == Self.billing)
        // Already waiting: the bot answers, and nothing is handed over a second time.
        let next = try await chat.say("hours?")
        #expect(next.rule == "intent.accepted" && next.texts == ["9 to 21"])
        #expect(try await chat.stored.handoffReason == "the visitor asked for a person")
    }

    // MARK: What was declined

    @Test("a person who was declined is not offered again for a while, nor forced upon the visitor")
    func declinedPerson() async throws {
        let content = Self.closed([Self.rule("late", channels: [.api])])
        let plain = try await chat([:], TestBot.content)
        for text in ["qwert zuiop", "asdf ghjk", "no"] { try await plain.say(text) }
        for _ in 0..<6 { #expect(try await plain.say("yxcv bnml").rule == "out_of_scope") }
        #expect(try await plain.say("yxcv bnml").rule == "miss.handoff_offered")
        let ruled = try await chat([:], content)
        #expect(try await ruled.say("qwert zuiop").rule == "handover.late")
        let bad = HandoverRule.Label(label: LabelName(trusted: "bad"))
        let awful = MessageUnderstanding.accepted("thanks").labelling("mood", "bad", 0.9)
        let sad = try await chat(["awful": awful], Self.closed([Self.rule("sad", labels: ["mood": bad])]))
        for text in ["qwert zuiop", "asdf ghjk", "no"] { try await sad.say(text) }
        #expect(try await sad.say("awful").status == .bot)
    }
}
