public import ConversationDomain
public import IntentModel
public import Measures

/// The sentences that a bot is measured on: each once, with everything that would be right.
///
/// Sentences that differ in case, spaces, punctuation, order numbers and addresses only are one sentence; what any of their rows
/// names is right.
public struct TestTexts: Hashable, Sendable {
    public struct Text: Hashable, Sendable {
        /// As it stands in the first of its rows.
        public let text: String
        /// Empty for what is out of scope.
        public fileprivate(set) var truths: [Candidate.Subject]
        /// Of a foreign sentence that the program brought; nil for those of the owner.
        public let category: String?

        public init(text: String, truths: [Candidate.Subject], category: String? = nil) {
            self.text = text
            self.truths = truths
            self.category = category
        }

        public var isForeign: Bool { truths.isEmpty }

        /// The intents among the truths, `out_of_scope` for a foreign sentence.
        var intents: [IntentName] {
            isForeign
                ? [.outOfScope]
                : truths.compactMap { truth in
                    if case .intent(let name) = truth { name } else { nil }
                }
        }
    }

    /// In the order of the file.
    public let texts: [Text]
    /// Rows that repeat an earlier one's sentence and name nothing new.
    public let repeated: Int
    /// Of the sentences, those that the bot has among its own examples and questions.
    public let known: Int
    /// Labels that are neither an intent nor an entry of the bot, with the number of rows.
    public let unknownLabels: [String: Int]

    public init(_ utterances: [LabelledUtterance], content: BotContent) {
        let intents = Set(content.intents.map(\.name)).union([.agentRequest])
        let entries = Set(content.knowledge.map(\.id))
        var unknown: [String: Int] = [:]
        func subject(_ label: LabelledUtterance.Label) -> Candidate.Subject? {
            switch label {
            case .name(.outOfScope): return nil
            case .name(let name):
                let id = KnowledgeID(trusted: name.rawValue)
                if intents.contains(name) { return .intent(name) }
                if entries.contains(id) { return .knowledge(id) }
                unknown[name.rawValue, default: 0] += 1
                return .intent(name)
            case .knowledge(let id):
                if !entries.contains(id) { unknown[id.rawValue, default: 0] += 1 }
                return .knowledge(id)
            }
        }
        var texts: [Text] = []
        var repeated = 0
        var places: [UTF8Text: Int] = [:]
        for utterance in utterances {
            let truths = utterance.labels.compactMap(subject)
            let key = LabelledIndex.key(of: utterance.text)
            if let place = places[key] {
                let known = texts[place].truths
                let new = truths.filter { !known.contains($0) }
                texts[place].truths = known + new
                if new.isEmpty { repeated += 1 }
            } else {
                places[key] = texts.count
                texts.append(Text(text: utterance.text, truths: truths))
            }
        }
        self.texts = texts
        self.repeated = repeated
        unknownLabels = unknown
        let examples = content.intents.flatMap { $0.examples.map(\.text) } + content.knowledge.flatMap(\.questions)
        known = Set(examples.map(LabelledIndex.key(of:))).intersection(places.keys).count
    }

    /// Those that an intent head can be measured on: knowledge entries are none of its labels.
    public var ofIntents: [Text] { texts.filter { !$0.intents.isEmpty } }

    /// Whose words they are.
    public var origin: EvaluationSubject.TextOrigin {
        .init(
            author: known * 2 > texts.count ? .ownExamples : .others, texts: texts.count, known: known,
            repeated: repeated)
    }
}

extension ModelEvaluator {
    /// What the model's head says about each sentence that it can be measured on, in their order. A sentence with several right
    /// intents is right by any of them.
    public func outcomes(
        of texts: TestTexts, model: LiveClassifier.ActiveModel,
        progress: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
    ) async throws -> [EvaluationReport.Outcome] {
        let samples = texts.ofIntents
        guard !samples.isEmpty else { return [] }
        let labelled = samples.map { LabelledText(text: $0.text, intent: $0.intents[0]) }
        return zip(samples, try await outcomes(of: labelled, model: model, progress: progress)).map { sample, outcome in
            sample.intents.contains(outcome.best.intent) ? outcome.with(truth: outcome.best.intent) : outcome
        }
    }
}

extension EvaluationReport.Outcome {
    fileprivate func with(truth: IntentName) -> Self {
        Self(
            truth: truth, best: best, isAccepted: isAccepted, isAmbiguous: isAmbiguous, text: text, ranking: ranking)
    }
}
