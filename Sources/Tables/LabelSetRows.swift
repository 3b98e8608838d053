package import ConversationDomain
package import ModelRecords
package import NativeContent

/// Puts together the rows of one classifier's files.
package struct LabelSetRows {
    package let classifier: ClassifierName
    package let options: ReadOptions
    /// Of the file that is being read.
    package var path = ""
    private var names = LabelNames<LabelName>(noun: "label")
    private var labels: Set<LabelName> = []
    private var texts: [LabelSetText] = []
    /// Where each text stands in `texts`.
    private var positions: [UTF8Text: Int] = [:]
    /// Positions of texts that another row gives another label.
    private var contradicted: Set<Int> = []
    private var cleaner = TextCleaner()

    package init(_ classifier: ClassifierName, options: ReadOptions) {
        self.classifier = classifier
        self.options = options
    }

    /// Checks a row and takes it; false when reading on is useless.
    package mutating func take(_ row: LabelledRow, _ log: inout IssueLog) -> Bool {
        let place = row.place(path)
        if let fault = row.fault {
            log.rowError(place, fault)
            return !log.isFull
        }
        if let split = row.split.map(LabelledRows.trimmed), !split.isEmpty, !options.split.takes(split) { return true }
        do {
            let text = try TextRule.checked(cleaner.cleaned(row.text, place, &log), limit: options.limits.text)
            guard let label = names.name(LabelledRows.trimmed(row.label), place, &log) else { return !log.isFull }
            return add(LabelSetText(text: text, label: label, place: place), place, &log)
        } catch {
            log.rowError(place, "the text \(error.message)")
            return !log.isFull
        }
    }

    private mutating func add(_ text: LabelSetText, _ place: SourcePlace, _ log: inout IssueLog) -> Bool {
        if let position = positions[UTF8Text(text.text)] {
            note(text, after: position, place, &log)
            return true
        }
        guard texts.count < LabelSet.textLimit else {
            log.error(place, "more than \(LabelSet.textLimit) texts; expected fewer rows")
            return false
        }
        guard text.label.rawValue != IntentName.outOfScope.rawValue else {
            log.rowError(place, "the label '\(text.label)' is kept for the intents; expected another name")
            return !log.isFull
        }
        labels.insert(text.label)
        guard labels.count <= LabelSet.labelCounts.upperBound else {
            log.error(
                place,
                "more than \(LabelSet.labelCounts.upperBound) labels, '\(text.label)' is the next; expected a column of labels"
            )
            return false
        }
        positions[UTF8Text(text.text)] = texts.count
        texts.append(text)
        return true
    }

    private mutating func note(
        _ text: LabelSetText, after position: Int, _ place: SourcePlace, _ log: inout IssueLog
    ) {
        let earlier = texts[position]
        let at = earlier.place.map { " at \($0)" } ?? ""
        guard earlier.label != text.label else {
            log.warning(place, "'\(text.text.prefix(80))' stands\(at) already; the second is left out")
            return
        }
        contradicted.insert(position)
        log.warning(
            place,
            "'\(text.text.prefix(80))' is '\(text.label)' here and '\(earlier.label)'\(at); both are left out, expected one of them"
        )
    }

    /// Without the texts that have two labels.
    package func labelSet() -> LabelSet {
        let kept = contradicted.isEmpty ? texts : texts.indices.filter { !contradicted.contains($0) }.map { texts[$0] }
        return LabelSet(classifier: classifier, texts: kept)
    }
}
