package import BERT
package import ConversationDomain
package import LinearModels
import TensorFiles

/// Checked examples in an order that does not depend on the order they came in, so that equal data give an equal model.
package struct TrainingSet: Hashable, Sendable {
    /// Without repeats, sorted; those that customers said, and hints.
    package let examples: [LabelledText]
    /// Sorted.
    package let labels: [IntentName]
    /// The class of each example, an index into `labels`.
    package let classes: [Int]
    /// The examples that are hints, see ``LabelledText/isHint``: of intents with few examples, and of all where one has
    /// none, to tell what sets it apart; and answers in languages without examples.
    package let hints: Set<Int>
    /// The classes that have hints only.
    let described: Set<Int>
    let warnings: [TrainingWarning]

    /// An intent with fewer examples than this is learnt from its hints too.
    ///
    /// On validation parts of public sets, names alone raised the accuracy with 5 examples an intent by 2.4 points, with 10
    /// by half a point to one.
    static let fewestWithoutHints = 20

    /// - Throws: `ChatError(.invalidRequest)` that says what is missing; `ChatError(.tooLarge)`.
    package init(_ given: [LabelledText], options: TrainingOptions) throws {
        guard given.count <= options.exampleLimit else {
            throw ChatError(.tooLarge, "\(given.count) examples, at most \(options.exampleLimit) can be trained")
        }
        let usable = given.filter { $0.text.unicodeScalars.contains { !$0.properties.isWhitespace } }
        let said = Set(usable.filter { !$0.isHint })
        let counts = Dictionary(grouping: said, by: \.intent).mapValues(\.count)
        let hinted = Set(usable.filter(\.isHint))
        let lonely = Set(hinted.map(\.intent)).subtracting(counts.keys)
        // A hint that a customer said too is an example.
        let hints = hinted.filter { hint in
            !said.contains(LabelledText(text: hint.text, intent: hint.intent))
                && (hint.origin == .foreignAnswer || !lonely.isEmpty
                    || counts[hint.intent, default: 0] < Self.fewestWithoutHints)
        }
        let examples = said.union(hints).sorted { ($0.intent, $0.text) < ($1.intent, $1.text) }
        let labels = lonely.union(counts.keys).sorted()
        try Self.check(counts.keys.sorted(), options: options)
        let index = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, $0) })
        self.examples = examples
        self.labels = labels
        self.hints = Set(examples.indices.filter { examples[$0].isHint })
        described = Set(lonely.compactMap { index[$0] })
        classes = examples.map { index[$0.intent] ?? 0 }
        warnings = Self.warnings(Array(said), counts, described: lonely)
    }

    private static func check(_ labels: [IntentName], options: TrainingOptions) throws {
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
    }

    private static func warnings(
        _ examples: [LabelledText], _ counts: [IntentName: Int], described: Set<IntentName>
    ) -> [TrainingWarning] {
        var warnings: [TrainingWarning] = []
        if !described.isEmpty { warnings.append(.descriptionOnly(described.sorted())) }
        let single = counts.filter { $0.value == 1 }.keys.sorted()
        if !single.isEmpty { warnings.append(.singleExample(single)) }
        let few = counts.filter { (2..<5).contains($0.value) }.keys.sorted()
        if !few.isEmpty { warnings.append(.fewExamples(few)) }
        let shared = Dictionary(grouping: examples) { UTF8Text($0.text) }.filter { $0.value.count > 1 }
            .sorted { $0.key < $1.key }
            .map { SharedSentence(text: $0.key.string, intents: $0.value.map(\.intent).sorted()) }
        if !shared.isEmpty { warnings.append(.sharedSentences(shared)) }
        if counts[.outOfScope] == nil { warnings.append(.noOutOfScope) }
        return warnings
    }

    /// Examples that customers said.
    var said: Int { examples.count - hints.count }

    /// What of `indices` a head learns from: of the hints those of intents that have examples, but few of them, or none in
    /// the hint's language.
    func lesson(_ indices: [Int]) -> [Int] {
        let counts = Dictionary(grouping: classes.indices.filter { !hints.contains($0) }) { classes[$0] }
        return indices.filter { index in
            let count = counts[classes[index], default: []].count
            return !hints.contains(index) || (1..<Self.fewestWithoutHints).contains(count)
                || (examples[index].origin == .foreignAnswer && count > 0)
        }
    }

    /// Trains a head on what of `indices` there is to learn from; classes that are only described get a row by their hints.
    /// - Parameters:
    ///   - embeddings: of all examples, [examples, dimension]
    ///   - isTuned: whether the encoder was trained for these examples.
    ///   - observe: hears of every iteration; nil costs nothing.
    package func classifier(
        _ indices: [Int], embeddings: FeatureMatrix, scaling: ModelManifest.FeatureScaling, options: TrainingOptions,
        isTuned: Bool, isCancelled: () -> Bool, observe: ((HeadFit) -> Void)? = nil
    ) throws -> LinearClassifier {
        let lesson = lesson(indices)
        let samples = embeddings.selecting(lesson)
        let classifier = try LinearClassifier.train(
            embeddings: samples, labels: lesson.map { classes[$0] }, classes: labels.count, scaling: scaling,
            inverseRegularisation: options.inverseRegularisation(isTuned: isTuned), isCancelled: isCancelled,
            observe: observe)
        guard !described.isEmpty else { return classifier }
        let hints = hints.filter { examples[$0].origin == .description }.sorted()
        return classifier.adding(
            described, describedBy: embeddings.selecting(hints), of: hints.map { classes[$0] }, samples: samples)
    }

    /// Folds in which the hints are learnt from and not measured on.
    package func folds(_ count: Int, seed: UInt64) -> StratifiedFolds {
        StratifiedFolds(labels: classes, count: count, seed: seed, untested: hints)
    }

    /// 32 hexadecimal digits: a fingerprint of intents and sentences, whatever order they came in.
    package var dataHash: String {
        var fingerprint = Fingerprint()
        for example in examples {
            fingerprint.combine(example.intent.rawValue)
            fingerprint.combine(example.text)
        }
        return fingerprint.hex
    }
}
