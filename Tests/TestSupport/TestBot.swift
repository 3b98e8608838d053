public import ConversationDomain
import Wording

/// The content of a small bilingual shop bot.
public enum TestBot {
    /// `order.status` (needs `order_number`), `trip.book` (needs two dates), `thanks` (three answers), `hours` (an answer of its
    /// own for the web), `secret` (no answer), `agent.request`.
    public static let content = BotContent(intents: [
        intent(
            "order.status", slots: [slot("order_number", "order_number", ask: "Which order?", "哪个订单？")],
            answers: [answer("order.status", 1, "Order {{order_number}} <is> on its way.", "订单 {{order_number}} 在路上。")]),
        intent(
            "order.cancel", slots: [slot("order_number", "order_number", ask: "Cancel which order?", "取消哪个订单？")],
            answers: [answer("order.cancel", 1, "Cancel {{order_number}} on its page.", "请在订单 {{order_number}} 的页面取消。")]
        ),
        intent(
            "trip.book",
            slots: [
                slot("departure", "date", ask: "Leaving when?", "哪天出发？"),
                slot("return", "date", ask: "Back when?", "哪天回来？"),
            ],
            answers: [answer("trip.book", 1, "{{departure}} to {{return}}", "{{departure}} 到 {{return}}")]),
        intent(
            "thanks", act: .thanks,
            answers: [
                answer("thanks", 1, "one", "一"), answer("thanks", 2, "two", "二"), answer("thanks", 3, "three", "三"),
            ]),
        intent(
            "hours",
            answers: [
                answer("hours", 1, "9 to 21", "9 点到 21 点"),
                answer("hours", 2, "see the page", "请看页面", when: AnswerCondition(channel: .web)),
            ]),
        intent("secret"),
        intent("agent.request", answers: [answer("agent.request", 1, "A person comes.", "人工马上来。")]),
    ])

    public static func intent(
        _ name: String, act: SpeechAct? = nil, confirms: Bool = false, slots: [SlotDefinition] = [],
        answers: [AnswerTemplate] = []
    ) -> Intent {
        Intent(
            name: IntentName(trusted: name), description: "All about \(name)",
            title: [.english: "About \(name)", .chinese: "关于\(name)"], act: act, confirms: confirms,
            examples: [
                Example(text: "tell me of \(name)", locale: .english),
                Example(text: "讲讲\(name)", locale: .chinese),
            ], slots: slots, answers: answers)
    }

    /// The answer "see {id}".
    public static func entry(
        _ id: String, locale: BotLocale = .english, title: String? = nil, answer: String? = nil, link: String? = nil
    ) -> KnowledgeEntry {
        KnowledgeEntry(
            id: KnowledgeID(trusted: id), locale: locale, title: title, questions: ["\(id)?"],
            answer: answer ?? "see \(id)", link: link)
    }

    public static func slot(_ name: String, _ entity: String, ask english: String, _ chinese: String) -> SlotDefinition
    {
        SlotDefinition(
            name: SlotName(trusted: name), entity: EntityName(trusted: entity),
            ask: [.english: english, .chinese: chinese])
    }

    /// - Parameter chinese: nil for an answer that is in English only.
    public static func answer(
        _ intent: String, _ ordinal: Int, _ english: String, _ chinese: String?,
        when condition: AnswerCondition = AnswerCondition(), buttons: [ButtonTemplate] = []
    ) -> AnswerTemplate {
        var text: [BotLocale: String] = [.english: english]
        text[.chinese] = chinese
        return AnswerTemplate(
            intent: IntentName(trusted: intent), ordinal: ordinal, condition: condition, text: text, buttons: buttons)
    }

    /// Content that never changes.
    struct Fixed: LiveContent {
        let snapshot: ContentSnapshot
        func current() -> ContentSnapshot { snapshot }
    }
}
