internal import ConversationDomain
import NativeContent
import Tables

/// The examples of another product's project, and the names that its intents get.
struct ProjectExamples {
    let root: SourcePlace
    private let options: ReadOptions
    /// Labels that mean what no intent fits.
    private var rejected: Set<String> = []
    private var rows: [LabelledRow] = []
    private(set) var names: [String: IntentName] = [:]
    /// In the order in which they occur.
    private(set) var labels: [String] = []
    private(set) var count = 0
    /// Rows that are questions with answers.
    private(set) var entryCount = 0
    private(set) var foreignLabels: Set<UTF8Text> = []

    init(root: SourcePlace, options: ReadOptions) { (self.root, self.options) = (root, options) }

    mutating func add(_ row: LabelledRow) { rows.append(row) }

    /// Takes the examples of an intent for what no intent fits.
    mutating func reject(_ label: String) { rejected.insert(LabelledRows.trimmed(label)) }

    /// The numbers of rows by their labels.
    var counts: [String: Int] { rows.reduce(into: [:]) { $0[LabelledRows.trimmed($1.label), default: 0] += 1 } }

    /// The texts of the rows with their labels, as they are compared; of one text the first counts.
    var labelsByText: [UTF8Text: String] {
        rows.reduce(into: [:]) { labels, row in
            let key = ComparableText.key(row.text)
            if labels[key] == nil { labels[key] = LabelledRows.trimmed(row.label) }
        }
    }

    /// How often each entity is marked.
    var marks: [String: Int] { rows.reduce(into: [:]) { for slot in $1.slots { $0[slot.name, default: 0] += 1 } } }

    /// Names the labels of the rows and others.
    mutating func nameLabels(_ others: [(label: String, place: SourcePlace)], _ log: inout IssueLog) {
        var makers = LabelNames<IntentName>.ofIntents(options)
        for label in rejected { makers.meanings[label] = .outOfScope }
        for row in rows {
            if let fault = row.fault {
                log.rowError(row.place(root.path), fault)
            } else if row.entry == nil {
                name(row.label, row.place(root.path), &makers, &log)
            }
        }
        for (label, place) in others where label.utf8.count <= LabelledRow.wordBytes {
            name(label, place, &makers, &log)
        }
    }

    private mutating func name(
        _ written: String, _ place: SourcePlace, _ makers: inout LabelNames<IntentName>, _ log: inout IssueLog
    ) {
        let label = LabelledRows.trimmed(written)
        guard names[label] == nil else { return }
        labels.append(label)
        names[label] = makers.name(label, place, &log)
    }

    /// Adds the examples; false when reading on is useless.
    mutating func finish(into assembly: inout ContentAssembly, _ log: inout IssueLog) -> Bool {
        var labelled = LabelledRows(path: root.path, options: options)
        for row in rows {
            if options.isForeign(row.label) { foreignLabels.insert(UTF8Text(row.label)) }
            guard row.fault == nil, row.split.map(options.split.takes) ?? true else { continue }
            var named = row
            if row.entry == nil {
                guard let name = names[LabelledRows.trimmed(row.label)] else { continue }
                named.label = name.rawValue
                count += 1
            } else {
                entryCount += 1
            }
            guard labelled.add(named, to: &assembly, &log) else { return false }
        }
        labelled.finish(into: &assembly)
        return true
    }

    /// The languages of the examples by intent.
    func locales(in assembly: ContentAssembly) -> [IntentName: Set<BotLocale>] {
        Dictionary(names.values.map { ($0, assembly.locales(ofRowsOf: $0)) }, uniquingKeysWith: { first, _ in first })
            .filter { !$0.value.isEmpty }
    }
}
