import ConversationDomain
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

    @Test("what is denied in its own words is no name that is put into a refusal")
    func negatedNames() {
        let phrases = Phrases(locale: .english, refusals: ["I don't want {}"], negations: ["not", "never"])
        func twins(_ title: String, _ example: String) -> [String] {
            let intent = Intent(
                name: IntentName(trusted: "parcel"), title: [.english: title],
                examples: [Example(text: example, locale: .english)])
            return RefusalTwins(phrases: [phrases]).twins(of: [intent])[IntentName(trusted: "parcel")] ?? []
        }
        #expect(twins("Parcel has not arrived", "my parcel never came").isEmpty)
        #expect(
            twins("Lost parcel", "the parcel is lost") == [
                "I don't want lost parcel", "I don't want the parcel is lost",
            ])
    }
}
