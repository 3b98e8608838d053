package import ConversationDomain

/// Puts together what the files of one run hold.
package struct ContentAssembly {
    package var places = ContentPlaces()
    private let limits: ContentLimits
    private var intents: [Intent] = []
    private var knowledge: [KnowledgeEntry] = []
    private var entities: [EntityDefinition] = []
    private var settings: (value: BotContent.Settings, place: SourcePlace)?
    private var teams: (value: Teams, place: SourcePlace)?
    private var phrases: [BotLocale: (value: Phrases, place: SourcePlace)] = [:]
    /// Examples of rows, by intent, in the order in which the intents occur.
    private var rows: [IntentName: [Example]] = [:]
    private var rowOrder: [IntentName] = []
    private var rowAnswers = RowAnswers()
    private var count = 0

    package init(limits: ContentLimits) { self.limits = limits }

    package mutating func add(_ intent: Intent) {
        intents.append(intent)
        count += intent.examples.count
    }

    package mutating func add(_ entries: [KnowledgeEntry]) {
        knowledge += entries
        for entry in entries { count += entry.questions.count }
    }

    package mutating func add(_ definitions: [EntityDefinition]) { entities += definitions }

    package mutating func add(_ settings: BotContent.Settings, at place: SourcePlace, _ log: inout IssueLog) {
        if let first = self.settings {
            log.error(place, "the settings are given twice, first (\(first.place))")
        } else {
            self.settings = (settings, place)
        }
    }

    package mutating func add(_ teams: Teams, at place: SourcePlace, _ log: inout IssueLog) {
        if let first = self.teams {
            log.error(place, "the teams are given twice, first (\(first.place))")
        } else {
            self.teams = (teams, place)
            places.note(.teams, at: place)
        }
    }

    package mutating func add(_ phrases: Phrases, at place: SourcePlace, _ log: inout IssueLog) {
        if let first = self.phrases[phrases.locale] {
            log.error(place, "the phrases of '\(phrases.locale)' are given twice, first (\(first.place))")
        } else {
            self.phrases[phrases.locale] = (phrases, place)
        }
    }

    /// Adds a row's example; false when there are too many.
    package mutating func add(_ example: Example, to intent: IntentName) -> Bool {
        count += 1
        note(intent)
        rows[intent, default: []].append(example)
        return count <= limits.rows
    }

    /// Adds an answer that stands beside a row's example.
    package mutating func add(
        answer text: String, to intent: IntentName, _ locale: BotLocale, at place: SourcePlace, _ log: inout IssueLog
    ) {
        note(intent)
        rowAnswers.add(text, to: intent, locale, at: place, &log)
    }

    /// Adds a title that stands beside a row's example; of several the first counts.
    package mutating func add(title: String, to intent: IntentName, _ locale: BotLocale) {
        note(intent)
        rowAnswers.add(title: title, to: intent, locale)
    }

    /// The locales of an intent's rows.
    package func locales(ofRowsOf intent: IntentName) -> Set<BotLocale> { Set((rows[intent] ?? []).map(\.locale)) }

    private mutating func note(_ intent: IntentName) {
        guard rows[intent] == nil else { return }
        rowOrder.append(intent)
        rows[intent] = []
    }

    /// Everything, without the examples that an intent has twice.
    package func content(_ log: inout IssueLog) -> BotContent {
        if count > limits.rows, let place = knowledge.last?.place ?? intents.last?.place {
            log.error(place, "more than \(limits.rows) examples and questions")
        }
        let native = Set(intents.map(\.name))
        var merged = intents
        for index in merged.indices {
            guard let more = rows[merged[index].name], merged[..<index].allSatisfy({ $0.name != merged[index].name })
            else { continue }
            merged[index] = rowAnswers.complete(merged[index].withExamples(merged[index].examples + more))
        }
        for name in rowOrder where !native.contains(name) {
            let examples = rows[name] ?? []
            let place = examples.first?.place ?? rowAnswers.place(of: name)
            merged.append(rowAnswers.complete(Intent(name: name, examples: examples, place: place)))
        }
        return BotContent(
            intents: merged.map { Self.deduplicated($0, &log) }, knowledge: knowledge, entities: entities,
            settings: settings?.value, phrases: phrases.values.map(\.value).sorted { $0.locale < $1.locale },
            teams: teams?.value)
    }

    private static func deduplicated(_ intent: Intent, _ log: inout IssueLog) -> Intent {
        var first: [ExampleKey: SourcePlace?] = [:]
        var kept: [Example] = []
        for example in intent.examples {
            let key = ExampleKey(text: ComparableText.key(example.text), locale: example.locale)
            if let earlier = first[key] {
                log.warning(example.place, ContentLint.repeated(example, of: intent.name, earlier: earlier))
            } else {
                first.updateValue(example.place, forKey: key)
                kept.append(example)
            }
        }
        return kept.count == intent.examples.count ? intent : intent.withExamples(kept)
    }
}

/// What makes two examples of one intent the same.
package struct ExampleKey: Hashable {
    let text: UTF8Text
    let locale: BotLocale

    package init(text: UTF8Text, locale: BotLocale) {
        self.text = text
        self.locale = locale
    }
}

extension Intent {
    func withExamples(_ examples: [Example]) -> Intent {
        var intent = self
        intent.examples = examples
        return intent
    }
}

/// Texts as they are compared: without regard to case, spaces and punctuation.
package enum ComparableText {
    package static func key(_ text: String) -> UTF8Text {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return asciiKey(text) }
        var key = String.UnicodeScalarView()
        for scalar in text.lowercased().unicodeScalars where !isIgnored(scalar) { key.append(scalar) }
        return UTF8Text(key.isEmpty ? text : String(key))
    }

    /// The same for ASCII alone, much faster: most rows of most tables are.
    private static func asciiKey(_ text: String) -> UTF8Text {
        var key: [UInt8] = []
        key.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): key.append(byte | 0x20)
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): key.append(byte)
            // The symbols that are no punctuation.
            case UInt8(ascii: "$"), UInt8(ascii: "+"), UInt8(ascii: "<")...UInt8(ascii: ">"), UInt8(ascii: "^"),
                UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
                key.append(byte)
            default: continue
            }
        }
        return UTF8Text(key.isEmpty ? text : String(decoding: key, as: UTF8.self))
    }

    private static func isIgnored(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation, .spaceSeparator, .lineSeparator, .paragraphSeparator, .control,
            .format:
            true
        default: false
        }
    }
}
