import ConversationDomain
import Foundation
import Testing

@testable import Evaluation
@testable import Measures

@Suite("Entity report")
struct EntityReportTests {
    private static func span(_ label: String, _ start: Int, _ end: Int) -> LabelledSpan {
        LabelledSpan(label: label, start: start, end: end)
    }

    /// a b c d: PER is "a b", LOC is "d".
    private static let first = ["a", "b", "c", "d"]
    private static let tags = ["B-PER", "I-PER", "O", "B-LOC"]

    @Test("tags and spans say the same of a sentence, with or without its text")
    func sentence() throws {
        let spans = [Self.span("PER", 0, 3), Self.span("LOC", 6, 7)]
        let tagged = try TaggedSentence(text: nil, tokens: Self.first, tags: Self.tags)
        #expect(tagged.text == "a b c d" && tagged.spans == spans)
        #expect(try TaggedSentence(text: "a b c d", spans: spans.reversed()) == tagged)
        #expect(tagged.tags(of: spans) == Self.tags)
        // A Chinese text has a word a character, and an emoji of four parts is one.
        let chinese = try TaggedSentence(text: "👩‍👩‍👧‍👦我要红色", spans: [Self.span("colour", 9, 11)])
        #expect(chinese.tags == ["O", "O", "O", "B-colour", "I-colour"])
    }

    @Test("an inside tag that continues nothing begins an entity, as in conlleval")
    func orphan() throws {
        let tagged = try TaggedSentence(text: nil, tokens: ["a", "b", "c"], tags: ["I-X", "I-Y", "I-Y"])
        #expect(tagged.spans == [Self.span("X", 0, 1), Self.span("Y", 2, 5)])
    }

    @Test("what cannot be a marked sentence is refused")
    func refused() {
        #expect(throws: ChatError.self) { try TaggedSentence(text: nil, tokens: ["a"], tags: []) }
        #expect(throws: ChatError.self) { try TaggedSentence(text: nil, tokens: ["a"], tags: ["X-a"]) }
        #expect(throws: ChatError.self) { try TaggedSentence(text: "b", tokens: ["a"], tags: ["O"]) }
        #expect(throws: ChatError.self) { try TaggedSentence(text: "b", spans: [Self.span("x", 0, 2)]) }
        #expect(throws: ChatError.self) {
            try TaggedSentence(text: "abc", spans: [Self.span("x", 0, 2), Self.span("y", 1, 3)])
        }
    }

    @Test(
        "precision, recall, F1 and support by token and by entity, with averages as scikit-learn and seqeval count them"
    )
    func counted() throws {
        // Found: "a" alone, which is the wrong span, and LOC right.
        let sentence = try TaggedSentence(text: nil, tokens: Self.first, tags: Self.tags)
        let found = [Self.span("PER", 0, 1), Self.span("LOC", 6, 7), Self.span("number", 4, 5)]
        let report = EntityReport([sentence], found: [found])
        #expect(report.entities.labels.map(\.label) == ["LOC", "PER"])
        #expect(report.entities.labels.map(\.scores.f1) == [1, 0])
        #expect(report.entities.averages.micro == LabelScores(precision: 0.5, recall: 0.5, f1: 0.5))
        #expect(report.entities.averages.macro.f1 == 0.5 && report.entities.support == 2)
        // O was right once and given twice: precision 1/2, recall 1.
        let tokens = Dictionary(uniqueKeysWithValues: report.tokens.labels.map { ($0.label, $0) })
        #expect(tokens["O"]?.scores == LabelScores(precision: 0.5, recall: 1, f1: 2.0 / 3))
        #expect(tokens["B-PER"]?.scores.f1 == 1 && tokens["I-PER"]?.scores.recall == 0)
        #expect(report.tokens.support == 4 && report.tokens.averages.micro.f1 == 0.75)
        #expect(report.tokensInside.support == 3)
        // The same without regard to borders: "b" is a PER that was not found.
        #expect(report.tokenLabels.labels.map(\.label) == ["LOC", "O", "PER"])
        let thousandths = report.tokenLabels.labels.map { Int(($0.scores.f1 * 1000).rounded()) }
        #expect(thousandths == [1000, 667, 667])
        #expect(abs(report.tokens.averages.weighted.f1 - (2.0 / 3 + 1 + 0 + 1) / 4) < 1e-12)
        // No sentence marks numbers, so nothing is known about them.
        #expect(report.unmeasured == ["number": 1] && report.mistakes.map(\.found) == [[found[0], found[1]]])
        let asked = EntityReport([sentence], found: [found], labels: ["number"])
        #expect(asked.unmeasured == [:] && asked.entities.averages.micro.precision == 1.0 / 3)
    }

    @Test("the tables name every label with its support, and all averages")
    func text() throws {
        let sentence = try TaggedSentence(text: nil, tokens: Self.first, tags: Self.tags)
        let text = EntityReport([sentence], found: [sentence.spans + [Self.span("date", 4, 5)]]).renderedText()
        let lines = text.split(separator: "\n").map { $0.split(separator: " ", omittingEmptySubsequences: true) }
        #expect(lines.contains(["B-PER", "100.0", "%", "100.0", "%", "100.0", "%", "1"]))
        #expect(lines.contains(["PER", "100.0", "%", "100.0", "%", "100.0", "%", "1"]))
        for average in ["micro", "macro", "weighted"] {
            #expect(lines.count { $0.starts(with: ["=", Substring(average)]) } == 4)
        }
        #expect(text.contains("not counted: date (1)"))
    }

    @Test("files of JSON lines are read with tokens and tags or with slots; a bad line is told with its number")
    func file() throws {
        let good = """
            {"text": "a b c d", "tokens": ["a", "b", "c", "d"], "bio": ["B-PER", "I-PER", "O", "B-LOC"], "intent": "x"}

            {"text": "a b c d", "slots": [{"slot": "PER", "start": 0, "end": 3}, {"slot": "LOC", "start": 6, "end": 7}]}
            """
        let read = try TaggedSentenceFile.read(Data(good.utf8), path: "x.jsonl")
        #expect(read.count == 2 && read[0] == read[1])
        for (text, message) in [
            ("{\"text\": \"a\"}", "x.jsonl:1: expected the keys 'tokens' and 'bio', or 'text' and 'slots'"),
            ("\n[]\n", "x.jsonl:2: not read, expected"),
            ("\n", "x.jsonl:1: the file has no sentences"),
            (
                "\n{\"text\": \"a" + String(repeating: "\u{301}\u{323}", count: 100_000) + "\", \"slots\": []}\n",
                "x.jsonl:2: more than 60 combining marks in a row, expected at most 60"
            ),
        ] {
            let error = #expect(throws: ChatError.self) {
                try TaggedSentenceFile.read(Data(text.utf8), path: "x.jsonl")
            }
            #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
        }
    }
}
