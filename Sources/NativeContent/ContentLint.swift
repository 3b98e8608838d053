public import ConversationDomain

/// Tells what is wrong or doubtful in content before it is used.
public enum ContentLint {
    /// The fewest examples per language that an intent should have.
    static let fewestExamples = 10
    /// Unicode scalars that fit on a button.
    package static let longestTitle = 60
    /// The most issues of one severity that are told.
    static let issueLimit = 1_000

    /// Checks content that is about to be imported.
    /// - Parameters:
    ///   - content: what is to be imported.
    ///   - existing: what the bot has already and keeps, so that buttons may lead there; nil when it is replaced.
    ///   - places: from ``ReadResult``, for the lines of answers, asks and buttons.
    /// - Returns: errors and warnings in the order of files and lines; at most 1,000 of each.
    public static func check(
        _ content: BotContent, existing: BotContent? = nil, places: ContentPlaces = ContentPlaces()
    ) -> [LintIssue] {
        var run = LintRun(content: content, existing: existing, places: places)
        let intents = run.checkNames()
        run.checkExamples(of: intents)
        for intent in intents {
            run.checkSlots(of: intent)
            run.checkAction(of: intent)
            run.checkAnswers(of: intent)
        }
        run.checkKnowledge()
        run.checkTitles(of: intents)
        run.checkEntities()
        run.checkTeams()
        run.checkPhrases(available: ShippedPhrases.locales) { ShippedPhrases.phrases(in: $0) }
        return run.issues()
    }

    /// The words for an example that an intent has twice.
    static func repeated(_ example: Example, of intent: IntentName, earlier: SourcePlace?) -> String {
        "the intent '\(intent)' already has '\(example.text.prefix(80))'\(LintRun.at(earlier)); the second is left out"
    }
}

/// One call of ``ContentLint``.
package struct LintRun {
    let content: BotContent
    let existing: BotContent?
    let places: ContentPlaces
    /// What the bot has and this import does not name.
    let kept: [Intent]
    /// Everything that there will be.
    let known: [IntentName: Intent]
    private let stored: [IntentName: Intent]
    var log = IssueLog(limit: ContentLint.issueLimit)

    init(content: BotContent, existing: BotContent?, places: ContentPlaces) {
        self.content = content
        self.existing = existing
        self.places = places
        let named = Set(content.intents.map(\.name))
        kept = (existing?.intents ?? []).filter { !named.contains($0.name) }
        stored = Dictionary((existing?.intents ?? []).map { ($0.name, $0) }) { first, _ in first }
        known = Dictionary((content.intents + kept).map { ($0.name, $0) }) { first, _ in first }
    }

    /// By file and line; what has no place comes first.
    func issues() -> [LintIssue] {
        (log.errors + log.toldWarnings).enumerated().sorted { left, right in
            let (first, second) = (left.element.place, right.element.place)
            return (first?.path ?? "", first?.line ?? 0, left.offset)
                < (second?.path ?? "", second?.line ?? 0, right.offset)
        }.map(\.element)
    }

    /// ` (path:line)`, or nothing.
    static func at(_ place: SourcePlace?) -> String { place.map { " (\($0))" } ?? "" }

    /// What the bot has of an intent and keeps when an import brings nothing but examples for it.
    func stored(under intent: Intent) -> Intent? {
        guard intent.hasExamplesOnly else { return nil }
        return stored[intent.name]
    }

    /// The intents, those left out that are defined a second time.
    mutating func checkNames() -> [Intent] {
        var first: [IntentName: SourcePlace?] = [:]
        var intents: [Intent] = []
        for intent in content.intents {
            if let earlier = first[intent.name] {
                log.error(intent.place, "the intent '\(intent.name)' is defined twice, first\(Self.at(earlier))")
            } else {
                first.updateValue(intent.place, forKey: intent.name)
                intents.append(intent)
            }
        }
        return intents
    }
}
