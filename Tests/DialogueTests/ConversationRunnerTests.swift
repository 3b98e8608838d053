import ConversationDomain
import Foundation
import Testing
import TestSupport

@testable import Dialogue
@testable import Scripts

@Suite struct ConversationRunnerTests {
    private static let place = SourcePlace(path: "t.yaml", line: 1)

    private static func script(
        _ name: String, _ turns: [(InboundContent, [TurnExpectation])], path: String = "t.yaml"
    ) -> ConversationScript {
        ConversationScript(
            name: name, locale: .english, channel: .api,
            turns: turns.enumerated().map { index, turn in
                .init(content: turn.0, expected: turn.1, place: SourcePlace(path: path, line: index + 2))
            }, place: SourcePlace(path: path, line: 1))
    }

    private static func expecting(_ change: (inout TurnExpectation) -> Void) -> TurnExpectation {
        var expectation = TurnExpectation()
        change(&expectation)
        return expectation
    }

    private func runner(_ classifier: FakeClassifier? = nil) async throws -> ConversationRunner {
        let content = BotContent(
            intents: TestBot.content.intents, knowledge: [TestBot.entry("wrap", title: "Gift wrapping")])
        let meanings: [String: MessageUnderstanding] = [
            "where": .accepted("order.status"), "B7": .values(("order_number", "B7")),
            "wrap": .ranked(("#wrap", 0.97)), "which": .ranked(("hours", 0.4), ("#wrap", 0.3)),
            "secret": .accepted("secret"),
        ]
        let chat = try await TestChat(content: content) { $0.classifier = classifier ?? FakeClassifier(meanings) }
        return ConversationRunner(chat: chat.engine, as: TestChat.shop) { chat.store.state(of: $0) }
    }

    /// What a turn with this text is, told by which expectations hold.
    private func holds(_ texts: [String], _ expectation: TurnExpectation) async throws -> Bool {
        let turns = texts.enumerated().map { index, text in
            (InboundContent.text(text), index == texts.count - 1 ? [expectation] : [])
        }
        return try await runner().run([Self.script("s", turns)], jobs: 1)[0].isRight
    }

    @Test("every kind of expectation holds where it should and not where it should not")
    func expectations() async throws {
        func check(
            _ texts: [String], _ right: (inout TurnExpectation) -> Void, _ wrong: (inout TurnExpectation) -> Void,
            _ location: SourceLocation = #_sourceLocation
        ) async throws {
            #expect(try await holds(texts, Self.expecting(right)), sourceLocation: location)
            #expect(try await !holds(texts, Self.expecting(wrong)), sourceLocation: location)
        }
        try await check(["where"], { $0.actions = [.answer, .ask] }, { $0.actions = [.answer] })
        let status = IntentName(trusted: "order.status")
        try await check(["where"], { $0.intents = [status] }, { $0.intents = [IntentName(trusted: "hours")] })
        try await check(
            ["wrap"], { $0.knowledge = [KnowledgeID(trusted: "wrap")] }, { $0.knowledge = [KnowledgeID(trusted: "x")] })
        try await check(
            ["where", "B7"], { $0.slots = ["order_number": ["A", "B7"]] }, { $0.slots = ["order_number": ["A"]] })
        try await check(["where"], { $0.slots = ["order_number": []] }, { $0.slots = ["order_number": ["B7"]] })
        try await check(["where", "B7"], { $0.slots = ["city": []] }, { $0.slots = ["order_number": []] })
        try await check(
            ["where", "B7"], { $0.contains = ["order b7", "way"] }, { $0.contains = ["order b7", "bus"] })
        try await check(["where", "B7"], { $0.excludes = ["bus"] }, { $0.excludes = ["bus", "ORDER"] })
        try await check(["which"], { $0.offers = ["x", "wrap"] }, { $0.offers = ["thanks"] })
        try await check(["which"], { $0.offers = ["hours"] }, { $0.intents = [IntentName(trusted: "hours")] })
        try await check(["secret"], { $0.intents = [IntentName(trusted: "secret")] }, { $0.actions = [.answer] })
    }

