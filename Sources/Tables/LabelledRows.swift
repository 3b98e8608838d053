package import ConversationDomain
internal import Foundation
package import NativeContent

/// One row of a table of texts and labels.
package struct LabelledRow {
    package let text: String
    package var label: String
    var locale: String?
    package var split: String?
    /// The id of the entry that answers it; only where the columns take one.
    package var knowledge: String?
    /// Marked entities.
    package var slots: [RowSlot] = []
    /// What the bot says to the intent.
    package var answers: [RowAnswer] = []
    /// The title of the intent.
    package var title: String?
    /// What makes it a question with its answer, and no example of an intent.
    package var entry: RowEntry?
    /// The sheet of a workbook that it stands on.
    var sheet: String?
    /// Of several that are read as one, the file that it stands in.
    package var file: String?
    let line: Int

    package init(
        text: String, label: String, locale: String? = nil, split: String? = nil, knowledge: String? = nil,
        slots: [RowSlot] = [], answers: [RowAnswer] = [], title: String? = nil, entry: RowEntry? = nil,
        sheet: String? = nil, file: String? = nil, line: Int
    ) {
        self.text = text
        self.label = label
        self.locale = locale
        self.split = split
        self.knowledge = knowledge
        self.slots = slots
        self.answers = answers
        self.title = title
        self.entry = entry
        self.sheet = sheet
        self.file = file
        self.line = line
    }

    /// Where it stands in a file.
    package func place(_ path: String) -> SourcePlace {
        SourcePlace(path: file ?? sheet.map { "\(path)#\($0)" } ?? path, line: line)
    }

    /// What a label, a locale or a split may have: a name of 128 characters has at most so many bytes.
    package static let wordBytes = 512

    /// What is wrong with a field that is compared; nothing of the row is looked at before this was asked.
    package var fault: String? {
        let words = [
            ("label", label), ("locale", locale ?? ""), ("split", split ?? ""), ("entry's id", knowledge ?? ""),
        ]
        guard let (name, word) = words.first(where: { $0.1.utf8.count > Self.wordBytes }) else { return nil }
        return "the \(name) has \(word.utf8.count) bytes, expected at most \(Self.wordBytes)"
    }
}

/// An answer to an intent, beside one of its examples.
package struct RowAnswer {
    let text: String
    /// Nil where the row tells none.
    var locale: BotLocale?

    package init(text: String, locale: BotLocale? = nil) {
        self.text = text
        self.locale = locale
    }
}

/// What a question has beside it in a table of questions and answers.
package struct RowEntry {
    /// The other wordings of the question.
    var alternatives: [String] = []
    let answer: String
    var link: String?
    var title: String?
    var id: String?
    var category: String?

    package init(
        alternatives: [String] = [], answer: String, link: String? = nil, title: String? = nil, id: String? = nil,
        category: String? = nil
    ) {
        self.alternatives = alternatives
        self.answer = answer
        self.link = link
        self.title = title
        self.id = id
        self.category = category
    }
}

/// An entity that a row marks: offsets in Unicode scalars of the row's text, `end` exclusive.
package struct RowSlot {
    package let name: String
    package let start: Int
    package let end: Int
    /// What the marked words stand for, where the row tells it.
    package var value: String?
    /// What it is in the sentence, and which others it belongs to, as Rasa marks it.
    package var role: String?
    package var group: String?

    package init(name: String, start: Int, end: Int, value: String? = nil) {
        self.name = name
        self.start = start
        self.end = end
        self.value = value
    }
}

