internal import ConversationDomain

/// Titles are what buttons say when the bot asks which of several things was meant.
extension LintRun {
    /// Who has a title already.
    private struct Titled {
        /// `the intent 'order.status'` or `the entry 'customs.en'`.
        let what: String
        let place: SourcePlace?
    }

    /// Entries without a title that are named one by one.
    private static let untitledApart = 3

    mutating func checkTitles(of intents: [Intent]) {
        var titled: [ExampleKey: Titled] = [:]
        let named = Set(content.knowledge.map(\.id))
        for intent in kept {
            for (locale, title) in intent.title { note(title, locale, Self.what(intent), nil, &titled) }
        }
        for entry in existing?.knowledge ?? [] where !named.contains(entry.id) && !entry.isPassage {
            if let title = entry.title { note(title, entry.locale, Self.what(entry), nil, &titled) }
        }
        for intent in intents { checkTitles(of: intent, &titled) }
        let entries = content.knowledge.filter { !$0.isPassage }
        tellUntitled(entries.filter { $0.title == nil })
        for entry in entries { checkTitle(of: entry, &titled) }
    }

    /// A table of hundreds of questions has titles or has none: one line tells of all.
    private mutating func tellUntitled(_ entries: [KnowledgeEntry]) {
        guard entries.count > Self.untitledApart else {
            for entry in entries {
                log.warning(
                    entry.place,
                    "\(Self.what(entry)) has no title; a button that stands for it shows its first question")
            }
            return
        }
        let some = entries.prefix(Self.untitledApart).map { "'\($0.id)'" }.joined(separator: ", ")
        log.warning(
            entries[0].place,
            "\(entries.count) entries have no title (\(some), …); a button that stands for one shows its first question"
        )
    }

    private static func what(_ intent: Intent) -> String { "the intent '\(intent.name)'" }
    private static func what(_ entry: KnowledgeEntry) -> String { "the entry '\(entry.id)'" }

    private mutating func checkTitles(of intent: Intent, _ titled: inout [ExampleKey: Titled]) {
        let place = places[.title(intent.name)] ?? intent.place
        // Rows of a table have no titles, what is rejected is not offered, and who asks for a person has a button anyway.
        if !intent.hasExamplesOnly, intent.name != .outOfScope, intent.name != .agentRequest {
            let available = intent.title.keys.sorted()
            for locale in Set(intent.examples.map(\.locale)).sorted() where locale.nearest(in: available) == nil {
                log.warning(place, "\(Self.what(intent)) has no title for \(locale), so no button can stand for it")
            }
        }
        for (locale, title) in intent.title.sorted(by: { $0.key < $1.key }) {
            check(title, locale, Self.what(intent), place, &titled)
        }
    }

    private mutating func checkTitle(of entry: KnowledgeEntry, _ titled: inout [ExampleKey: Titled]) {
        guard let title = entry.title else { return }
        check(title, entry.locale, Self.what(entry), places[.knowledgeTitle(entry.id)] ?? entry.place, &titled)
    }

    private mutating func check(
        _ title: String, _ locale: BotLocale, _ what: String, _ place: SourcePlace?,
        _ titled: inout [ExampleKey: Titled]
    ) {
        if title.unicodeScalars.count > ContentLint.longestTitle {
            log.warning(
                place,
                "the title of \(what) (\(locale)) is longer than \(ContentLint.longestTitle) characters, which fit on no button"
            )
        }
        if let earlier = note(title, locale, what, place, &titled) {
            log.warning(
                place,
                "the title '\(title.prefix(80))' of \(what) is that of \(earlier.what) too\(Self.at(earlier.place)); nobody can tell the buttons apart"
            )
        }
    }

    /// Who had the title before.
    @discardableResult
    private func note(
        _ title: String, _ locale: BotLocale, _ what: String, _ place: SourcePlace?,
        _ titled: inout [ExampleKey: Titled]
    ) -> Titled? {
        let key = ExampleKey(text: ComparableText.key(title), locale: locale)
        if let earlier = titled[key] { return earlier }
        titled[key] = Titled(what: what, place: place)
        return nil
    }
}
