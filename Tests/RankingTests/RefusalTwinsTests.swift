import Testing

@testable import Ranking

@Suite struct RefusalTwinsTests {
    @Test(
        "a question is told by its mark, or by the Chinese word at its end",
        arguments: [
            ("can't you cancel it?", true), ("那我不要了能取消不", true), ("还能改地址吗。", true), ("我的货发了没", true),
            ("别取消", false), ("还没", false), ("我不要了", false), ("don't cancel it", false), ("", false),
        ])
    func questions(text: String, isQuestion: Bool) { #expect(RefusalTwins.isQuestion(text) == isQuestion) }
}
