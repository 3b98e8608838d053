import ConversationDomain

/// Picks one of an intent's answers.
enum VariantChooser {
    /// Of the answers whose conditions hold and that can be said in the locale, those with the most conditions; among them not the
    /// one that was used last.
    /// - Parameter choice: any number; equal numbers choose alike.
    static func choose(
        _ answers: [AnswerTemplate], locale: BotLocale, fallback: BotLocale?, channel: ChannelName,
        slots: [String: String], last: Int?,
        choice: Int
    ) -> (template: AnswerTemplate, text: String)? {
        let fitting = answers.filter { holds($0.condition, locale: locale, channel: channel, slots: slots) }
        let sayable = fitting.compactMap { answer in
            text(of: answer, locale: locale, fallback: nil).map { (template: answer, text: $0) }
        }
        let candidates =
            sayable.isEmpty
            ? fitting.compactMap { answer in
                text(of: answer, locale: locale, fallback: fallback).map { (template: answer, text: $0) }
            }
            : sayable
        guard let most = candidates.map({ specificity($0.template.condition) }).max() else { return nil }
        let best = candidates.filter { specificity($0.template.condition) == most }
        let fresh = best.filter { $0.template.ordinal != last }
        let pool = fresh.isEmpty ? best : fresh
        return pool[abs(choice % pool.count)]
    }

    private static func text(of answer: AnswerTemplate, locale: BotLocale, fallback: BotLocale?) -> String? {
        let available = answer.text.keys.sorted()
        let chosen = locale.nearest(in: available) ?? fallback?.nearest(in: available)
        return chosen.flatMap { answer.text[$0] }
    }

    private static func holds(
        _ condition: AnswerCondition, locale: BotLocale, channel: ChannelName, slots: [String: String]
    ) -> Bool {
        if let wanted = condition.channel, wanted != channel { return false }
        if let wanted = condition.locale, wanted != locale, wanted.rawValue != locale.language { return false }
        return condition.slots.allSatisfy { name, value in slots[name]?.lowercased() == value.lowercased() }
    }

    private static func specificity(_ condition: AnswerCondition) -> Int {
        (condition.channel == nil ? 0 : 1) + (condition.locale == nil ? 0 : 1) + condition.slots.count
    }
}
