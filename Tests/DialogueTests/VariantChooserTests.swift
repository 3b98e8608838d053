import ConversationDomain
import Testing
import TestSupport

@testable import Dialogue

@Suite struct VariantChooserTests {
    private func chosen(
        _ answers: [AnswerTemplate], locale: BotLocale = .english, fallback: BotLocale = .english,
        slots: [String: String] = [:], last: Int? = nil, choice: Int = 0
    ) -> String? {
        VariantChooser(
            locale: locale, fallback: fallback, channel: .web, slots: slots, choice: choice
        ) { !$0.contains("{{") }.choose(answers, last: last)?.text
    }

    private func answer(_ ordinal: Int, _ text: String, _ when: AnswerCondition = AnswerCondition()) -> AnswerTemplate {
        TestBot.answer("a", ordinal, text, nil, when: when)
    }

    @Test("of the answers whose conditions hold, the one with the most conditions is chosen")
    func mostSpecific() {
        let answers = [
            answer(1, "any"), answer(2, "web", AnswerCondition(channel: .web)),
            answer(3, "web gold", AnswerCondition(channel: .web, slots: ["tier": "gold"])),
            answer(4, "api gold", AnswerCondition(channel: .api, locale: .english, slots: ["tier": "gold"])),
        ]
        #expect(chosen(answers) == "web")
        #expect(chosen(answers, slots: ["tier": "silver"]) == "web")
        #expect(chosen(answers, slots: ["tier": "GOLD"]) == "web gold")
    }

    @Test("a condition on a language holds for its regional forms, one on a region only for that region")
    func localeCondition() throws {
        let taiwan = try #require(BotLocale("zh-TW"))
        let answers = [
            answer(1, "any"), answer(2, "chinese", AnswerCondition(locale: .chinese)),
        ].map {
            AnswerTemplate(
                intent: $0.intent, ordinal: $0.ordinal, condition: $0.condition,
                text: [.chinese: $0.text[.english] ?? ""])
        }
        #expect(chosen(answers, locale: taiwan) == "chinese")
        let regional = [answer(1, "any"), answer(2, "taiwan", AnswerCondition(locale: taiwan))]
            .map {
                AnswerTemplate(
                    intent: $0.intent, ordinal: $0.ordinal, condition: $0.condition,
                    text: [.chinese: $0.text[.english] ?? ""])
            }
        #expect(chosen(regional, locale: .chinese) == "any")
    }

    @Test("an answer lacking the reply's language is said in the bot's default, but only when no other can be said")
    func fallback() {
        let english = answer(1, "english only")
        let both = TestBot.answer("a", 2, "both", "两种")
        #expect(chosen([english], locale: .chinese) == "english only")
        #expect(chosen([english, both], locale: .chinese, choice: 0) == "两种")
        #expect(chosen([english], locale: .chinese, fallback: .chinese) == nil)
    }

    @Test("the last used one is skipped unless it is the only one; equal choices choose alike")
    func last() {
        let answers = [answer(1, "one"), answer(2, "two"), answer(3, "three")]
        #expect(
            (0..<6).map { chosen(answers, last: 2, choice: $0) } == ["one", "three", "one", "three", "one", "three"])
        #expect(chosen([answer(1, "one")], last: 1) == "one")
        #expect(chosen(answers, choice: .min) != nil)
        #expect(chosen([], choice: 3) == nil)
    }

    @Test("what cannot be said is not chosen, however specific")
    func sayable() {
        #expect(chosen([answer(1, "any"), answer(2, "{{x}}", AnswerCondition(channel: .web))]) == "any")
    }
}
