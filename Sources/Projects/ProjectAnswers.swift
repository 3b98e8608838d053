internal import ConversationDomain
import NativeContent

/// One text that another product's bot says.
struct ProjectVariant {
    /// With `{{slot}}` for what it names.
    let template: AnswerText
    var buttons: [ProjectButton] = []
    var channel: ChannelName?
    /// Slot name → the value that it must have.
    var values: [String: String] = [:]
    /// Where the project tells it, else the script does.
    var locale: BotLocale?
    /// What visitors may send with a press, as the text that it is.
    var replies: [String] = []
    let place: SourcePlace

    var isForAll: Bool { channel == nil && values.isEmpty }

    /// The slots that it names or depends on.
    var slots: [String] { template.slots + values.keys.sorted() }

    /// Both, one below the other, with the second's buttons.
    func followed(by next: ProjectVariant) -> ProjectVariant {
        ProjectVariant(
            template: template.followed(by: next.template), buttons: buttons + next.buttons, channel: channel,
            values: values, locale: locale, replies: replies + next.replies, place: place)
    }
}

/// A button that stands for an intent.
struct ProjectButton {
    let title: String
    /// As the other product names it.
    let intent: String
    var slots: [String: String] = [:]
    let place: SourcePlace
}

/// The text of an answer, and the slots that it names, each once.
struct AnswerText {
    let text: String
    let slots: [String]

    /// - Throws: when its braces would mean something else in an answer.
    init(_ text: String) throws(TemplateSyntaxError) {
        self.text = text
        var slots: [String] = []
        for name in try TemplateSyntax.variables(in: text) where !slots.contains(name) { slots.append(name) }
        self.slots = slots
    }

    private init(text: String, slots: [String]) { (self.text, self.slots) = (text, slots) }

    func followed(by next: AnswerText) -> AnswerText {
        AnswerText(text: text + "\n" + next.text, slots: slots + next.slots.filter { !slots.contains($0) })
    }
}

/// What is said to one intent of another product's project.
struct ProjectIntent {
    let name: IntentName
    var description = ""
    var slots: [SlotDefinition] = []
    var variants: [ProjectVariant] = []
    let place: SourcePlace
}

/// Makes answers with buttons of what the intents of a project say.
struct ProjectAnswers {
    /// Texts of one intent that are taken.
    private static let variantLimit = 200

    let options: ReadOptions
    /// The names of the project's intents, by how the other product names them.
    let names: [String: IntentName]
    /// The languages of each intent's examples.
    let locales: [IntentName: Set<BotLocale>]
    private(set) var places = ContentPlaces()

    init(options: ReadOptions, names: [String: IntentName], locales: [IntentName: Set<BotLocale>]) {
        (self.options, self.names, self.locales) = (options, names, locales)
    }

    /// The intents, without their examples.
    mutating func intents(_ projects: [ProjectIntent], _ log: inout IssueLog) -> [Intent] {
        let known = Set(projects.map(\.name)).union(locales.keys)
        return projects.map { intent($0, known, &log) }
    }

    private mutating func intent(
        _ project: ProjectIntent, _ known: Set<IntentName>, _ log: inout IssueLog
    ) -> Intent {
        let spoken = locales[project.name] ?? []
        var answers: [AnswerTemplate] = []
        let limit = Self.variantLimit
        if project.variants.count > limit {
            log.warning(
                project.variants[limit].place,
                "more than \(limit) texts are said to '\(project.name)'; this one and those behind it are left out")
        }
        for row in rows(of: Array(project.variants.prefix(limit))) {
            let ordinal = answers.count + 1
            let texts = Dictionary(row.map { ($0.locale, $0.variant.template.text) }, uniquingKeysWith: { $1 })
            // A text that not all who ask understand is for those who do.
            let isUnderstood = spoken.allSatisfy { $0.nearest(in: texts.keys.sorted()) != nil }
            guard let first = row.first?.variant else { continue }
            guard isUnderstood || row.count == 1 else {
                for (locale, variant) in row {
                    answers.append(
                        answer(project.name, answers.count + 1, variant, [(locale, variant)], only: locale, known, &log)
                    )
                }
                continue
            }
            let only = isUnderstood ? nil : row.first?.locale
            answers.append(answer(project.name, ordinal, first, row, only: only, known, &log))
        }
        return Intent(
            name: project.name, description: project.description, examples: [], slots: project.slots,
            answers: answers, place: project.place)
    }

    private typealias Row = [(locale: BotLocale, variant: ProjectVariant)]

    /// Variants of several languages that stand side by side are one answer.
    private func rows(of variants: [ProjectVariant]) -> [Row] {
        var rows: [Row] = []
        for variant in variants {
            let locale = variant.locale ?? options.locale(of: variant.template.text)
            let index = rows.firstIndex { row in
                guard let first = row.first?.variant else { return false }
                return first.channel == variant.channel && first.values == variant.values
                    && first.template.slots.sorted() == variant.template.slots.sorted()
                    && !row.contains { $0.locale == locale }
            }
            if let index {
                rows[index].append((locale, variant))
            } else {
                rows.append([(locale, variant)])
            }
        }
        return rows
    }

    private mutating func answer(
        _ intent: IntentName, _ ordinal: Int, _ first: ProjectVariant, _ row: Row, only: BotLocale?,
        _ known: Set<IntentName>, _ log: inout IssueLog
    ) -> AnswerTemplate {
        places.note(.answer(intent, ordinal: ordinal), at: first.place)
        var texts: [BotLocale: String] = [:]
        var buttons: [ButtonTemplate] = []
        for (locale, variant) in row {
            places.note(.answerText(intent, ordinal: ordinal, locale), at: variant.place)
            texts[locale] = variant.template.text
            for button in variant.buttons { add(button, locale, to: &buttons, of: intent, ordinal, known, &log) }
        }
        return AnswerTemplate(
            intent: intent, ordinal: ordinal,
            condition: AnswerCondition(channel: first.channel, locale: only, slots: first.values), text: texts,
            buttons: buttons)
    }

    private mutating func add(
        _ button: ProjectButton, _ locale: BotLocale, to buttons: inout [ButtonTemplate], of intent: IntentName,
        _ ordinal: Int, _ known: Set<IntentName>, _ log: inout IssueLog
    ) {
        guard let target = names[button.intent], known.contains(target) else {
            return log.warning(
                button.place,
                "the button '\(button.title.prefix(80))' is left out: nothing is said of its intent '\(button.intent.prefix(80))'; write that intent and then the button"
            )
        }
        let slots = button.slots.isEmpty ? nil : button.slots
        // The same button in another language.
        let same = buttons.firstIndex { $0.intent == target && $0.slots == slots && $0.title[locale] == nil }
        if let same {
            let title = buttons[same].title.merging([locale: button.title]) { $1 }
            buttons[same] = ButtonTemplate(title: title, intent: target, slots: slots)
            return
        }
        buttons.append(ButtonTemplate(title: [locale: button.title], intent: target, slots: slots))
        places.note(.button(intent, ordinal: ordinal, button: buttons.count), at: button.place)
    }
}
