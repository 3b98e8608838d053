internal import ConversationDomain

extension LintRun {
    /// Who has a sentence already.
    private struct Owner {
        let intent: IntentName
        let place: SourcePlace?
        let origin: ExampleOrigin
    }

    mutating func checkExamples(of intents: [Intent]) {
        var owners: [UTF8Text: Owner] = [:]
        // What stays in the bot came first.
        for intent in kept {
            for example in intent.examples {
                owners[ComparableText.key(example.text)] = Owner(
                    intent: intent.name, place: nil, origin: example.origin)
            }
        }
        // So do labels, which stay whatever is imported.
        for intent in existing?.intents ?? [] {
            for example in intent.examples where example.origin == .review {
                owners[ComparableText.key(example.text)] = Owner(intent: intent.name, place: nil, origin: .review)
            }
        }
        for intent in intents {
            checkCount(of: intent)
            checkOwners(of: intent, &owners)
        }
        checkMarks(in: intents)
    }

    private mutating func checkOwners(of intent: Intent, _ owners: inout [UTF8Text: Owner]) {
        var own: [ExampleKey: SourcePlace?] = [:]
        for example in intent.examples {
            let text = ComparableText.key(example.text)
            let key = ExampleKey(text: text, locale: example.locale)
            if let earlier = own[key] {
                log.warning(example.place, ContentLint.repeated(example, of: intent.name, earlier: earlier))
            } else if let owner = owners[text], owner.intent != intent.name {
                let message =
                    "'\(example.text.prefix(80))' is an example of '\(intent.name)' and of '\(owner.intent)'\(Self.at(owner.place)); expected one of them"
                // Labelled rows come from many hands, and a few contradictions in thousands do no harm to training; an
                // intent that somebody wrote is to be clear. A label from the review queue was decided on deliberately.
                if intent.hasExamplesOnly || example.origin == .review || owner.origin == .review {
                    log.warning(example.place, message)
                } else {
                    log.error(example.place, message)
                }
            } else {
                owners[text] = Owner(intent: intent.name, place: example.place, origin: example.origin)
            }
            own.updateValue(example.place, forKey: key)
        }
    }

    private mutating func checkCount(of intent: Intent) {
        let examples = intent.examples + (stored(under: intent)?.examples ?? [])
        if examples.isEmpty { log.warning(intent.place, "the intent '\(intent.name)' has no examples") }
        let counts = Dictionary(grouping: examples, by: \.locale).mapValues(\.count)
        for (locale, count) in counts.sorted(by: { $0.key < $1.key }) where count < ContentLint.fewestExamples {
            log.warning(
                intent.place,
                "the intent '\(intent.name)' has \(count) \(count == 1 ? "example" : "examples") in \(locale), expected at least \(ContentLint.fewestExamples)"
            )
        }
    }
}
