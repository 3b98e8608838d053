public import ConversationDomain
import Foundation
public import Inference
public import IntentModel
import Measures
public import ModelRecords

/// What a bot replies with the encoder as it was published, and with encoders that learnt from the examples, to text that the author
/// of the examples did not write. One author's sentences are like each other: what an encoder gains on them, cross-validated or not,
/// says little about what customers write.
public struct MethodComparison: Hashable, Sendable {
    /// What was done with a text.
    public enum Outcome: String, Hashable, Sendable, Codable {
        /// A text in scope got its answer, a foreign one was turned away.
        case right
        /// Something else was answered.
        case wrong
        /// The bot asked back, or did not know.
        case undecided

        init(_ reply: OpeningReply, truth: IntentName?) {
            switch reply {
            case .acted(on: .intent(let intent)) where intent == truth: self = .right
            case .acted: self = .wrong
            case .askedBack: self = .undecided
            case .rejected: self = truth == nil ? .right : .undecided
            }
        }
    }

    /// What one method made of the texts.
    public struct Result: Hashable, Sendable, Codable {
        public let method: TuningMethod
        /// One a text in scope, in the order of the plan.
        let inScope: [Outcome]
        /// One a foreign text.
        let foreign: [Outcome]

        package init(method: TuningMethod, inScope: [Outcome], foreign: [Outcome] = []) {
            self.method = method
            self.inScope = inScope
            self.foreign = foreign
        }

        /// The share of the texts in scope that got their answer.
        public var right: Double { Self.share(of: inScope, .right) }

        /// The share of all messages that are answered with something else, when `foreignShare` of them are foreign.
        func wrong(foreignShare: Double) -> Double {
            let share = foreign.count >= Plan.fewestForeign ? foreignShare : 0
            return (1 - share) * Self.share(of: inScope, .wrong) + share * Self.share(of: foreign, .wrong)
        }

        private static func share(of outcomes: [Outcome], _ wanted: Outcome) -> Double {
            LabelCounts.share(outcomes.count { $0 == wanted }, of: outcomes.count)
        }
    }

    /// The encoder as it was published comes first.
    public let results: [Result]
    public let chosen: TuningMethod
    /// In a sentence for the owner.
    public let reason: String

    /// An encoder that learnt must not bring more wrong answers than this, as a share of all messages.
    static let wrongGain = 0.01

    /// A method that changes the encoder is chosen where it answers more texts rightly, by more than chance (one-sided sign test, 5 %),
    /// and hardly more wrongly.
    /// - Parameters:
    ///   - results: the encoder as it was published first, of the same texts in the same order.
    ///   - foreignShare: the share of messages that nothing answers.
    init(_ results: [Result], on source: String, foreignShare: Double) {
        self.results = results
        let percent = TextTable.percent
        let told = results.map {
            let name = $0.method == .head ? "the published encoder" : $0.method.rawValue
            let wrong = percent($0.wrong(foreignShare: foreignShare))
            return "\(name) \(percent($0.right)) (\(wrong) of all messages wrongly)"
        }
        let figures =
            "of \(results.first?.inScope.count ?? 0) texts of \(source) answered rightly: \(told.joined(separator: ", "))"
        let better = results.dropFirst().filter { tuned in
            results.first.map { tuned.isBetter(than: $0, foreignShare: foreignShare) } ?? false
        }
        // Of equals the first, which changes the encoder least.
        if let best = better.max(by: { $0.right < $1.right }),
            let first = better.first(where: { $0.right == best.right })
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
    fileprivate func isBetter(than frozen: Self, foreignShare: Double) -> Bool {
        let wins = zip(inScope, frozen.inScope).count { $0 == .right && $1 != .right }
        let losses = zip(inScope, frozen.inScope).count { $0 != .right && $1 == .right }
        guard wins > losses, SignTest.probability(wins: wins, losses: losses) <= LearningCurve.significance else {
            return false
        }
        return wrong(foreignShare: foreignShare)
            <= frozen.wrong(foreignShare: foreignShare) + MethodComparison.wrongGain
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
        /// What is learnt from, and answered with, while methods are compared: none of the texts.
        package let content: BotContent

        var texts: [String] { (inScope + foreign).map(\.text) }

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
            self.content = own
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
    /// Trains a version by each method of the plan and looks at its whole replies to the plan's texts. Nothing is kept but the choice; what
    /// each method came to is kept in a file meanwhile, so that a comparison that was killed need not repeat it.
    /// - Parameters:
    ///   - revision: of the bot's content.
    ///   - replying: what a bot of the plan's content replies to texts with this version and its encoder.
    /// - Throws: `ChatError`, `ModelError`, `CancellationError`, and what `replying` throws.
    public func compare(
        _ plan: MethodComparison.Plan, revision: Int64, tuning: EncoderTuning,
        progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in },
        replying: (ModelVersion, any SentenceEncoder, [String]) async throws -> [OpeningReply]
    ) async throws -> MethodComparison {
        var results: [MethodComparison.Result] = []
        for method in plan.methods {
            let tuning = tuning.choosing(method, reason: plan.reason)
            let kept = tuning.file(
                comparing: ["\(revision)", method.rawValue, "\(options.seed)"] + plan.texts)
            if let data = try? Data(contentsOf: kept),
                let result = try? JSONDecoder().decode(MethodComparison.Result.self, from: data),
                result.inScope.count == plan.inScope.count, result.foreign.count == plan.foreign.count
            {
                results.append(result)
                continue
            }
            let trained = try await train(plan.content, tuning: tuning, progress: progress)
            let encoder = try tuning.encoder(of: trained)
            let replies = try await replying(trained.training.model, encoder, plan.texts)
            let truths = plan.inScope.map { Optional($0.intent) } + plan.foreign.map { _ in nil }
            let outcomes = zip(replies, truths).map { MethodComparison.Outcome($0, truth: $1) }
            let result = MethodComparison.Result(
                method: method, inScope: Array(outcomes.prefix(plan.inScope.count)),
                foreign: Array(outcomes.dropFirst(plan.inScope.count)))
            results.append(result)
            guard let tuned = trained.tuned else { continue }
            try JSONEncoder().encode(result).write(to: kept, options: .atomic)
            try tuned.discard()
        }
        return MethodComparison(results, on: plan.source, foreignShare: plan.content.settings.foreignShare)
    }
}
