import BERT
import ConversationDomain

/// The embeddings of all questions and answers of one revision of the content, with what a similarity means among them.
struct KnowledgeVectors: Sendable {
    /// One wording of an entry's question.
    struct Variant: Sendable {
        let entry: Int
        let question: String
    }

    let entries: [KnowledgeEntry]
    let variants: [Variant]
    /// [variants, dimension]; questions are embedded like what a customer says, which measured better than as passages.
    let questions: FeatureMatrix
    /// [entries, dimension], embedded as passages.
    let answers: FeatureMatrix
    let locales: [BotLocale]
    private let backgrounds: [BotLocale: Background]
    private let fallback: Background

    /// How much the answer counts beside the question.
    static let answerWeight: Float = 0.3

    init(
        entries: [KnowledgeEntry], variants: [Variant], questions: FeatureMatrix, answers: FeatureMatrix,
        scaling: ModelManifest.FeatureScaling
    ) {
        self.entries = entries
        self.variants = variants
        self.questions = questions
        self.answers = answers
        locales = Set(entries.map(\.locale)).sorted()
        let fallback = Background(scaling)
        self.fallback = fallback
        var backgrounds: [BotLocale: Background] = [:]
        for locale in locales {
            let rows = variants.indices.filter { entries[variants[$0].entry].locale == locale }
            backgrounds[locale] = Background(
                rows: rows, variants: variants, questions: questions, answers: answers, fallback: fallback)
        }
        self.backgrounds = backgrounds
    }

    /// How similar an entry is to a query: how many deviations its best question lies above the similarity of unrelated
    /// questions, plus the same for the answer with a smaller weight.
    struct Match: Sendable {
        let entry: Int
        let variant: Int
        let similarity: Double
    }

    /// One match for each entry of the locale (all entries if nil), in no order.
    /// - Parameter query: L2-normalised, `[dimension]`.
    func matches(_ query: [Float], locale: BotLocale?) -> [Match] {
        var best: [Int: (variant: Int, cosine: Float)] = [:]
        for (index, variant) in variants.enumerated() {
            if let locale, entries[variant.entry].locale != locale { continue }
            let cosine = FloatVector.dot(query, questions.row(index))
            if let known = best[variant.entry], known.cosine >= cosine { continue }
            best[variant.entry] = (index, cosine)
        }
        return best.map { entry, found in
            let background = backgrounds[entries[entry].locale] ?? fallback
            let answer = FloatVector.dot(query, answers.row(entry))
            return Match(
                entry: entry, variant: found.variant,
                similarity: Double(background.similarity(question: found.cosine, answer: answer)))
        }
    }
}

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

    init(
        rows: [Int], variants: [KnowledgeVectors.Variant], questions: FeatureMatrix, answers: FeatureMatrix,
        fallback: Background
    ) {
        var question = Spread()
        var answer = Spread()
        // A fixed stride over all pairs stands for a random choice.
        let step = max(1, rows.count * rows.count / Self.pairLimit)
        for pair in stride(from: 0, to: rows.count * rows.count, by: step) {
            let (left, right) = (rows[pair / rows.count], rows[pair % rows.count])
            guard variants[left].entry != variants[right].entry else { continue }
            question.add(FloatVector.dot(questions.row(left), questions.row(right)))
            answer.add(FloatVector.dot(questions.row(left), answers.row(variants[right].entry)))
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

    func similarity(question: Float, answer: Float) -> Float {
        (question - questionMean) / questionDeviation
            + KnowledgeVectors.answerWeight * (answer - answerMean) / answerDeviation
    }

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

/// Arithmetic on embeddings.
enum FloatVector {
    /// Σ left[i] · right[i] over the shorter length.
    static func dot(_ left: some Collection<Float>, _ right: some Collection<Float>) -> Float {
        left.withContiguousStorageIfAvailable { left in
            right.withContiguousStorageIfAvailable { right in
                var lanes = SIMD8<Float>.zero
                let count = min(left.count, right.count)
                var index = 0
                while index + 8 <= count {
                    var a = SIMD8<Float>()
                    var b = SIMD8<Float>()
                    for lane in 0..<8 {
                        a[lane] = left[index + lane]
                        b[lane] = right[index + lane]
                    }
                    lanes += a * b
                    index += 8
                }
                var rest: Float = 0
                while index < count {
                    rest += left[index] * right[index]
                    index += 1
                }
                return lanes.sum() + rest
            }
        }.flatMap { $0 } ?? zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
    }
}
