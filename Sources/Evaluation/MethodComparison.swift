public import ConversationDomain
import Entities
import Foundation
public import IntentModel
import LinearModels
import Measures

/// How heads do on the encoder as it was published, and on encoders that learnt from the examples, with text that the author of the
/// examples did not write. One author's sentences are like each other: what an encoder gains on them, cross-validated or not, says
/// little about what customers write.
public struct MethodComparison: Hashable, Sendable {
    /// What one method made of the texts.
    public struct Result: Hashable, Sendable {
        public let method: TuningMethod
        /// Whether the head named the intent of each text in scope.
        let isRight: [Bool]
        /// The probability that a text in scope gets the higher confidence than a foreign one; nil with few foreign texts.
        let auroc: Double?

        package init(method: TuningMethod, isRight: [Bool], auroc: Double?) {
            self.method = method
            self.isRight = isRight
            self.auroc = auroc
        }

        public var accuracy: Double { LabelCounts.share(isRight.count { $0 }, of: isRight.count) }
    }

    /// The encoder as it was published comes first.
    public let results: [Result]
    public let chosen: TuningMethod
    /// In a sentence for the owner.
    public let reason: String

    /// An encoder that learnt must not tell foreign texts this much worse.
    static let aurocLoss = 0.01

    /// A method that changes the encoder is chosen where it names more texts rightly, by more than chance (one-sided sign test, 5 %).
    /// - Parameter results: the encoder as it was published first, of the same texts in the same order.
    init(_ results: [Result], on source: String) {
        self.results = results
        let percent = TextTable.percent
        let told = results.map {
            "\($0.method == .head ? "the published encoder" : $0.method.rawValue) \(percent($0.accuracy))"
        }
        let figures =
            "of \(results.first?.isRight.count ?? 0) texts of \(source) named rightly: \(told.joined(separator: ", "))"
        let better = results.dropFirst().filter { tuned in results.first.map { tuned.isBetter(than: $0) } ?? false }
        // Of equals the first, which changes the encoder least.
        if let best = better.max(by: { $0.accuracy < $1.accuracy }),
            let first = better.first(where: { $0.accuracy == best.accuracy })
        {
            chosen = first.method
            reason = figures
        } else {
            chosen = .head
            reason = figures + "; none is better by more than chance, so the encoder stays as it was published"
        }
    }
}

extension MethodComparison.Result {
    fileprivate func isBetter(than frozen: Self) -> Bool {
        let wins = zip(isRight, frozen.isRight).count { $0 && !$1 }
        let losses = zip(isRight, frozen.isRight).count { !$0 && $1 }
        guard wins > losses, SignTest.probability(wins: wins, losses: losses) <= LearningCurve.significance else {
            return false
        }
        guard let auroc, let before = frozen.auroc else { return true }
        return auroc >= before - MethodComparison.aurocLoss
    }
}

extension MethodComparison {
    /// What is going to be compared, known before anything is trained.
    public struct Plan: Sendable {
        /// The encoder as it was published first; only that where there is nothing to compare.
        public let methods: [TuningMethod]
        /// Why, in a sentence for the owner.
        public let reason: String
        /// Texts in scope that decide.
        public var deciding: Int { inScope.count }

        let source: String
        let inScope: [LabelledText]
        let foreign: [LabelledText]
        /// What is learnt from while methods are compared: none of the texts.
        let examples: [LabelledText]

        /// Fewer texts in scope decide nothing.
        public static let fewestTexts = 50
        /// With fewer foreign texts nothing is said about them.
        static let fewestForeign = 20
        /// Fewer examples an intent than this are too few for an encoder to learn anything that holds elsewhere.
        static let fewestForTuning = 4
        /// From so many examples an intent on, the labels' cross entropy has enough to learn from.
        static let fewestForFull = 40

