import ConversationDomain
import Testing

@testable import Wording

@Suite struct RefusalPatternTests {
    @Test("a name goes into its place")
    func names() {
        #expect(RefusalPattern("please don't {}")?.refusal(of: "cancel it") == "please don't cancel it")
        #expect(RefusalPattern("please don't {}")?.isForSentences == false)
    }

    @Test("a sentence with the ending becomes its opposite; another one, or one that is only the ending, has none")
    func sentences() throws {
        let pattern = try #require(RefusalPattern("{}{1}了 = {}没有{1}"))
        #expect(pattern.isForSentences)
        #expect(pattern.refusal(of: "东西碎了") == "东西没有碎")
        for other in ["东西碎", "碎了", "了", ""] { #expect(pattern.refusal(of: other) == nil) }
    }

    @Test(
        "what is no pattern is refused",
        arguments: ["", "don't", "{} and {}", "{}{1} = {}没{1}", "{}了 = {}没", "{}{1}了 = 没{1}", "{}{1}了 = {}没"])
    func refused(text: String) { #expect(RefusalPattern(text) == nil) }
}
