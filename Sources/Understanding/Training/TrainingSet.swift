import ConversationDomain

/// Checked examples in an order that does not depend on the order they came in, so that equal data give an equal model.
struct TrainingSet: Hashable, Sendable {
    /// Without repeats, sorted.
    let examples: [LabelledText]
    /// Sorted.
    let labels: [IntentName]
    /// The class of each example, an index into `labels`.
    let classes: [Int]
    let warnings: [TrainingWarning]

    /// - Throws: `ChatError(.invalidRequest)` that says what is missing; `ChatError(.tooLarge)`.
    init(_ given: [LabelledText], options: TrainingOptions) throws {
        guard given.count <= options.exampleLimit else {
            throw ChatError(.tooLarge, "\(given.count) examples, at most \(options.exampleLimit) can be trained")
        }
        let usable = given.filter { $0.text.unicodeScalars.contains { !$0.properties.isWhitespace } }
        examples = Set(usable).sorted { ($0.intent, $0.text) < ($1.intent, $1.text) }
        let counts = Dictionary(grouping: examples, by: \.intent).mapValues(\.count)
        labels = counts.keys.sorted()
        guard labels.count <= options.intentLimit else {
            throw ChatError(.tooLarge, "\(labels.count) intents, at most \(options.intentLimit) can be trained")
        }
        guard labels.count >= 2, labels.contains(where: { $0 != .outOfScope }) else {
            let found =
                switch labels.first {
                case nil: "there are none"
                case .outOfScope?: "there is only out_of_scope"
                case let only?: "there is only \(only)"
                }
            throw ChatError(
                .invalidRequest,
                "training needs examples of at least two intents (out_of_scope counts as one), but \(found)")
        }
        let index = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, $0) })
        classes = examples.map { index[$0.intent] ?? 0 }
        warnings = Self.warnings(examples, counts)
    }

    private static func warnings(_ examples: [LabelledText], _ counts: [IntentName: Int]) -> [TrainingWarning] {
        var warnings: [TrainingWarning] = []
        let single = counts.filter { $0.value == 1 }.keys.sorted()
        if !single.isEmpty { warnings.append(.singleExample(single)) }
        let few = counts.filter { (2..<5).contains($0.value) }.keys.sorted()
        if !few.isEmpty { warnings.append(.fewExamples(few)) }
        let shared = Dictionary(grouping: examples, by: \.text).count { $0.value.count > 1 }
        if shared > 0 { warnings.append(.sharedSentences(shared)) }
        if counts[.outOfScope] == nil { warnings.append(.noOutOfScope) }
        return warnings
    }

    /// 32 hexadecimal digits: a fingerprint of intents and sentences, whatever order they came in.
    var dataHash: String {
        var fingerprint = Fingerprint()
        for example in examples {
            fingerprint.combine(example.intent.rawValue)
            fingerprint.combine(example.text)
        }
        return fingerprint.hex
    }
}
