package import ConversationDomain

/// Makes names of the labels in one file.
///
/// Labels of public data sets have characters that a name cannot have; they are replaced, and this is told once.
package struct LabelNames<Name: ChosenName> {
    /// What a label is called in messages: `intent` or `label`.
    let noun: String
    /// Labels that stand for something else.
    package var meanings: [String: Name] = [:]
    private var names: [UTF8Text: Name] = [:]
    private var labels: [Name: String] = [:]

    package init(noun: String, meanings: [String: Name] = [:]) {
        self.noun = noun
        self.meanings = meanings
    }

    /// Of intents, with the labels that stand for what no intent fits: CLINC150's and those that the owner named.
    package static func ofIntents(_ options: ReadOptions) -> LabelNames<IntentName> where Name == IntentName {
        let foreign = ["oos"] + options.foreignLabels.map(\.string)
        return LabelNames<IntentName>(
            noun: "intent", meanings: Dictionary(foreign.map { ($0, .outOfScope) }, uniquingKeysWith: { $1 }))
    }

    /// The label's name; nil when it can have none, which is logged.
    package mutating func name(_ label: String, _ place: SourcePlace, _ log: inout IssueLog) -> Name? {
        if let known = names[UTF8Text(label)] { return known }
        guard !label.isEmpty else {
            log.rowError(place, "the \(noun) is empty")
            return nil
        }
        guard let name = meanings[label] ?? Name(label) ?? Self.name(near: label) else {
            log.rowError(
                place, "the \(noun) cannot be '\(label.prefix(80))', expected 1 to 128 letters, digits and . _ - / :")
            return nil
        }
        if let other = labels[name], !meanings.values.contains(name) {
            log.rowError(place, "the \(noun)s '\(other)' and '\(label)' would both be named '\(name)'; rename one")
            return nil
        }
        names[UTF8Text(label)] = name
        labels[name] = label
        if label != name.rawValue, meanings[label] == nil {
            log.warning(
                place, "the \(noun) '\(label)' is named '\(name)', since a name has letters, digits and . _ - / :")
        }
        return name
    }

    private static func name(near label: String) -> Name? {
        var name = String.UnicodeScalarView()
        for scalar in label.unicodeScalars.prefix(256) {
            if Name.isValid(String(Character(scalar))) {
                name.append(scalar)
            } else if let last = name.last, last != "_" {
                name.append("_")
            }
        }
        while name.last == "_" { name.removeLast() }
        return Name(String(name))
    }
}
