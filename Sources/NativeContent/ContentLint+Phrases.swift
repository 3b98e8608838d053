internal import ConversationDomain

/// What the bot says and hears by itself, in the locales that are imported.
extension LintRun {
    /// - Parameter shipped: the phrases that the program brings, which stand in for what the owner has not written.
    mutating func checkPhrases(available: [BotLocale], _ shipped: (BotLocale) -> Phrases?) {
        let own = Dictionary(content.phrases.map { ($0.locale, $0) }) { first, _ in first }
        let known = available + (existing?.phrases ?? []).map(\.locale) + own.keys
        for locale in content.locales where locale.nearest(in: known) == nil {
            log.warning(
                nil,
                "there are no phrases in \(locale), so the bot's own sentences are English there; write them in phrases/\(locale).yaml"
            )
        }
        var unconfirmed: [BotLocale] = []
        for (locale, phrases) in own.sorted(by: { $0.key < $1.key }) {
            let shipped = locale.nearest(in: available).flatMap(shipped)
            let completed = shipped.map(phrases.completed) ?? phrases
            checkCompleteness(of: completed)
            if !completed.contactsAreConfirmed { unconfirmed.append(locale) }
        }
        if !unconfirmed.isEmpty {
            let files = unconfirmed.map { "phrases/\($0).yaml" }.joined(separator: ", ")
            log.warning(
                nil,
                "nobody has confirmed whom to call in danger, so the bot names no number: check 'contacts' in \(files) and set 'confirmed: true'"
            )
        }
    }

    private mutating func checkCompleteness(of phrases: Phrases) {
        let file = "phrases/\(phrases.locale).yaml"
        func tell(_ missing: [String], _ what: String) {
            guard !missing.isEmpty else { return }
            log.warning(nil, "\(file) has no \(what): \(missing.sorted().joined(separator: ", "))")
        }
        tell(BotPhrase.allCases.filter { phrases.says[$0]?.isEmpty != false }.map(\.rawValue), "words under 'says' for")
        let silent = SpeechAct.allCases.filter { phrases.acts[$0]?.isEmpty != false }
        tell(silent.map(\.rawValue), "sentences under 'acts' for")
        let lists = [
            "refusals": phrases.refusals.isEmpty, "negations": phrases.negations.isEmpty,
            "corrections": phrases.corrections.isEmpty, "joints": phrases.joints.isEmpty,
            "pointers": phrases.pointers.isEmpty, "others": phrases.others.isEmpty,
            "ordinals": phrases.ordinals.isEmpty, "contacts": phrases.contacts.isEmpty,
        ]
        tell(WidgetText.allCases.filter { phrases.widget?[$0] == nil }.map(\.rawValue), "text under 'widget' for")
        tell(PageText.allCases.filter { phrases.page?[$0] == nil }.map(\.rawValue), "text under 'page' for")
        tell(lists.filter(\.value).map(\.key), "entries under")
        guard !phrases.contacts.isEmpty else { return }
        let dangers = SpeechAct.allCases.filter { $0.isDanger && phrases.contacts[$0] == nil }
        tell(dangers.map(\.rawValue), "contact for")
    }
}
