import ConversationDomain
import Policy

/// Picks one of an intent's answers.
struct VariantChooser {
    /// The reply's locale.
    let locale: BotLocale
    /// What an answer is said in that lacks `locale`.
    let fallback: BotLocale
    let channel: ChannelName
    let slots: [String: String]
    /// What a service of the shop said, by field.
    var fields: [String: String] = [:]
    /// Any number; equal numbers choose alike.
    let choice: Int
    /// Whether a text can be said now: each of its variables has a value.
    let isSayable: (String) -> Bool

    /// Of the answers whose conditions hold and that can be said in the locale, those that name what a service said, if any does;
    /// of them those with the most conditions, and of these those that name the most of it; among them not the one that was used
    /// last, unless it is the only one.
    /// - Parameter last: the ordinal of the answer that was used last.
    func choose(_ answers: [AnswerTemplate], last: Int?) -> (template: AnswerTemplate, text: String)? {
        let fitting = answers.filter { holds($0.condition) }
        let inLocale = sayable(fitting, in: locale)
        let found = inLocale.isEmpty ? sayable(fitting, in: fallback) : inLocale
        let informed = found.filter { !$0.template.condition.fields.isEmpty || fieldCount($0.text) > 0 }
        let candidates = informed.isEmpty ? found : informed
        guard let most = candidates.map({ $0.template.condition.count }).max() else { return nil }
        let fullest = candidates.filter { $0.template.condition.count == most }
        let named = fullest.map { fieldCount($0.text) }
        let best = zip(fullest, named).filter { $0.1 == named.max() }.map(\.0)
        let fresh = best.filter { $0.template.ordinal != last }
        let pool = fresh.isEmpty ? best : fresh
        return pool[Int(choice.magnitude % UInt(pool.count))]
    }

    private func sayable(_ answers: [AnswerTemplate], in locale: BotLocale) -> [(
        template: AnswerTemplate, text: String
    )] {
        answers.compactMap { answer in
            guard let nearest = locale.nearest(in: answer.text.keys.sorted()), let text = answer.text[nearest],
                isSayable(text)
            else { return nil }
            return (answer, text)
        }
    }

    private func holds(_ condition: AnswerCondition) -> Bool {
        guard condition.allows(locale: locale, channel: channel) else { return false }
        return Self.hold(condition.slots, slots) && Self.hold(condition.fields, fields)
    }

    private static func hold(_ wanted: [String: String], _ values: [String: String]) -> Bool {
        wanted.allSatisfy { name, value in
            values[name].map { UTF8Text($0.lowercased()) } == UTF8Text(value.lowercased())
        }
    }

    /// How much of what a service said a text names.
    private func fieldCount(_ text: String) -> Int {
        guard !fields.isEmpty else { return 0 }
        return Set((try? TemplateSyntax.variables(in: text)) ?? []).count { fields[$0] != nil }
    }
}

extension AnswerCondition {
    /// How many things the condition asks for.
    fileprivate var count: Int { (channel == nil ? 0 : 1) + (locale == nil ? 0 : 1) + slots.count + fields.count }
}