    @Test("one alternative is enough, all keys of it must hold, and a turn after a failed one is held too")
    func alternatives() async throws {
        let ask = Self.expecting { $0.actions = [.ask] }
        let both = Self.expecting {
            $0.actions = [.ask]
            $0.contains = ["nothing of this"]
        }
        let outcome = try await runner().run(
            [
                Self.script(
                    "s", [(.text("where"), [both]), (.text("B7"), [ask, Self.expecting { $0.actions = [.answer] }])])
            ], jobs: 1)[0]
        #expect(outcome.failures.map(\.turn) == [1])
        #expect(
            outcome.failures[0].description
                == #"t.yaml:2: turn 1, "where": expected {action: ask, contains: 'nothing of this'}, got {action: ask (slot.ask), intent: order.status} "Which order?""#
        )
    }

    @Test("pressed buttons are pressed, and an error of the bot is a failure of the turn")
    func pressing() async throws {
        let broken = FakeClassifier(before: { throw ChatError(.overloaded, "too much to do") })
        let turns: [(InboundContent, [TurnExpectation])] = [
            (.knowledge(KnowledgeID(trusted: "wrap")), [Self.expecting { $0.contains = ["see wrap"] }]),
            (.button(intent: IntentName(trusted: "hours"), slots: [:]), [Self.expecting { $0.contains = ["9 to 21"] }]),
            (.text("hm"), []),
        ]
        let outcome = try await runner(broken).run([Self.script("s", turns)], jobs: 1)[0]
        #expect(outcome.failures.map(\.turn) == [3])
        #expect(outcome.failures[0].got == "the error 'too much to do'")
    }

    @Test("conversations run side by side, at most as many as asked for, and come back in their order")
    func parallel() async throws {
        let gate = Gate()
        let classifier = FakeClassifier(before: { await gate.pass() })
        let scripts = (0..<7).map { Self.script("s\($0)", [(.text("hm \($0)"), [])]) }
        let runner = try await runner(classifier)
        async let outcomes = runner.run(scripts, jobs: 3)
        await gate.arrivals(3)
        #expect(classifier.texts.count == 3)
        gate.open()
        #expect(try await outcomes.map(\.script.name) == scripts.map(\.name))
        #expect(Set(classifier.texts).count == 7)
    }

    @Test("a report counts by file and is written as JUnit's XML")
    func report() {
        func outcome(_ name: String, _ path: String, fails: Bool) -> ScriptOutcome {
            let script = Self.script(
                name, [(.text("a <b> & \"c\"\u{1}"), [Self.expecting { $0.actions = [.ask] }]), (.text("d"), [])],
                path: path)
            let failures = fails ? [ScriptOutcome.Failure(turn: 1, script: script.turns[0], got: "{silence}")] : []
            return ScriptOutcome(script: script, failures: failures, seconds: 0.25)
        }
        let report = ConversationReport([
            outcome("one", "a.yaml", fails: false), outcome("two & three", "a.yaml", fails: true),
            outcome("four", "b.yaml", fails: false),
        ])
        #expect(!report.isRight && report.right == 2 && report.turns == 6 && report.rightTurns == 5)
        #expect(
            report.table == [
                ["file", "conversations right", "turns right", "time"], ["a.yaml", "1 of 2", "3 of 4", "0.50 s"],
                ["b.yaml", "1 of 1", "2 of 2", "0.25 s"], ["all", "2 of 3", "5 of 6", "0.75 s"],
            ])
        let told =
            "a.yaml:2: turn 1, &quot;a &lt;b&gt; &amp; &quot;c&quot;&quot;: expected {action: ask}, got {silence}"
        #expect(
            report.junit == """
                <?xml version="1.0" encoding="UTF-8"?>
                <testsuites tests="3" failures="1" errors="0" time="0.750">
                  <testsuite name="a.yaml" tests="2" failures="1" errors="0" time="0.500">
                    <testcase name="one" classname="a.yaml" line="1" time="0.250"/>
                    <testcase name="two &amp; three" classname="a.yaml" line="1" time="0.250">
                      <failure message="\(told)">\(told)</failure>
                    </testcase>
                  </testsuite>
                  <testsuite name="b.yaml" tests="1" failures="0" errors="0" time="0.250">
                    <testcase name="four" classname="b.yaml" line="1" time="0.250"/>
                  </testsuite>
                </testsuites>

                """)
        #expect(ConversationReport([outcome("one", "a.yaml", fails: false)]).isRight)
    }
}
