public import ConversationDomain
import Foundation
import Synchronization

/// Understands what a test tells it to; any other text is out of scope.
public final class FakeClassifier: IntentClassifier {
    private let meanings: [String: MessageUnderstanding]
    private let before: @Sendable () async throws -> Void
    private let heard = Mutex<[String]>([])

    /// - Parameter before: runs before each understanding; what it throws the classifier throws.
    public init(
        _ meanings: [String: MessageUnderstanding] = [:], before: @escaping @Sendable () async throws -> Void = {}
    ) {
        self.meanings = meanings
        self.before = before
    }

    /// Every text that was to be understood, in order.
    public var texts: [String] { heard.withLock { $0 } }

    public func understand(_ texts: [String], visitor: BotLocale?) async throws -> [MessageUnderstanding] {
        heard.withLock { $0 += texts }
        try await before()
        return texts.map { meanings[$0] ?? .outOfScope }
    }
}

extension MessageUnderstanding {
    public static let testModel = ModelVersionID(trusted: "model_test")

    /// None of the bot's business.
    public static let outOfScope = MessageUnderstanding.made([], verdict: .outOfScope)

    /// An intent that reached its threshold of 0.7.
    /// - Parameter entities: kind and value of what the message holds.
    public static func accepted(_ intent: String, _ confidence: Double = 0.9, _ entities: (String, String)...) -> Self {
        made([(intent, confidence)], verdict: .accepted, entities)
    }

    /// An intent that stayed below its threshold of 0.7.
    public static func unsure(_ intent: String, _ confidence: Double, _ entities: (String, String)...) -> Self {
        made([(intent, confidence)], verdict: .belowThreshold, entities)
    }

    /// Intents that are too close to choose between.
    public static func close(_ intents: String...) -> Self {
        made(
            intents.enumerated().map { ($1, 0.48 - 0.01 * Double($0)) },
            verdict: .ambiguous(intents.map(IntentName.init(trusted:))))
    }

    /// Something whose probabilities are known, as a ranking gives them; an entry is written `#id`.
    /// - Parameter threshold: what the best must reach; nil for the owner's target precision.
    public static func ranked(_ candidates: (String, Double)..., threshold: Double? = nil) -> Self {
        var understanding = made([], verdict: .belowThreshold)
        understanding.candidates = candidates.map { name, probability in
            Candidate(
                subject: name.hasPrefix("#")
                    ? .knowledge(KnowledgeID(trusted: String(name.dropFirst()))) : .intent(IntentName(trusted: name)),
                probability: probability)
        }
        understanding.answerThreshold = threshold
        return understanding
    }

    /// The same, near to a speech act.
    public func acting(_ act: SpeechAct, similarity: Double, lead: Double) -> Self {
        changed { $0.acts = [SpeechActScore(act: act, similarity: similarity, lead: lead)] }
    }

    /// The same, turning an intent down.
    public func refusing(_ intent: String) -> Self { changed { $0.refused = [IntentName(trusted: intent)] } }

    /// The same, about as near to an intent's refusals as to its examples.
    public func nearlyRefusing(_ intent: String) -> Self {
        changed { $0.nearlyRefused = [IntentName(trusted: intent): 0] }
    }

    /// The same, surely telling of a danger; with a margin below 0 it only sounds like one.
    public func endangering(_ act: SpeechAct, by margin: Double = 3) -> Self {
        changed { $0.danger = DangerScore(act: act, margin: margin) }
    }

    /// The same, nearer to foreign messages than to the content.
    public func foreign(by lead: Double) -> Self { changed { $0.foreignLead = lead } }

    /// The same with values.
    public func naming(_ values: (String, String)...) -> Self {
        changed { $0.entities = MessageUnderstanding.made([], verdict: .outOfScope, values).entities }
    }

    /// The same with order numbers where they stand in the text.
    public func locating(_ numbers: [String], in text: String) -> Self {
        changed { understanding in
            understanding.entities = numbers.compactMap { number in
                guard let range = text.range(of: number) else { return nil }
                let start = text[..<range.lowerBound].unicodeScalars.count
                return Entity(
                    entity: EntityName(trusted: "order_number"), value: number, text: number, start: start,
                    end: start + number.unicodeScalars.count)
            }
        }
    }

    private func changed(_ change: (inout Self) -> Void) -> Self {
        var changed = self
        change(&changed)
        return changed
    }

    /// A message that says nothing but values.
    public static func values(_ entities: (String, String)...) -> Self { made([], verdict: .outOfScope, entities) }

    private static func made(
        _ ranking: [(String, Double)], verdict: Verdict, _ entities: [(String, String)] = []
    ) -> Self {
        MessageUnderstanding(
            model: testModel, ranking: ranking.map { IntentScore(intent: IntentName(trusted: $0), confidence: $1) },
            threshold: 0.7, verdict: verdict,
            entities: entities.map {
                Entity(entity: EntityName(trusted: $0), value: $1, text: $1, start: 0, end: $1.unicodeScalars.count)
            },
            embedding: [1, 0])
    }
}

extension MessageUnderstanding {
    /// The same with the best label of a classifier beside the intents.
    public func labelling(_ classifier: String, _ label: String, _ confidence: Double) -> Self {
        let judgement = LabelJudgement(
            classifier: ClassifierName(trusted: classifier),
            ranking: [LabelScore(label: LabelName(trusted: label), confidence: confidence)], isAccepted: false)
        return MessageUnderstanding(
            model: model, ranking: ranking, threshold: threshold, verdict: verdict, entities: entities,
            embedding: embedding, labels: labels + [judgement], candidates: candidates,
            answerThreshold: answerThreshold, acts: acts, refused: refused, danger: danger)
    }
}
