/// The names that columns and JSON keys have, best first.
package struct RowColumns: Hashable {
    package static let text = ["text", "utterance", "query", "phrase", "sentence"]
    package static let locale = ["locale", "lang", "language"]
    static let split = ["split"]
    /// Lists of `{slot or entity, start, end}`, in JSON only.
    package static let slots = ["slots", "entities"]

    static let knowledge = "knowledge"

    /// Of the label.
    package let label: [String]
    /// Whether a row may name a knowledge entry, beside an intent or instead of one.
    var takesKnowledge = false
    /// Whether rows may be questions with answers, and examples have answers beside them.
    var takesEntries = false

    static let ofIntents = RowColumns(label: ["intent", "label", "category"])
    /// Of files with content.
    package static let ofContent = RowColumns(label: ofIntents.label, takesEntries: true)
    /// Of files that measure a bot.
    package static let ofUtterances = RowColumns(label: ofIntents.label, takesKnowledge: true)

    /// All that can tell what a text should lead to.
    package var labels: [String] { takesKnowledge ? label + [Self.knowledge] : label }

    /// The names that tell a label for certain, best first.
    var strongLabels: [String] {
        label == Self.ofIntents.label ? ["intent"] + ColumnName.moreLabels : label + ColumnName.moreLabels
    }

    /// A column may have the classifier's own name, so that one table serves several classifiers and the intents.
    package static func of(_ classifier: String) -> RowColumns {
        let names = [classifier, classifier.lowercased()]
        return RowColumns(label: (names[0] == names[1] ? [classifier] : names) + ["label", "category", "intent"])
    }

    /// The position of the best of the names.
    static func position(of names: [String], in header: [String]) -> Int? {
        for name in names {
            if let index = header.firstIndex(of: name) { return index }
        }
        return nil
    }
}
