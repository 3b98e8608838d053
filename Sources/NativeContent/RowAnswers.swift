internal import ConversationDomain

/// The answers and titles that stand beside the examples of a table.
struct RowAnswers {
    /// The most answers of one intent and language that are taken from a table: data sets have thousands.
    static let limit = 20

    private struct Intent {
        var answers: [BotLocale: [String]] = [:]
        var known: Set<UTF8Text> = []
        var title: [BotLocale: String] = [:]
        var place: SourcePlace?
        var isFull = false
    }

    private var intents: [IntentName: Intent] = [:]

    func place(of intent: IntentName) -> SourcePlace? { intents[intent]?.place }

    /// Adds an answer unless the intent has it already or has too many.
    mutating func add(
        _ text: String, to name: IntentName, _ locale: BotLocale, at place: SourcePlace, _ log: inout IssueLog
    ) {
        var intent = intents[name] ?? Intent()
        defer { intents[name] = intent }
        if intent.place == nil { intent.place = place }
        guard intent.known.insert(UTF8Text("\(locale) \(text)")).inserted else { return }
        guard intent.answers[locale, default: []].count < Self.limit else {
            intent.known.remove(UTF8Text("\(locale) \(text)"))
            if !intent.isFull {
                log.warning(
                    place, "more than \(Self.limit) answers to '\(name)' in \(locale); the others are left out")
            }
            intent.isFull = true
            return
        }
        intent.answers[locale, default: []].append(text)
    }

    mutating func add(title: String, to name: IntentName, _ locale: BotLocale) {
        if intents[name]?.title[locale] == nil { intents[name, default: Intent()].title[locale] = title }
    }

    /// The intent with what was found. Answers of several languages that stand side by side are one answer; one that not every
    /// language of the examples has is for those that have it.
    func complete(_ intent: ConversationDomain.Intent) -> ConversationDomain.Intent {
        guard let found = intents[intent.name], !found.answers.isEmpty || !found.title.isEmpty else { return intent }
        let spoken = Set(intent.examples.map(\.locale))
        var answers = intent.answers
        for index in 0..<(found.answers.values.map(\.count).max() ?? 0) {
            let text = found.answers.compactMapValues { index < $0.count ? $0[index] : nil }
            let isForAll = spoken.allSatisfy { $0.nearest(in: text.keys.sorted()) != nil }
            if isForAll {
                answers.append(AnswerTemplate(intent: intent.name, ordinal: answers.count + 1, text: text))
                continue
            }
            for (locale, text) in text.sorted(by: { $0.key < $1.key }) {
                answers.append(
                    AnswerTemplate(
                        intent: intent.name, ordinal: answers.count + 1, condition: AnswerCondition(locale: locale),
                        text: [locale: text]))
            }
        }
        return ConversationDomain.Intent(
            name: intent.name, description: intent.description,
            title: intent.title.merging(found.title) { written, _ in written }, act: intent.act,
            confirms: intent.confirms,
            examples: intent.examples, slots: intent.slots, action: intent.action, answers: answers, place: intent.place
        )
    }
}
