internal import ConversationDomain

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
        for variant in project.variants {
            let ordinal = answers.count + 1
            let locale = variant.locale ?? options.locale(of: variant.template.text)
            // A text that not all who ask understand is for those who do.
            let isUnderstood = spoken.allSatisfy { $0.nearest(in: [locale]) != nil }
            places.note(.answer(project.name, ordinal: ordinal), at: variant.place)
            places.note(.answerText(project.name, ordinal: ordinal, locale), at: variant.place)
            let condition = AnswerCondition(
                channel: variant.channel, locale: isUnderstood ? nil : locale, slots: variant.values)
            let buttons = buttons(of: variant, of: project.name, ordinal, locale, known, &log)
            answers.append(
                AnswerTemplate(
                    intent: project.name, ordinal: ordinal, condition: condition,
                    text: [locale: variant.template.text], buttons: buttons))
        }
        return Intent(
            name: project.name, description: project.description, examples: [], slots: project.slots,
            answers: answers, place: project.place)
    }

    private mutating func buttons(
        of variant: ProjectVariant, of intent: IntentName, _ ordinal: Int, _ locale: BotLocale,
        _ known: Set<IntentName>, _ log: inout IssueLog
    ) -> [ButtonTemplate] {
        var buttons: [ButtonTemplate] = []
        for button in variant.buttons {
            guard let target = names[button.intent], known.contains(target) else {
                log.warning(
                    button.place,
                    "the button '\(button.title.prefix(80))' is left out: nothing is said of its intent '\(button.intent.prefix(80))'; write that intent and then the button"
                )
                continue
            }
            buttons.append(
                ButtonTemplate(
                    title: [locale: button.title], intent: target, slots: button.slots.isEmpty ? nil : button.slots))
            places.note(.button(intent, ordinal: ordinal, button: buttons.count), at: button.place)
        }
        return buttons
    }
}
