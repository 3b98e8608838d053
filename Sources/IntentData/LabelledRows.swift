internal import ConversationDomain
internal import Foundation

/// One row of a table of texts and labels.
struct LabelledRow {
    let text: String
    let label: String
    var locale: String?
    var split: String?
    /// The id of the entry that answers it; only where the columns take one.
    var knowledge: String?
    /// Marked entities.
    var slots: [RowSlot] = []
    let line: Int

    /// What a label, a locale or a split may have: a name of 128 characters has at most so many bytes.
    static let wordBytes = 512

    /// What is wrong with a field that is compared; nothing of the row is looked at before this was asked.
    var fault: String? {
        let words = [
            ("label", label), ("locale", locale ?? ""), ("split", split ?? ""), ("entry's id", knowledge ?? ""),
        ]
        guard let (name, word) = words.first(where: { $0.1.utf8.count > Self.wordBytes }) else { return nil }
        return "the \(name) has \(word.utf8.count) bytes, expected at most \(Self.wordBytes)"
    }
}

/// An entity that a row marks: offsets in Unicode scalars of the row's text, `end` exclusive.
struct RowSlot: Decodable {
    let name: String
    let start: Int
    let end: Int

    enum Keys: String, CodingKey {
        case slot, entity, start, end
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Keys.self)
        name = try fields.decodeIfPresent(String.self, forKey: .slot) ?? fields.decode(String.self, forKey: .entity)
        start = try fields.decode(Int.self, forKey: .start)
        end = try fields.decode(Int.self, forKey: .end)
    }
}

/// Turns the rows of one file into examples.
struct LabelledRows {
    let path: String
    let options: ReadOptions
    private var names: LabelNames<IntentName>
    private var locales: [UTF8Text: BotLocale] = [:]
    /// The foreign labels of the options that a row had.
    private(set) var foreignLabels: Set<UTF8Text> = []

    init(path: String, options: ReadOptions) {
        self.path = path
        self.options = options
        names = .ofIntents(options)
    }

    func place(_ line: Int) -> SourcePlace { SourcePlace(path: path, line: line) }

    /// Checks a row and adds its example; false when reading on is useless.
    mutating func add(_ row: LabelledRow, to assembly: inout ContentAssembly, _ log: inout IssueLog) -> Bool {
        let place = place(row.line)
        if let fault = row.fault {
            log.error(place, fault)
            return !log.isFull
        }
        if let split = row.split.map(Self.trimmed), !split.isEmpty, !options.split.takes(split) { return true }
        let label = Self.trimmed(row.label)
        if options.isForeign(label) { foreignLabels.insert(UTF8Text(label)) }
        do {
            let text = try TextRule.checked(row.text, limit: options.limits.text)
            guard let name = names.name(label, place, &log) else { return !log.isFull }
            guard let locale = locale(Self.trimmed(row.locale ?? ""), of: text, place, &log) else { return !log.isFull }
            guard let spans = spans(of: row, in: text, place, &log) else { return !log.isFull }
            let example = Example(text: text, locale: locale, spans: spans, place: place)
            guard assembly.add(example, to: name) else {
                log.error(place, "more than \(options.limits.rows) examples; expected fewer rows")
                return false
            }
        } catch {
            log.error(place, "the text \(error.message)")
        }
        return !log.isFull
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
                log.error(
                    place,
                    "the slot cannot be '\(slot.name.prefix(80))', expected 1 to 128 letters, digits and . _ - / :")
                return nil
            }
            let (start, overflow) = slot.start.subtractingReportingOverflow(shift)
            guard !overflow, start >= spans.last?.end ?? 0, slot.end > slot.start, slot.end <= length + shift else {
                log.error(
                    place,
                    "the slot '\(entity)' from \(slot.start) to \(slot.end) is not in the text or overlaps another one")
                return nil
            }
            spans.append(EntitySpan(entity: entity, start: start, end: slot.end - shift))
        }
        return spans
    }

    static func trimmed(_ field: String) -> String {
        guard field.first?.isWhitespace == true || field.last?.isWhitespace == true else { return field }
        return field.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private mutating func locale(
        _ tag: String, of text: String, _ place: SourcePlace, _ log: inout IssueLog
    ) -> BotLocale? {
        if tag.isEmpty { return options.locale(of: text) }
        if let known = locales[UTF8Text(tag)] { return known }
        guard let locale = BotLocale(tag) else {
            log.error(place, "the locale is '\(tag.prefix(40))', expected a language tag such as en or zh-TW")
            return nil
        }
        locales[UTF8Text(tag)] = locale
        return locale
    }
}
