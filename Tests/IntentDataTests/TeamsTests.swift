import ConversationDomain
import Foundation
import IntentData
import NativeContent
import Testing

@Suite("teams.yaml") struct TeamsTests {
    private static let full = """
        default: support
        teams:
          support:
            title: { en: "Customer service", zh: "人工客服" }
            time_zone: Europe/Zurich
            hours:
              monday: [13:00-17:30, 09:00-12:00]
              saturday: 10:00-12:00
              sunday:
            holidays: [2026-12-26, 2026-12-25, 2026-12-25]
            take_within: 10
          billing:
        rules:
          - name: sad
            when:
              intent: complaint
              confidence: { above: 0.25, below: 0.75 }
              labels: { mood: { label: bad, above: 0.8 }, urgency: high }
              hours: closed
              channel: [web, letter]
            team: billing
        """

    private static func times(_ texts: String...) -> [OpenTime] { texts.compactMap { OpenTime($0) } }

    private static let expected = Teams(
        teams: [
            Team(
                name: TeamName(trusted: "support"), title: [.english: "Customer service", .chinese: "人工客服"],
                hours: [.monday: times("09:00-12:00", "13:00-17:30"), .saturday: times("10:00-12:00")],
                timeZone: "Europe/Zurich",
                holidays: [25, 26].map { CalendarDay(year: 2026, month: 12, day: $0) }, takeWithin: 10),
            Team(name: TeamName(trusted: "billing")),
        ], usual: TeamName(trusted: "support"),
        rules: [
            HandoverRule(
                name: RuleName(trusted: "sad"), team: TeamName(trusted: "billing"),
                intents: [IntentName(trusted: "complaint")], channels: [.web, ChannelName(trusted: "letter")],
                above: 0.25, below: 0.75,
                labels: [
                    ClassifierName(trusted: "mood"): .init(label: LabelName(trusted: "bad"), above: 0.8),
                    ClassifierName(trusted: "urgency"): .init(label: LabelName(trusted: "high")),
                ], hours: .closed)
        ])

