import ConversationDomain
import Foundation
import GRDB
import ModelRecords
import SQLiteStore
import Synchronization
import Testing

@Suite struct ContentStoreTests {
    let fixture: StoreFixture

    init() throws { fixture = try StoreFixture() }

    static func intent(_ name: String, examples: [String], answer: String = "ok") -> Intent {
        Intent(
            name: IntentName(trusted: name), description: "about \(name)",
            examples: examples.map { Example(text: $0, locale: .english) },
            slots: [
                SlotDefinition(
                    name: SlotName(trusted: "n"), entity: EntityName(trusted: "number"), ask: [.english: "n?"])
            ],
            answers: [
                AnswerTemplate(intent: IntentName(trusted: name), ordinal: 1, text: [.english: answer, .chinese: "好"])
            ])
    }

    static func entry(_ id: String, _ question: String, _ answer: String, _ locale: BotLocale = .chinese)
        -> KnowledgeEntry
    {
        KnowledgeEntry(id: KnowledgeID(trusted: id), locale: locale, questions: [question], answer: answer, link: nil)
    }

    func apply(_ content: BotContent, replacing: Bool = false, dryRun: Bool = false) async throws -> ContentChange {
        try await fixture.contents.apply(content, replacing: replacing, dryRun: dryRun, progress: { _, _ in })
    }

    private static let many = BotContent(
        intents: (0..<3).map { number in
            intent("topic\(number)", examples: (0..<300).map { "sentence \($0) of \(number)" })
        }, knowledge: (0..<200).map { entry("entry\($0)", "question \($0)", "answer \($0)") })

    @Test("while a large import is compared others write; it is stored at once, and the same again changes nothing")
    func beside() async throws {
        let queue = try DatabaseQueue(path: fixture.file.path)
        defer { try? queue.close() }
        let others = Mutex(0)
        let change = try await fixture.contents.apply(Self.many, replacing: false, dryRun: false) { done, all in
            #expect(all == 203)
            guard done.isMultiple(of: 50) else { return }
            // Fails at once where the lock is taken.
            try? queue.write { database in
                try database.execute(sql: "UPDATE revision SET value = value + 1 WHERE area <> 'content'")
                others.withLock { $0 += 1 }
            }
        }
        #expect(others.withLock { $0 } == 4)
        #expect(change.examplesAdded == 900 && change.knowledgeAdded == 200 && change.intentsAdded.count == 3)
        let stored = try await fixture.contents.content().content
        #expect(stored.intents == Self.many.intents)
        #expect(Set(stored.knowledge) == Set(Self.many.knowledge))
        let revision = try await fixture.contents.revision()
        #expect(try await apply(Self.many).isEmpty)
        #expect(try await fixture.contents.revision() == revision)
        #expect(try await apply(Self.many, replacing: true, dryRun: true).isEmpty)
        let fewer = BotContent(intents: [Self.many.intents[0]], knowledge: Array(Self.many.knowledge.prefix(199)))
        #expect(try await apply(fewer, replacing: true, dryRun: true).examplesRemoved == 600)
        #expect(try await fixture.contents.content().content == stored, "a dry run changes nothing")
        #expect(try await apply(fewer, replacing: true).knowledgeRemoved == 1)
        #expect(try await fixture.contents.content().content.intents == fewer.intents)
    }

    @Test("an import is compared anew when somebody changed the content meanwhile")
    func stale() async throws {
        let queue = try DatabaseQueue(path: fixture.file.path)
        defer { try? queue.close() }
        let changes = Mutex(0)
        let change = try await fixture.contents.apply(Self.many, replacing: false, dryRun: false) { done, _ in
            guard done == 100, changes.withLock({ $0 }) == 0 else { return }
            try? queue.write { database in
                try database.execute(
                    sql: """
                        INSERT INTO knowledge (id, locale, questions, answer) VALUES ('entry7', 'zh', '["other"]', 'other')
                        """)
                try database.execute(sql: "UPDATE revision SET value = value + 1 WHERE area = 'content'")
                changes.withLock { $0 += 1 }
            }
        }
        #expect(changes.withLock { $0 } == 1)
        #expect(change.knowledgeAdded == 199 && change.knowledgeChanged == 1)
        #expect(Set(try await fixture.contents.content().content.knowledge) == Set(Self.many.knowledge))
    }

