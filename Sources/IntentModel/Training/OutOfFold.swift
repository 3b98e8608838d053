import BERT
import ConversationDomain
import Inference
import LinearModels

/// What heads say about the examples that they were not trained on.
struct OutOfFold: Hashable, Sendable {
    /// Examples whose class was in the training part of their fold.
    let samples: [Int]
    /// The logits of each of `samples`, one a class.
    let logits: [[Float]]
    /// The fold of each of `samples`.
    let folds: [Int]

    /// Trains one head a fold, on threads of their own.
    /// - Parameters:
    ///   - embeddings: of the examples, [examples, dimension]
    ///   - foldDone: called as folds finish, in any order.
    static func predict(
        embeddings: FeatureMatrix, of set: TrainingSet, scaling: ModelManifest.FeatureScaling,
        options: TrainingOptions, foldDone: @escaping @Sendable () -> Void
    ) async throws -> OutOfFold {
        let split = set.folds(options.folds, seed: options.seed)
        let parts = try await withThrowingTaskGroup(of: (Int, [Int], [[Float]]).self) { group in
            var parts: [(fold: Int, samples: [Int], logits: [[Float]])] = []
            var next = 0
            func addNext() {
                guard next < split.count else { return }
                let fold = next
                next += 1
                group.addTask {
                    let (samples, logits) = try await DedicatedThread.run("training-\(fold)") { cancellation in
                        try predict(
                            fold, of: split, embeddings: embeddings, set: set, scaling: scaling, options: options,
                            cancellation: cancellation)
                    }
                    foldDone()
                    return (fold, samples, logits)
                }
            }
            for _ in 0..<max(1, options.threads) { addNext() }
            while let part = try await group.next() {
                parts.append(part)
                addNext()
            }
            return parts.sorted { $0.fold < $1.fold }
        }
        return OutOfFold(
            samples: parts.flatMap(\.samples), logits: parts.flatMap(\.logits),
            folds: parts.flatMap { part in part.samples.map { _ in part.fold } })
    }

    private static func predict(
        _ fold: Int, of split: StratifiedFolds, embeddings: FeatureMatrix, set: TrainingSet,
        scaling: ModelManifest.FeatureScaling, options: TrainingOptions,
        cancellation: DedicatedThread.Cancellation
    ) throws -> ([Int], [[Float]]) {
        let training = split.training(fold)
        let seen = Set(set.lesson(training).map { set.classes[$0] })
        let testing = split.testing(fold).filter { seen.contains(set.classes[$0]) }
        guard seen.count >= 2, !testing.isEmpty else { return ([], []) }
        let classifier = try set.classifier(
            training, embeddings: embeddings, scaling: scaling, options: options, isTuned: false,
            isCancelled: { cancellation.isCancelled })
        return (testing, testing.map { classifier.logits(of: Array(embeddings.row($0))) })
    }
}