    @Test("everything that it says is read, and written again without loss")
    func roundTrip() throws {
        let folder = try TestFolder([
            "in/teams.yaml": Self.full, "in/c.yaml": "intent: complaint\nexamples: { en: [x] }\n",
        ])
        let content = try folder.read("in").content
        #expect(content.teams == Self.expected)
        _ = try ContentWriter.write(content, to: folder.file("out"))
        #expect(try folder.read("out").content.teams == Self.expected)
        // A second writing is the same, byte by byte.
        _ = try ContentWriter.write(try folder.read("out").content, to: folder.file("again"))
        #expect(
            try Data(contentsOf: folder.file("out/teams.yaml")) == Data(contentsOf: folder.file("again/teams.yaml")))
        #expect(try folder.read("in/c.yaml").content.teams == nil)
    }

    @Test("names that YAML could take for something else, and an intent called teams, are kept apart")
    func names() throws {
        let odd = TeamName(trusted: "2026-12-25")
        let content = BotContent(
            intents: [Intent(name: IntentName(trusted: "teams"), examples: [Example(text: "x", locale: .english)])],
            teams: Teams(
                teams: [Team(name: odd), Team(name: TeamName(trusted: "yes"), title: [.english: "a: b # c\\n\"d\""])],
                usual: odd,
                rules: [
                    HandoverRule(
                        name: RuleName(trusted: "null"), team: TeamName(trusted: "yes"),
                        intents: [IntentName(trusted: "teams")])
                ]))
        let folder = try TestFolder()
        _ = try ContentWriter.write(content, to: folder.file("out"))
        #expect(try folder.read("out").content.teams == content.teams)
    }

    @Test("what is wrong is told with its line and what was expected")
    func mistakes() throws {
        let folder = try TestFolder([
            "a.yaml": """
            teams:
              a b:
              support:
                hours:
                  monday: [17:00-09:00]
                  someday: 09:00-10:00
                  friday: [09:00-12:00, 11:00-13:00]
                time_zone: Mars/Olympus
                holidays: [25.12.2026]
                take_within: 0
                open: always
            """,
            "b.yaml": """
            teams:
              one:
              two:
            """,
            "c.yaml": """
            default: three
            teams:
              one:
                hours: {}
            """,
            "d.yaml": """
            teams:
              one:
            rules:
              - name: a
                when: {}
                team: one
              - name: b
                when: { confidence: { above: 2 }, hours: late, channel: [] }
                team: two
              - name: c
                when: { channel: web, colour: red }
                team: one
              - name: c
                when: { confidence: { above: 0.7, below: 0.6 } }
                team: one
              - when: { channel: web }
                team: one
              - name: d
                when: { labels: { mood: { above: 0.5 } }, confidence: {} }
                team: one
            """,
            "e.yaml": "teams: {}\n", "twice/1.yaml": "teams: { a: }\n", "twice/2.yaml": "teams: { a: }\n",
        ])
        #expect(
            folder.errors("a.yaml") == [
                "a.yaml:2: error: a team's name cannot be 'a b', expected 1 to 128 letters, digits and . _ - / :",
                "a.yaml:11: error: unknown key 'open' in the team 'support', expected title, hours, time_zone, holidays or take_within",
                "a.yaml:5: error: 'monday' of the team 'support' has '17:00-09:00', expected a time of one day such as 09:00-17:30, to 24:00 at most",
                "a.yaml:6: error: unknown key 'someday' in 'hours' of the team 'support', expected monday, tuesday, wednesday, thursday, friday, saturday or sunday",
                "a.yaml:7: error: 'friday' of the team 'support' has 09:00-12:00 and 11:00-13:00, which overlap",
                "a.yaml:8: error: 'time_zone' of the team 'support' is 'Mars/Olympus', expected a name such as Europe/Zurich",
                "a.yaml:9: error: 'holidays' of the team 'support' has '25.12.2026', expected a day such as 2026-12-25",
                "a.yaml:10: error: 'take_within' of the team 'support' is '0', expected minutes from 1 to 10080",
            ])
        #expect(
            folder.errors("b.yaml") == [
                "b.yaml:1: error: there are 2 teams; say with 'default' which is asked where no rule names one"
            ])
        #expect(
            folder.errors("c.yaml") == [
                "c.yaml:4: error: 'hours' of the team 'one' has no times, so nobody would ever work; leave it out for always",
                "c.yaml:1: error: 'default' is 'three', expected one of the teams: one",
            ])
        #expect(
            folder.errors("d.yaml") == [
                "d.yaml:5: error: 'when' of the rule 'a' is empty, so every conversation would be handed over; expected a condition",
                "d.yaml:9: error: 'team' of the rule 'b' is 'two', expected one of the teams: one",
                "d.yaml:11: error: unknown key 'colour' in 'when' of the rule 'c', expected intent, confidence, labels, hours or channel",
                "d.yaml:14: error: 'confidence' in 'when' of the rule 'c' is above 0.7 and below 0.6, which nothing is",
                "d.yaml:13: error: the rule 'c' is given twice, first in line 10",
                "d.yaml:16: error: a rule has no 'name'",
                "d.yaml:19: error: 'confidence' in 'when' of the rule 'd' needs 'above', 'below' or both",
                "d.yaml:19: error: 'mood' in 'when' of the rule 'd' has no 'label'",
            ])
        #expect(folder.errors("e.yaml") == ["e.yaml:1: error: 'teams' has 0 teams, expected 1 to 200"])
        #expect(folder.errors("twice") == ["twice/2.yaml:1: error: the teams are given twice, first (twice/1.yaml:1)"])
    }

    @Test("a rule that names an intent which is not there is an error, a team without a title in a locale a warning")
    func lint() throws {
        let folder = try TestFolder([
            "teams.yaml": Self.full, "c.yaml": "intent: other\nexamples: { en: [x], zh: [y], de: [z] }\n",
        ])
        let read = try folder.read()
        let issues = ContentLint.check(read.content, places: read.places).map { folder.plain($0.description) }
        #expect(
            issues.filter { $0.hasPrefix("./teams.yaml") || $0.hasPrefix("teams.yaml") } == [
                "teams.yaml:1: error: the rule 'sad' names the intent 'complaint', which is not defined",
                "teams.yaml:1: warning: the team 'support' has no title for de",
            ])
    }
}