    @Test(
        "content and label sets are stored together or not at all, wherever the writing stops",
        arguments: ["classifier_text", "intent", "example", "template", "revision"])
    func oneTransaction(table: String) async throws {
        let mood = LabelSet(
            classifier: ClassifierName(trusted: "mood"),
            texts: ["bad", "good"].map { LabelSetText(text: "it is \($0)", label: LabelName(trusted: $0)) })
        let content = BotContent(intents: [Self.intent("a", examples: ["x", "y"])])
        let (contents, labelSets) = (fixture.contents, SQLiteLabelSetStore(fixture.database))
        func apply() async throws -> (content: ContentChange, labelSets: [LabelSetChange]) {
            try await contents.apply(
                content, labelSets: [mood], replacing: false, dryRun: false, progress: { _, _ in })
        }
        let queue = try DatabaseQueue(path: fixture.file.path)
        let event = table == "revision" ? "UPDATE" : "INSERT"
        try await queue.write { database in
            try database.execute(
                sql: "CREATE TRIGGER stop AFTER \(event) ON \(table) BEGIN SELECT RAISE(ABORT, 'stopped'); END")
        }
        await #expect(throws: (any Error).self) { try await apply() }
        #expect(try await contents.content().content.intents.isEmpty)
        #expect(try await labelSets.labelSets().isEmpty)

        try await queue.write { try $0.execute(sql: "DROP TRIGGER stop") }
        try queue.close()
        let stored = try await apply()
        #expect(stored.content.intentsAdded.count == 1 && stored.labelSets.map(\.added) == [2])
        #expect(try await contents.content().content.intents.count == 1)
        #expect(try await labelSets.labelSets() == [mood])
    }

    @Test("content is read back as it was imported, and a second import of it changes nothing")
    func idempotent() async throws {
        let content = BotContent(
            intents: [Self.intent("a", examples: ["x", "y"]), Self.intent("b", examples: ["z"])],
            knowledge: [Self.entry("k1", "怎么退款", "三天")])
        let first = try await apply(content)
        #expect(first.intentsAdded.map(\.rawValue) == ["a", "b"])
        #expect(first.examplesAdded == 3)
        #expect(first.knowledgeAdded == 1)
        let stored = try await fixture.contents.content()
        #expect(stored.content == content)
        #expect(try await apply(content).isEmpty)
        #expect(try await fixture.contents.revision() == stored.revision)
    }

    @Test("lists and patterns of entities are stored, changed, and removed where an import replaces them")
    func entities() async throws {
        func entity(_ name: String, _ value: String) -> EntityDefinition {
            EntityDefinition(
                name: EntityName(trusted: name),
                values: [.init(value: value, synonyms: [.english: ["x"], .chinese: ["号"]])], patterns: ["\\d+"])
        }
        let content = BotContent(entities: [entity("a", "1"), entity("b", "2")])
        #expect(try await apply(content).entitiesAdded == 2)
        #expect(try await fixture.contents.content().content == content)
        #expect(try await apply(content).isEmpty)
        let change = try await apply(BotContent(entities: [entity("a", "3")]))
        #expect(change.entitiesChanged == 1)
        #expect(change.needsTraining == false)
        #expect(try await fixture.contents.content().content.entities == [entity("a", "3"), entity("b", "2")])
        #expect(try await apply(BotContent(), replacing: true).entitiesRemoved == 0)
        #expect(try await apply(BotContent(entities: [entity("a", "3")]), replacing: true).entitiesRemoved == 1)
        #expect(try await fixture.contents.content().content.entities == [entity("a", "3")])
    }

    @Test("titles of intents and entries are stored and changed; examples alone leave an intent's title")
    func titles() async throws {
        let name = IntentName(trusted: "a")
        func content(_ title: [BotLocale: String], _ entryTitle: String?) -> BotContent {
            BotContent(
                intents: [
                    Intent(
                        name: name, description: "d", title: title, examples: [Example(text: "x", locale: .english)])
                ],
                knowledge: [
                    KnowledgeEntry(
                        id: KnowledgeID(trusted: "k"), locale: .english, title: entryTitle, questions: ["q"],
                        answer: "a")
                ])
        }
        let first = content([.english: "My \"order\"", .chinese: "订单"], "Customs")
        _ = try await apply(first)
        #expect(try await fixture.contents.content().content == first)
        #expect(try await apply(first).isEmpty)
        let second = content([.english: "Order"], nil)
        let change = try await apply(second)
        #expect(change.intentsChanged == [name] && change.knowledgeChanged == 1 && !change.needsTraining)
        #expect(try await fixture.contents.content().content == second)
        _ = try await apply(BotContent(intents: [Intent(name: name, examples: [Example(text: "y", locale: .english)])]))
        #expect(try await fixture.contents.content().content.intents[0].title == [.english: "Order"])
    }

