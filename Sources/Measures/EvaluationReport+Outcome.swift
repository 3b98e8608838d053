public import ConversationDomain

extension EvaluationReport {
    /// What was said about one sentence.
    public struct Outcome: Hashable, Sendable {
        public let text: String
        public let truth: IntentName
        /// The most likely label, `out_of_scope` included, with its confidence.
        public let best: IntentScore
        /// The intent passed its threshold.
        public let isAccepted: Bool
        public let isAmbiguous: Bool
        /// All labels but `out_of_scope`, best first; at most ``rankingLength``.
        public let ranking: [IntentScore]

        /// How many places of a ranking are kept.
        public static let rankingLength = 5

        public init(
            truth: IntentName, best: IntentScore, isAccepted: Bool, isAmbiguous: Bool = false, text: String = "",
            ranking: [IntentScore]? = nil
        ) {
            self.text = text
            self.truth = truth
            self.best = best
            self.isAccepted = isAccepted
            self.isAmbiguous = isAmbiguous
            self.ranking = ranking ?? (best.intent == .outOfScope ? [] : [best])
        }

        public var isCorrect: Bool { best.intent == truth }

        /// How sure the model is that the sentence is one of the bot's intents: the confidence of the best of them.
        public var scopeScore: Double { ranking.first?.confidence ?? 0 }
    }

    /// A sentence that was understood as something else, as reports and files of errors show it. As JSON: snake_case.
    public struct Mistake: Hashable, Sendable, Codable {
        public let text: String
        public let expected: IntentName
        public let predicted: IntentName
        public let confidence: Double
        /// Whether the bot would have acted on it.
        public let accepted: Bool
        public let ranking: [IntentScore]

        /// The right intent is named as in files of labelled texts, so that these can be measured again.
        enum CodingKeys: String, CodingKey {
            case text, predicted, confidence, accepted, ranking
            case expected = "intent"
        }

        public init(_ outcome: Outcome) {
            text = outcome.text
            expected = outcome.truth
            predicted = outcome.best.intent
            confidence = outcome.best.confidence
            accepted = outcome.isAccepted
            ranking = outcome.ranking
        }

        /// All of them, the most confident first.
        public static func all(in outcomes: [Outcome]) -> [Mistake] {
            outcomes.filter { !$0.isCorrect }.map(Mistake.init).sorted {
                ($1.confidence, $0.text, $0.expected) < ($0.confidence, $1.text, $1.expected)
            }
        }
    }
}
