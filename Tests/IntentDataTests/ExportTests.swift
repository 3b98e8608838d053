import ConversationDomain
import Foundation
import IntentData
import NativeContent
import Testing

/// Content as tables and as Rasa's projects, which are read back.
@Suite struct ExportTests {
    private static let city = EntityName(trusted: "city")

    private static func content() -> BotContent {
        let book = IntentName(trusted: "van.book")
        let hours = IntentName(trusted: "hours")
        return BotContent(
            intents: [
                Intent(
                    name: hours, title: [.english: "Opening hours"],
                    examples: [Example("when, \"really\", do you open?"), Example("几点开门", .chinese)],
                    answers: [
                        AnswerTemplate(
                            intent: hours, ordinal: 1, text: [.english: "From 9\nto 5.", .chinese: "九点到五点。"],
                            buttons: [
                                ButtonTemplate(
                                    title: [.english: "Book", .chinese: "订"], intent: book, slots: ["city": "Bonn"])
                            ]),
                        AnswerTemplate(
                            intent: hours, ordinal: 2,
                            condition: AnswerCondition(channel: ChannelName(trusted: "slack")),
                            text: [.english: "*9–5*", .chinese: "*9–5*"]),
                    ]),
                Intent(
                    name: book,
                    examples: [
                        Example("a van in Bonn", .english, [EntitySpan(entity: city, start: 9, end: 13)]),
                        Example("book a van"),
                    ],
                    slots: [SlotDefinition(name: SlotName(trusted: "city"), entity: city, ask: [.english: "Where?"])],
                    answers: [
                        AnswerTemplate(intent: book, ordinal: 1, text: [.english: "A van in {{city}} is booked."]),
                        AnswerTemplate(
                            intent: book, ordinal: 2, condition: AnswerCondition(slots: ["city": "Bonn"]),
                            text: [.english: "Bonn it is."]),
                    ]),
            ],
            knowledge: [
                KnowledgeEntry(
                    id: KnowledgeID(trusted: "faq.fuel"), locale: .english, title: "Fuel",
                    questions: ["Who pays for fuel?", "Is fuel included?"], answer: "You do.",
                    link: "https://van.example/fuel")
            ],
            entities: [
                EntityDefinition(
                    name: city, values: [.init(value: "Bonn", synonyms: [.english: ["Bundesdorf"]])],
                    patterns: ["[A-Z]{3}"])
            ])
    }

    private static func exported(
        _ content: BotContent, _ format: ExportFormat
    ) throws -> (folder: TestFolder, outcome: ContentWriter.Outcome) {
        let folder = try TestFolder()
        let outcome = try ContentWriter.write(content, as: format, to: URL(filePath: folder.url.path))
        return (folder, outcome)
    }

    @Test("tables hold examples, plain answers and questions, tell what they lack, and are read back")
    func csv() throws {
        let (folder, outcome) = try Self.exported(Self.content(), .csv)
        #expect(outcome.written == ["intents.csv", "faq.csv"])
        #expect(
            outcome.left == [
                "intents' slots (1)", "answers with 'when' or {{slots}} (4)", "buttons (1)",
                "entities marked in examples (1)", "lists and patterns of entities (1)",
            ])
        #expect(try Data(contentsOf: folder.file("intents.csv")).starts(with: [0xEF, 0xBB, 0xBF]))
        let text = try String(contentsOf: folder.file("intents.csv"), encoding: .utf8)
        #expect(
            text == """
                text,intent,locale,answer,title\r
                "when, ""really"", do you open?",hours,en,,Opening hours\r
                几点开门,hours,zh,,\r
                ,hours,en,"From 9
                to 5.",\r
                ,hours,zh,九点到五点。,\r
                a van in Bonn,van.book,en,,\r
                book a van,van.book,en,,\r\n
                """)
        let intents = try folder.read("intents.csv").content.intents
        #expect(
            intents.map { "\($0.name) \($0.examples.map(\.text))" } == [
                "hours [\"when, \\\"really\\\", do you open?\", \"几点开门\"]",
                "van.book [\"a van in Bonn\", \"book a van\"]",
            ])
        #expect(intents[0].answers.map(\.text) == [[.english: "From 9\nto 5.", .chinese: "九点到五点。"]])
        #expect(intents[0].title == [.english: "Opening hours"])
        #expect(try folder.read("faq.csv").content.withoutPlaces.knowledge == Self.content().knowledge)
    }

    @Test(
        "no field begins as a formula does, and each is read back as it was",
        arguments: [
            "=1+1", "+49 30", "-5 degrees", "@home", "\tx", "'=a", "''+", "'quoted'", "＝1", "=cmd|' /C calc'!A0",
        ])
    func formulas(text: String) throws {
        let content = BotContent(
            knowledge: [
                KnowledgeEntry(
                    id: KnowledgeID(trusted: "a"), locale: .english, questions: ["\(text) or not?"], answer: "\(text)!")
            ])
        let (folder, _) = try Self.exported(content, .csv)
        let line = try String(contentsOf: folder.file("faq.csv"), encoding: .utf8).split(whereSeparator: \.isNewline)[1]
        #expect(line.drop { $0 == "\"" }.first.map { !"=+-@\t＝".contains($0) } == true)
        let entry = try #require(try folder.read("faq.csv").content.knowledge.first)
        #expect(entry.questions == ["\(text) or not?".trimmingCharacters(in: .whitespaces)])
        #expect(entry.answer == "\(text)!".trimmingCharacters(in: .whitespaces))
    }

    @Test("a Rasa project for each language is read back with slots, conditions, buttons and entities")
    func rasa() throws {
        let (folder, outcome) = try Self.exported(Self.content(), .rasa)
        #expect(outcome.left == [])
        #expect(
            outcome.written.filter { $0.hasPrefix("en/") } == [
                "en/config.yml", "en/domain.yml", "en/data/nlu.yml", "en/data/rules.yml",
            ])
        let result = try folder.read("en")
        #expect(
            RasaProjectTests.told(result.content) == [
                "hours: From 9\nto 5. [Book → van.book city=Bonn]", "hours on slack: *9–5*",
                "van.book: A van in {{city}} is booked.", "van.book if city=Bonn: Bonn it is.",
                "knowledge/faq.fuel: You do.\nhttps://van.example/fuel",
            ])
        let book = try #require(result.content.intents.first { $0.name.rawValue == "van.book" })
        #expect(book.slots == Self.content().intents[1].slots)
        #expect(book.examples.map(\.text) == ["a van in Bonn", "book a van"])
        #expect(book.examples[0].spans == [EntitySpan(entity: Self.city, start: 9, end: 13)])
        #expect(result.content.withoutPlaces.entities == Self.content().entities)
        #expect(result.issues.map { folder.plain($0.description) }.filter { $0.contains("warning") } == [])
        #expect(
            RasaProjectTests.told(try folder.read("zh").content) == ["hours: 九点到五点。", "hours on slack: *9–5*"])
    }
}