    @Test("settings are stored and changed; an import that says nothing of them leaves them, also when it replaces")
    func settings() async throws {
        #expect(try await fixture.contents.content().content.writtenSettings == nil)
        let settings = BotContent.Settings(targetPrecision: 0.9, askBack: 1, foreignShare: 0)
        let revision = try await fixture.contents.revision()
        #expect(try await apply(BotContent(settings: settings)).settingsChanged)
        #expect(try await fixture.contents.revision() == revision + 1)
        #expect(try await fixture.contents.content().content.settings == settings)
        #expect(try await apply(BotContent(settings: settings)).isEmpty)
        _ = try await apply(BotContent(intents: [Self.intent("a", examples: ["x"])]), replacing: true)
        #expect(try await fixture.contents.content().content.settings == settings)
        _ = try await apply(BotContent(settings: BotContent.Settings()))
        #expect(try await fixture.contents.content().content.writtenSettings == BotContent.Settings())
    }

    @Test("teams are stored and changed; an import that says nothing of them leaves them, also when it replaces")
    func teams() async throws {
        #expect(try await fixture.contents.content().content.teams == nil)
        let support = TeamName(trusted: "support")
        let hours: [Weekday: [OpenTime]] = [
            .monday: [OpenTime("09:00-12:00"), OpenTime("13:00-17:30")].compactMap(\.self)
        ]
        let teams = Teams(
            teams: [
                Team(
                    name: support, title: [.english: "Support", .chinese: "客服"], hours: hours, timeZone: "Asia/Tokyo",
                    holidays: [CalendarDay(year: 2026, month: 12, day: 25)], takeWithin: 10)
            ], usual: support,
            rules: [
                HandoverRule(
                    name: RuleName(trusted: "r"), team: support, intents: [IntentName(trusted: "a")],
                    channels: [.web], above: 0.1, below: 0.9,
                    labels: [ClassifierName(trusted: "mood"): .init(label: LabelName(trusted: "bad"), above: 0.7)],
                    hours: .closed)
            ])
        #expect(try await apply(BotContent(teams: teams)).teamsChanged)
        #expect(try await fixture.contents.content().content.teams == teams)
        #expect(try await apply(BotContent(teams: teams)).isEmpty)
        _ = try await apply(BotContent(intents: [Self.intent("a", examples: ["x"])]), replacing: true)
        #expect(try await fixture.contents.content().content.teams == teams)
        let plain = Teams(teams: [Team(name: support)], usual: support)
        let change = try await apply(BotContent(teams: plain))
        #expect(change.teamsChanged && !change.needsTraining)
        #expect(try await fixture.contents.content().content.teams == plain)
    }

    @Test("a dry run tells the change and makes none")
    func dryRun() async throws {
        let content = BotContent(intents: [Self.intent("a", examples: ["x"])])
        #expect(try await apply(content, dryRun: true).examplesAdded == 1)
        #expect(try await fixture.contents.content().content == BotContent())
    }

    @Test("an edited answer becomes a new version, an untouched one keeps its own")
    func templateVersions() async throws {
        _ = try await apply(
            BotContent(intents: [Self.intent("a", examples: ["x"]), Self.intent("b", examples: ["y"])]))
        let change = try await apply(BotContent(intents: [Self.intent("a", examples: ["x"], answer: "new")]))
        #expect(change.templatesChanged == 1)
        #expect(!change.needsTraining)
        let answers = try await fixture.contents.content().content.intents.flatMap(\.answers)
        #expect(answers.map(\.reference) == ["a#1@v2", "b#1@v1"])
    }

    @Test("examples alone are added to an intent; with a description they replace its examples")
    func merging() async throws {
        _ = try await apply(BotContent(intents: [Self.intent("a", examples: ["x"])]))
        let name = IntentName(trusted: "a")
        _ = try await apply(BotContent(intents: [Intent(name: name, examples: [Example(text: "y", locale: .english)])]))
        var stored = try await fixture.contents.content().content.intents[0]
        #expect(stored.examples.map(\.text) == ["x", "y"])
        #expect(stored.answers.count == 1)
        _ = try await apply(BotContent(intents: [Self.intent("a", examples: ["z"])]))
        stored = try await fixture.contents.content().content.intents[0]
        #expect(stored.examples.map(\.text) == ["z"])
    }

    @Test("replacing removes what the import does not have")
    func replacing() async throws {
        _ = try await apply(
            BotContent(
                intents: [Self.intent("a", examples: ["x"]), Self.intent("b", examples: ["y"])],
                knowledge: [Self.entry("k", "问", "答")]))
        let change = try await apply(
            BotContent(intents: [Self.intent("b", examples: ["y"])], knowledge: [Self.entry("m", "问", "答")]),
            replacing: true)
        #expect(change.intentsRemoved.map(\.rawValue) == ["a"])
        #expect(change.knowledgeRemoved == 1)
        let stored = try await fixture.contents.content().content
        #expect(stored.intents.map(\.name.rawValue) == ["b"])
        #expect(stored.knowledge.map(\.id.rawValue) == ["m"])
    }
}
