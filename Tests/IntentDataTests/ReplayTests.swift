import ConversationDomain
import IntentData
import NativeContent
import Testing

/// Logs of an old bot, and how they are compared with a new one.
@Suite struct ReplayTests {
    private static func told(_ log: ReplayLog) -> [String] {
        log.conversations.map { conversation in
            let turns = conversation.turns.map {
                "\($0.place.line): \($0.message) → \($0.intent ?? "?"): \($0.reply ?? "?")"
            }
            return "\(conversation.locale?.rawValue ?? "?") \(turns)"
        }
    }

    private func read(_ path: String, _ text: String) throws -> ReplayLog {
        let folder = try TestFolder([path: text])
        return try ReplayLog.read(folder.file(path))
    }

    @Test("rows of one conversation belong together, others are one each")
    func table() throws {
        let log = try read(
            "log.csv",
            """
            session_id,User message,Intent,Bot response,Language
            7,where is my parcel,order.status,Which number?,en
            8,hello,greet,,en
            7,A1234567,,On its way.,en
            ,bye,goodbye,Bye!,
            """)
        #expect(
            Self.told(log) == [
                "en [\"2: where is my parcel → order.status: Which number?\", \"4: A1234567 → ?: On its way.\"]",
                "en [\"3: hello → greet: ?\"]", "? [\"5: bye → goodbye: Bye!\"]",
            ])
    }

    @Test("JSON lines and lists are read, also with Rasa's intents and replies")
    func json() throws {
        let lines = """
            {"sender": "a", "text": "hi", "intent": {"name": "greet", "confidence": 0.9}, "responses": [{"text": "Hello"}, {"text": "you"}]}
            {"sender": "a", "text": "bye", "intent": {"name": "goodbye"}}
            """
        let told = ["? [\"1: hi → greet: Hello\\nyou\", \"2: bye → goodbye: ?\"]"]
        #expect(Self.told(try read("log.jsonl", lines)) == told)
        let list = "[" + lines.split(separator: "\n").joined(separator: ",\n") + "]"
        #expect(Self.told(try read("log.json", list)) == told)
    }

    @Test(
        "what is no log is refused with what was expected",
        arguments: [
            (
                "a,b\n1,2\n",
                "log.csv:1: not a log: expected a message column (message, text, question) and an intent or a reply column; a conversation column keeps messages together"
            ), ("message,intent\n", "log.csv:1: the log has no messages"),
            ("message,intent\n,greet\n", "log.csv:2: the message is empty"),
            (
                "[1]",
                "log.csv:1: not a JSON object; expected a message column (message, text, question) and an intent or a reply column; a conversation column keeps messages together"
            ),
            ("{\"message\": \"hi\", \"intent\": \"a\"}\n{", "log.csv:2: not valid JSON: expected a string in quotes"),
        ])
    func mistakes(text: String, error: String) throws {
        let folder = try TestFolder(["log.csv": text])
        let error = error.replacing(": ", with: ": error: ", maxReplacements: 1)
        let found = #expect(throws: ContentFileError.self) { try ReplayLog.read(folder.file("log.csv")) }
        #expect(found.map { folder.plain($0.description) } == error)
    }

    @Test("a message agrees by its intent, also under its changed name, or by its reply")
    func comparison() throws {
        let log = try read(
            "log.jsonl",
            """
            {"message": "a", "intent": "opening hours", "reply": "9 to 5"}
            {"message": "b", "intent": "opening hours", "reply": "From nine."}
            {"message": "c", "intent": "nlu_fallback", "reply": "What?"}
            {"message": "d", "intent": "refund", "reply": "Sure"}
            {"message": "e", "intent": "refund"}
            """)
        let outcomes: [ReplayReport.Outcome] = [
            .init(intent: IntentName(trusted: "opening_hours"), action: "answer", replies: ["We open."]),
            .init(intent: nil, action: "answer faq.hours", replies: ["From nine"]),
            .init(intent: nil, action: "fallback", replies: ["Sorry?"]),
            .init(intent: IntentName(trusted: "returns"), action: "ask", replies: ["Which one?"]),
            .init(intent: IntentName(trusted: "returns"), action: "ask", replies: ["Which one?"]),
        ]
        var report = ReplayReport()
        for (turn, outcome) in zip(log.conversations.flatMap(\.turns), outcomes) { report.add(turn, outcome) }
        #expect([report.turns, report.agreeing] == [5, 3])
        #expect([report.withIntent, report.sameIntent, report.withReply, report.sameReply] == [5, 2, 4, 1])
        #expect(report.differences.map(\.turn.message) == ["d", "e"])
        #expect(report.changes.map { "\($0.old) \($0.new) \($0.count)" } == ["refund returns 2"])
    }
}