        /// - Parameters:
        ///   - validation: labelled text that the author did not write, and what to call it; nil for what the review queue has
        ///     labelled, which then is not learnt from while methods are compared.
        public init(_ content: BotContent, validation: (texts: [LabelledText], source: String)? = nil) {
            let own = validation == nil ? content.withoutReviewed : content
            let examples = LabelledText.examples(of: own)
            let said = examples.filter { !$0.isHint }
            let known = Set(said.map { LabelledIndex.key(of: $0.text) })
            let given =
                validation?.texts
                ?? content.labels.map { LabelledText(text: $0.text, intent: $0.intent) }
            var seen: Set<UTF8Text> = []
            let unseen = given.filter { text in
                let key = LabelledIndex.key(of: text.text)
                return !known.contains(key) && seen.insert(key).inserted
            }
            let intents = Set(said.map(\.intent))
            self.examples = examples
            source = validation?.source ?? "the review queue"
            inScope = unseen.filter { $0.intent != .outOfScope && intents.contains($0.intent) }
            foreign = unseen.filter { $0.intent == .outOfScope }
            let counts = Dictionary(grouping: Set(said), by: \.intent).values.map(\.count).sorted()
            let median = counts.isEmpty ? 0 : counts[counts.count / 2]
            guard inScope.count >= Self.fewestTexts else {
                methods = [.head]
                reason =
                    "the encoder stays as it was published: methods are compared on labelled text that the author of the examples did not write, at least \(Self.fewestTexts) texts in scope, and \(source) has \(inScope.count)"
                    + (validation == nil ? "; --validation FILE names others" : "")
                return
            }
            guard median >= Self.fewestForTuning else {
                methods = [.head]
                reason =
                    "the encoder stays as it was published: half of the intents have at most \(median) examples, too few to change it by"
                return
            }
            methods = [.head, .lora, median < Self.fewestForFull ? .contrastive : .full]
            reason =
                "comparing \(methods.map(\.rawValue).joined(separator: ", ")) on \(inScope.count) texts of \(source)"
        }
    }
}

extension BotContent {
    /// As its owner wrote it.
    fileprivate var withoutReviewed: BotContent {
        var content = self
        for place in content.intents.indices {
            content.intents[place].examples.removeAll { $0.origin != .written }
        }
        return content
    }
}

extension IntentTrainer {
    /// Trains by each method of the plan, the encoder's weights included, and measures on the plan's texts. Nothing is kept but the
    /// choice.
    /// - Throws: `ChatError`, `ModelError`, `CancellationError`.
    public func compare(
        _ plan: MethodComparison.Plan, tuning: EncoderTuning,
        progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
    ) async throws -> MethodComparison {
        let subject = TuningSubject(try TrainingSet(plan.examples, options: options))
        let texts = (plan.inScope + plan.foreign).map { MaskedText.masking($0.text) }
        var results: [MethodComparison.Result] = []
        for (index, method) in plan.methods.enumerated() {
            let run = TuningRun(
                trainer: self, tuning: tuning,
                plan: TuningPlan(
                    method: method, reason: plan.reason, epochs: tuning.epochs, learningRate: tuning.learningRate),
                intents: subject, others: [], marks: EntityLesson(BotContent(), seed: options.seed), unlabelled: [],
                progress: progress)
            let logits = try await run.judging(texts, run: index, of: plan.methods.count - 1)
            results.append(MethodComparison.Result(method, logits, labels: subject.set.labels, plan: plan))
        }
        return MethodComparison(results, on: plan.source)
    }
}

extension MethodComparison.Result {
    /// - Parameter logits: of the plan's texts in scope, then of the foreign ones.
    fileprivate init(
        _ method: TuningMethod, _ logits: [[Float]], labels: [IntentName], plan: MethodComparison.Plan
    ) {
        let best = logits.map { row in
            let shares = Softmax.probabilities(row, temperature: 1)
            let intents = labels.indices.filter { labels[$0] != .outOfScope }
            return intents.max { shares[$0] < shares[$1] }.map { (intent: labels[$0], share: shares[$0]) }
        }
        let count = plan.inScope.count
        self.method = method
        isRight = zip(plan.inScope, best).map { $0.intent == $1?.intent }
        let scores = best.map { $0?.share ?? 0 }
        auroc =
            plan.foreign.count >= MethodComparison.Plan.fewestForeign
            ? RankArea.area(high: Array(scores.prefix(count)), low: Array(scores.dropFirst(count))) : nil
    }
}
