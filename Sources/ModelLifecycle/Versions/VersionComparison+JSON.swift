import ConversationDomain

/// As JSON: `{a, b, recent, labelled, intents, changes}`.
extension VersionComparison: Encodable {
    enum Keys: String, CodingKey {
        case a, b, recent, labelled, intents, changes
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(a, forKey: .a)
        try container.encode(b, forKey: .b)
        try container.encode(ReplaySummary(recent), forKey: .recent)
        try container.encode(LabelledSummary(self), forKey: .labelled)
        try container.encode(intents, forKey: .intents)
        try container.encode(changes, forKey: .changes)
    }
}

/// As JSON: `{intents, texts, right_a, right_b, points}`; points are negative for a loss.
extension IntentChange: Encodable {
    enum Keys: String, CodingKey {
        case intents, texts, points
        case rightInA = "right_a"
        case rightInB = "right_b"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(intents, forKey: .intents)
        try container.encode(texts, forKey: .texts)
        try container.encode(rightInA, forKey: .rightInA)
        try container.encode(rightInB, forKey: .rightInB)
        try container.encode((points * 1000).rounded() / 1000, forKey: .points)
    }
}

/// As JSON: `{text, expected, count, a, b}`.
extension ReplayedText: Encodable {
    enum Keys: String, CodingKey {
        case text, expected, count, a, b
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(text.text, forKey: .text)
        try container.encode(text.expected, forKey: .expected)
        try container.encode(text.count, forKey: .count)
        try container.encode(a, forKey: .a)
        try container.encode(b, forKey: .b)
    }
}

/// `{messages, texts, same_decision}`.
private struct ReplaySummary: Encodable {
    let messages: Int
    let texts: Int
    let same: Int

    init(_ replayed: [ReplayedText]) {
        (same, messages) = VersionComparison.agreement(replayed)
        texts = replayed.count
    }

    enum CodingKeys: String, CodingKey {
        case messages, texts
        case same = "same_decision"
    }
}

/// `{texts, same_decision, file, seen_by_a, seen_by_b, accuracy_a, accuracy_b}`; for a file nobody knows who has seen it.
private struct LabelledSummary: Encodable {
    private let comparison: VersionComparison

    init(_ comparison: VersionComparison) { self.comparison = comparison }

    enum Keys: String, CodingKey {
        case texts, file
        case same = "same_decision"
        case seenByA = "seen_by_a"
        case seenByB = "seen_by_b"
        case accuracyOfA = "accuracy_a"
        case accuracyOfB = "accuracy_b"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        let (same, all) = VersionComparison.agreement(comparison.labelled)
        try container.encode(all, forKey: .texts)
        try container.encode(same, forKey: .same)
        var (file, seenByA, seenByB): (String?, Bool?, Bool?)
        switch comparison.source {
        case .file(let name): file = name
        case .examples(let a, let b): (seenByA, seenByB) = (a, b)
        }
        try container.encode(file, forKey: .file)
        try container.encode(seenByA, forKey: .seenByA)
        try container.encode(seenByB, forKey: .seenByB)
        let accuracy = comparison.accuracy
        try container.encode(accuracy.a, forKey: .accuracyOfA)
        try container.encode(accuracy.b, forKey: .accuracyOfB)
    }
}
