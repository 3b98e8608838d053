import ConversationDomain
import Testing

@testable import Wording

@Suite struct RefusalPatternTests {
    @Test("a name goes into its place")
    func names() {
        #expect(RefusalPattern("please don't {}")?.refusal(of: "cancel it") == "please don't cancel it")
        #expect(RefusalPattern("please don't {}")?.isForSentences == false)
    }

    @Test("the first of what may stand in a place makes the refusal")
    func alternatives() throws {
        let pattern = try #require(RefusalPattern("(please |)(don't|do not) {}( now|)"))
        #expect(pattern.refusal(of: "cancel it") == "please don't cancel it now")
    }

    @Test("a sentence with the ending becomes its opposite; another one, or one that is only the ending, has none")
    func sentences() throws {
        let pattern = try #require(RefusalPattern("{}{1}了 = {}没有{1}"))
        #expect(pattern.isForSentences)
        #expect(pattern.refusal(of: "东西碎了") == "东西没有碎")
        for other in ["东西碎", "碎了", "了", ""] { #expect(pattern.refusal(of: other) == nil) }
    }

    @Test(
        "what a text turns down is said without the refusal",
        arguments: [
            ("please don't {}", "Please don’t cancel it!", "cancel it"),
            ("跟{}没关系", "跟发票没关系。", "发票"),
            ("(please |)(don't |do not )(even |){}", "Do not cancel it", "cancel it"),
            ("(please |)(don't |do not )(even |){}", "please don't even call", "call"),
            ("(请|)别(给我|){}(啊|了|)", "别给我取消了", "取消"), ("(请|)别(给我|){}(啊|了|)", "请别取消", "取消"),
            ("{}したくない", "返品したくない", "返品"),
            ("{}{1}了 = {}没有{1}", "东西没有碎", "东西碎了"),
            ("{}{1}了 = {}没{1}", "那个杯子没坏。", "那个杯子坏了"),
        ])
    func denied(pattern: String, text: String, meant: String) throws {
        #expect(try #require(RefusalPattern(pattern)).denied(in: text) == meant)
    }

    @Test(
        "a text that is built otherwise, or turns down nothing, denies nothing",
        arguments: [
            ("please don't {}", "don't cancel it"), ("please don't {}", "please don't "), ("please don't {}", ""),
            ("(请|)别(给我|){}(啊|了|)", "请给我取消"), ("(请|)别(给我|){}(啊|了|)", "别给我啊"), ("跟{}没关系", "跟没关系"), ("跟{}没关系", "跟发票有关系"),
            ("{}{1}了 = {}没有{1}", "没有碎"), ("{}{1}了 = {}没有{1}", "东西没有"), ("{}{1}了 = {}没有{1}", "没有"),
        ])
    func noDenial(pattern: String, text: String) throws {
        #expect(try #require(RefusalPattern(pattern)).denied(in: text) == nil)
    }

    @Test(
        "what is no pattern is refused",
        arguments: [
            "", "don't", "{} and {}", "{}{1} = {}没{1}", "{}了 = {}没", "{}{1}了 = 没{1}", "{}{1}了 = {}没", "(a|b {}",
            "a) {}", "(a(b)) {}",
        ])
    func refused(text: String) { #expect(RefusalPattern(text) == nil) }
}
