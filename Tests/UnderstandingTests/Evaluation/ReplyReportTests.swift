import ConversationDomain
import Testing

@testable import Evaluation

@Suite("Whole replies")
struct ReplyReportTests {
    private static let a = Candidate.Subject.intent(IntentName(trusted: "a"))
    private static let b = Candidate.Subject.intent(IntentName(trusted: "b"))
    private static let entry = Candidate.Subject.knowledge(KnowledgeID(trusted: "late"))

    private static func outcome(
        _ truths: [Candidate.Subject], _ reply: OpeningReply, category: String? = nil
    ) -> (text: TestTexts.Text, reply: OpeningReply) {
        (TestTexts.Text(text: "text", truths: truths, category: category), reply)
    }

    /// Ten in scope: five right, one wrong, two asked back (one rightly), two rejected. Four foreign: one answered, three rejected.
    private static let outcomes =
        [
            outcome([a], .acted(on: a)), outcome([a], .acted(on: a)), outcome([b], .acted(on: b)),
            outcome([entry], .acted(on: entry)), outcome([a, entry], .acted(on: entry)), outcome([a], .acted(on: b)),
            outcome([a], .askedBack([b, a])), outcome([entry], .askedBack([a, b])), outcome([a], .rejected),
            outcome([b], .rejected),
        ]
        + [
            outcome([], .acted(on: a), category: "code"), outcome([], .rejected, category: "code"),
            outcome([], .rejected, category: "weather"), outcome([], .rejected, category: "weather"),
        ]

    @Test("shares are weighed by how many messages are foreign; a foreign message that was rejected is right")
    func weighing() throws {
        let report = ReplyReport(Self.outcomes, foreignSource: .file)
        #expect(report.inScope.texts == 10 && report.foreign.texts == 4)
        #expect(report.shares.map(\.foreignShare) == [0, 0.2, 0.5])
        let none = report.shares[0]
        #expect(
            [none.answeredRight, none.answeredWrong, none.askedBackRight, none.askedBackWrong, none.rejectedWrong]
                == [0.5, 0.1, 0.1, 0.1, 0.2])
        #expect(none.rejectedRight == 0 && none.coverage == 0.6 && abs(none.wrongPerHundred - 10) < 1e-9)
        let half = report.shares[2]
        #expect(half.answeredRight == 0.25 && abs(half.answeredWrong - (0.05 + 0.125)) < 1e-12)
        #expect(half.rejectedRight == 0.375 && half.coverage == 0.6)
        #expect(abs((half.rightWhenAnswering ?? 0) - 0.25 / 0.425) < 1e-12)
        for row in report.shares {
            let sum =
                row.answeredRight + row.answeredWrong + row.askedBackRight + row.askedBackWrong + row.rejectedRight
                + row.rejectedWrong
            #expect(abs(sum - 1) < 1e-12)
        }
    }

    @Test("what was answered with something else is listed, and foreign categories by how many were answered")
    func lists() {
        let report = ReplyReport(Self.outcomes, foreignSource: .background)
        #expect(report.wrong.map(\.expected) == [["a"], []] && report.wrong.map(\.reply) == ["b", "a"])
        #expect(report.categories.map(\.name) == ["code", "weather"])
        #expect(report.categories.map(\.counts.answeredWrong) == [1, 0])
    }

    @Test("without foreign sentences there is one column, and without sentences in scope none")
    func oneKind() {
        let own = Self.outcomes.filter { !$0.text.isForeign }
        #expect(ReplyReport(own, foreignSource: .file).shares.map(\.foreignShare) == [0])
        let foreign = ReplyReport(Self.outcomes.filter(\.text.isForeign), foreignSource: .file)
        #expect(foreign.shares.isEmpty)
        #expect(
            foreign.renderedText().contains("of the foreign sentences 1 were answered, 0 asked back about, 3 rejected"))
        let rejected = ReplyReport([Self.outcome([Self.a], .rejected)], foreignSource: .file)
        #expect(rejected.shares[0].rightWhenAnswering == nil)
    }
}

@Suite("Sentences that measure a bot")
struct TestTextsTests {
    private static let content = BotContent(
        intents: ["a", "b"].map { name in
            Intent(
                name: IntentName(trusted: name),
                examples: [Example(text: "Where is my \(name)?", locale: .english)])
        },
        knowledge: [
            KnowledgeEntry(
                id: KnowledgeID(trusted: "late"), locale: .english, questions: ["why so late"], answer: "Snow.")
        ])

    private static func utterance(_ text: String, _ labels: LabelledUtterance.Label...) -> LabelledUtterance {
        LabelledUtterance(text: text, labels: labels)
    }

    @Test("a sentence that occurs again is counted once, and what any of its rows names is right")
    func repeats() {
        let texts = TestTexts(
            [
                Self.utterance("Is it late?", .name(IntentName(trusted: "a"))),
                Self.utterance("is it LATE", .name(IntentName(trusted: "late"))),
                Self.utterance("is it late", .name(IntentName(trusted: "a"))),
                Self.utterance("a poem", .name(.outOfScope)),
            ], content: Self.content)
        #expect(
            texts.texts == [
                .init(
                    text: "Is it late?",
                    truths: [.intent(IntentName(trusted: "a")), .knowledge(KnowledgeID(trusted: "late"))]),
                .init(text: "a poem", truths: []),
            ])
        #expect(texts.repeated == 1 && texts.unknownLabels.isEmpty)
        #expect(texts.ofIntents.map(\.text) == ["Is it late?", "a poem"])
    }

    @Test("a label that the bot does not have is told, and an entry is none of the head's")
    func labels() {
        let texts = TestTexts(
            [
                Self.utterance("one", .name(IntentName(trusted: "c"))),
                Self.utterance("two", .knowledge(KnowledgeID(trusted: "late"))),
                Self.utterance("three", .name(.agentRequest)),
            ], content: Self.content)
        #expect(texts.unknownLabels == ["c": 1])
        #expect(texts.ofIntents.map(\.text) == ["one", "three"])
    }

    @Test(
        "sentences that are largely the bot's own are the author's, whatever their case and punctuation",
        arguments: [
            (["where is my a", "WHERE is my b", "why so late"], EvaluationSubject.TextOrigin.Author.ownExamples),
            (["where is my a", "has it been sent"], .others), (["has it been sent"], .others),
        ])
    func origin(sentences: [String], author: EvaluationSubject.TextOrigin.Author) {
        let texts = TestTexts(
            sentences.map { Self.utterance($0, .name(IntentName(trusted: "a"))) }, content: Self.content)
        #expect(texts.origin.author == author)
        #expect(texts.origin.known == sentences.count { $0 != "has it been sent" })
    }

    @Test("the report says whose text it is")
    func told() {
        typealias Origin = EvaluationSubject.TextOrigin
        #expect("\(Origin.ownExamples(3))" == "the author's own examples")
        #expect("\(Origin(author: .others, texts: 9, known: 0))" == "text that is not among the bot's examples")
        #expect(
            "\(Origin(author: .others, texts: 9, known: 2, repeated: 1))"
                == "text that is not among the bot's examples, but for 2 of 9 sentences; 1 repeated, counted once")
    }
}
