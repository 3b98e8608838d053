import BERT
import LinearModels

/// The similarities of questions and answers that do not belong together, by which a cosine is judged: some encoders
/// give 0.85 to unrelated sentences, others 0.1.
struct Background: Hashable, Sendable {
    let questionMean: Float
    let questionDeviation: Float
    let answerMean: Float
    let answerDeviation: Float

    /// Pairs that are looked at, and pairs that are needed.
    private static let pairLimit = 20_000
    private static let pairMinimum = 50

    /// What unrelated sentences measured on public data, for knowledge bases too small to tell.
    init(_ scaling: ModelManifest.FeatureScaling) {
        switch scaling {
        case .unit:
            (questionMean, questionDeviation, answerMean, answerDeviation) = (0.15, 0.14, 0.15, 0.13)
        case .standardise:
            (questionMean, questionDeviation, answerMean, answerDeviation) = (0.835, 0.030, 0.825, 0.026)
        }
    }

    /// A question of the knowledge and the answer of its entry, both as embeddings.
    struct Example: Sendable {
        let entry: Int
        let question: [Float]
        let answer: [Float]
    }

    init(_ examples: [Example], fallback: Background) {
        var question = Spread()
        var answer = Spread()
        // A fixed stride over all pairs stands for a random choice.
        let step = max(1, examples.count * examples.count / Self.pairLimit)
        for pair in stride(from: 0, to: examples.count * examples.count, by: step) {
            let (left, right) = (examples[pair / examples.count], examples[pair % examples.count])
            guard left.entry != right.entry else { continue }
            question.add(FloatVector.dot(left.question, right.question))
            answer.add(FloatVector.dot(left.question, right.answer))
        }
        guard question.count >= Self.pairMinimum, question.deviation > 1e-3, answer.deviation > 1e-3 else {
            self = fallback
            return
        }
        questionMean = question.mean
        questionDeviation = question.deviation
        answerMean = answer.mean
        answerDeviation = answer.deviation
    }

    /// A question's cosine in deviations above that of unrelated ones.
    func question(_ cosine: Float) -> Float { (cosine - questionMean) / questionDeviation }
    /// The same for an answer's.
    func answer(_ cosine: Float) -> Float { (cosine - answerMean) / answerDeviation }

    /// Mean and standard deviation of what was added.
    private struct Spread {
        var count = 0
        private var sum = 0.0
        private var squares = 0.0

        mutating func add(_ value: Float) {
            count += 1
            sum += Double(value)
            squares += Double(value) * Double(value)
        }

        var mean: Float { Float(sum / Double(max(1, count))) }
        var deviation: Float {
            let mean = sum / Double(max(1, count))
            return Float(max(0, squares / Double(max(1, count)) - mean * mean).squareRoot())
        }
    }
}
