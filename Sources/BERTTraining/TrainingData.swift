import BERT
import TensorFiles

/// The examples of a run, checked, cut to length and turned into rows of a table that holds only the words in use.
struct TrainingData {
    /// The rows of the model's word table that are used, ascending.
    let wordRows: [Int32]
    let training: [Learner.Item]
    let heldOut: [Learner.Item]

    static let exampleLimit = 2_000_000

    init(
        training: [TrainingExample], heldOut: [TrainingExample], heads: [TrainedHead], options: TrainingOptions,
        configuration: BERTConfiguration
    ) throws {
        guard !training.isEmpty else { throw ModelError(.invalidInput, "there are no examples to learn from") }
        guard training.count + heldOut.count <= Self.exampleLimit else {
            throw ModelError(.tooLarge, "\(training.count + heldOut.count) examples, at most \(Self.exampleLimit) fit")
        }
        let limit = min(options.maximumTokens, configuration.maxTokens)
        var used: Set<Int32> = []
        func cut(_ examples: [TrainingExample], _ what: String) throws -> [TrainingExample] {
            try examples.enumerated().map { index, example in
                try Self.check(example, heads, configuration, place: "\(what) example \(index)")
                let shortened = Self.shorten(example, to: limit)
                used.formUnion(shortened.tokens)
                return shortened
            }
        }
        let (first, second) = (try cut(training, "training"), try cut(heldOut, "held-out"))
        let rows = used.sorted()
        let places = Dictionary(uniqueKeysWithValues: rows.enumerated().map { ($1, Int32($0)) })
        func items(_ examples: [TrainingExample]) -> [Learner.Item] {
            examples.map { Learner.Item(rows: $0.tokens.map { places[$0] ?? 0 }, targets: $0.targets) }
        }
        wordRows = rows
        (self.training, self.heldOut) = (items(first), items(second))
    }

    private static func check(
        _ example: TrainingExample, _ heads: [TrainedHead], _ configuration: BERTConfiguration, place: String
    ) throws {
        guard !example.tokens.isEmpty else { throw ModelError(.invalidInput, "\(place) has no tokens") }
        for token in example.tokens where token < 0 || Int(token) >= configuration.vocabularySize {
            throw ModelError(
                .invalidInput, "\(place) holds token \(token), the vocabulary has \(configuration.vocabularySize) rows")
        }
        func checkHead(_ head: Int, _ kind: TrainedHead.Kind, _ labels: [Int]) throws {
            guard heads.indices.contains(head), heads[head].kind == kind else {
                throw ModelError(.invalidInput, "\(place): head \(head) does not label \(kind.rawValue)")
            }
            for label in labels where !(0..<heads[head].labels).contains(label) {
                throw ModelError(
                    .invalidInput, "\(place) has label \(label), \(heads[head].name) has \(heads[head].labels) labels")
            }
        }
        for target in example.targets {
            switch target {
            case .sentence(let head, let label): try checkHead(head, .sentence, [label])
            case .tokens(let head, let labels):
                guard labels.count == example.tokens.count else {
                    throw ModelError(
                        .invalidInput, "\(place) has \(labels.count) labels for \(example.tokens.count) tokens")
                }
                try checkHead(head, .tokens, labels.compactMap { $0 })
            case .unlabelled: break
            }
        }
    }

    /// Cuts a long text before its closing token.
    private static func shorten(_ example: TrainingExample, to limit: Int) -> TrainingExample {
        guard example.tokens.count > limit, let closing = example.tokens.last else { return example }
        var shortened = example
        shortened.tokens = Array(example.tokens.prefix(limit - 1)) + [closing]
        shortened.targets = example.targets.map { target in
            guard case .tokens(let head, let labels) = target else { return target }
            return .tokens(head: head, labels: Array(labels.prefix(limit - 1)) + [labels.last ?? nil])
        }
        return shortened
    }
}
