import ConversationDomain
import Testing

@testable import Wording

@Suite("Words and clauses of messages")
struct WordingTests {
    private let negations = PhraseMatcher(["不", "唔", "no", "!不好意思", "!唔該", "!no problem"])

    @Test("a word with an exclamation mark before it is passed over, what stands around it is not")
    func exceptions() {
        for text in ["不好意思", "搵人傾唔該", "no problem at all"] {
            #expect(!negations.isFound(in: PhraseMatcher.Text(text)), "\(text)")
        }
        for text in ["不好意思我不要", "唔該唔要", "no problem but no refund", "不好"] {
            #expect(negations.isFound(in: PhraseMatcher.Text(text)), "\(text)")
        }
    }

    @Test("a space between two Chinese characters ends a clause, one beside Latin letters or digits does not")
    func chineseSpaces() {
        #expect(Clauses("不退了 给我发票就行").texts == ["不退了", "给我发票就行"])
        let book = PhraseBook([
            Phrases(locale: .chinese, refusals: ["(我|)不想{}(了|)"], negations: ["不想"], joints: ["和"])
        ])
        func clauses(_ text: String) -> [String] {
            Clauses(text, joints: book.joints, isBeginning: book.isBareRefusal).texts
        }
        #expect(clauses("我不想和客服说话") == ["我不想和客服说话"])
        #expect(clauses("我不想退货和开发票") == ["我不想退货", "开发票"])
        #expect(clauses("我要退货和开发票") == ["我要退货", "开发票"])
        for text in ["我的 iPhone 呢", "订单 12345678 呢", "not the tracking number"] {
            #expect(Clauses(text).texts == [text])
        }
    }
}