/// Turns the rows of one file into examples.
package struct LabelledRows {
    let path: String
    let options: ReadOptions
    private var names: LabelNames<IntentName>
    private var locales: [UTF8Text: BotLocale] = [:]
    /// The foreign labels of the options that a row had.
    package private(set) var foreignLabels: Set<UTF8Text> = []

    private var entries: EntryRows
    private var cleaner = TextCleaner()

    package init(path: String, options: ReadOptions) {
        self.path = path
        self.options = options
        names = .ofIntents(options)
        entries = EntryRows(path: path, options: options)
    }

    /// Adds the entries that the rows made, after the last row.
    package func finish(into assembly: inout ContentAssembly) { entries.finish(into: &assembly) }

    /// Checks a row and adds its example; false when reading on is useless.
    package mutating func add(_ row: LabelledRow, to assembly: inout ContentAssembly, _ log: inout IssueLog) -> Bool {
        let place = row.place(path)
        if let fault = row.fault {
            log.rowError(place, fault)
            return !log.isFull
        }
        if let split = row.split.map(Self.trimmed), !split.isEmpty, !options.split.takes(split) { return true }
        if row.entry != nil { return add(entry: row, place, &log) }
        let label = Self.trimmed(row.label)
        if options.isForeign(label) { foreignLabels.insert(UTF8Text(label)) }
        if !label.isEmpty, label.utf8.allSatisfy({ (48...57).contains($0) }), !options.isForeign(label) {
            log.rowError(
                place,
                "the intent is the number '\(label)', expected its name, also in a column 'label_text' or 'label_class'"
            )
            return !log.isFull
        }
        do {
            let written = row.slots.isEmpty ? cleaner.cleaned(row.text, place, &log) : row.text
            let isAnswerOnly = written.isBlank && !row.answers.isEmpty
            let text = isAnswerOnly ? "" : try TextRule.checked(written, limit: options.limits.text)
            guard let name = names.name(label, place, &log) else { return !log.isFull }
            guard let locale = locale(Self.trimmed(row.locale ?? ""), of: text, place, &log) else { return !log.isFull }
            addAnswers(of: row, to: name, locale, place, &assembly, &log)
            if isAnswerOnly { return true }
            guard let spans = spans(of: row, in: text, place, &log) else { return !log.isFull }
            let example = Example(text: text, locale: locale, spans: spans, place: place)
            guard assembly.add(example, to: name) else {
                log.error(place, "more than \(options.limits.rows) examples; expected fewer rows")
                return false
            }
        } catch {
            log.rowError(place, "the text \(error.message)")
        }
        return !log.isFull
    }

    private mutating func add(entry row: LabelledRow, _ place: SourcePlace, _ log: inout IssueLog) -> Bool {
        let sample = row.text + (row.entry?.answer ?? "")
        guard let locale = locale(Self.trimmed(row.locale ?? ""), of: sample, place, &log) else { return !log.isFull }
        return entries.add(row, locale, &cleaner, &log)
    }

    private mutating func addAnswers(
        of row: LabelledRow, to intent: IntentName, _ locale: BotLocale, _ place: SourcePlace,
        _ assembly: inout ContentAssembly, _ log: inout IssueLog
    ) {
        if let title = row.title, let text = try? TextRule.checked(title, limit: options.limits.text) {
            assembly.add(title: text, to: intent, row.locale == nil ? options.locale(of: text) : locale)
        }
        for answer in row.answers {
            let written = cleaner.cleaned(answer.text, place, &log)
            guard let fault = Self.fault(ofAnswer: written, limit: options.limits.answer) else {
                let told = answer.locale ?? (row.locale.map(\.isBlank) ?? true ? options.locale(of: written) : locale)
                assembly.add(answer: Self.trimmed(written), to: intent, told, at: place, &log)
                continue
            }
            log.warning(place, "the answer \(fault); it is left out")
        }
    }

    /// Why an answer cannot be one.
    private static func fault(ofAnswer text: String, limit: Int) -> String? {
        do {
            _ = try TextRule.checked(text, limit: limit)
        } catch {
            return error.message
        }
        guard text.contains("{{") else { return nil }
        return "'\(text.prefix(40))' has {{…}}, which the bot cannot fill"
    }

    /// The marks of a row in its text without the white space around it; nil when one is wrong.
    private func spans(
        of row: LabelledRow, in text: String, _ place: SourcePlace, _ log: inout IssueLog
    ) -> [EntitySpan]? {
        guard !row.slots.isEmpty else { return [] }
        let shift = row.text.unicodeScalars.prefix { $0.properties.isWhitespace }.count
        let length = text.unicodeScalars.count
        var spans: [EntitySpan] = []
        for slot in row.slots.sorted(by: { $0.start < $1.start }) {
            guard let entity = EntityName(slot.name) else {
                log.rowError(
                    place,
                    "the slot cannot be '\(slot.name.prefix(80))', expected 1 to 128 letters, digits and . _ - / :")
                return nil
            }
            let (start, overflow) = slot.start.subtractingReportingOverflow(shift)
            guard !overflow, start >= spans.last?.end ?? 0, slot.end > slot.start, slot.end <= length + shift else {
                log.rowError(
                    place,
                    "the slot '\(entity)' from \(slot.start) to \(slot.end) is not in the text or overlaps another one")
                return nil
            }
            spans.append(EntitySpan(entity: entity, start: start, end: slot.end - shift))
        }
        return spans
    }

    package static func trimmed(_ field: String) -> String {
        guard field.first?.isWhitespace == true || field.last?.isWhitespace == true else { return field }
        return field.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private mutating func locale(
        _ tag: String, of text: String, _ place: SourcePlace, _ log: inout IssueLog
    ) -> BotLocale? {
        if tag.isEmpty { return options.locale(of: text) }
        if let known = locales[UTF8Text(tag)] { return known }
        guard let locale = BotLocale(tag) else {
            log.rowError(place, "the locale is '\(tag.prefix(40))', expected a language tag such as en or zh-TW")
            return nil
        }
        locales[UTF8Text(tag)] = locale
        return locale
    }
}
