import BERT
import ConversationDomain
import Foundation
import Testing

@testable import Evaluation
@testable import LinearModels

@Suite("Logistic regression")
struct LogisticRegressionTests {
    private func randomMatrix(rows: Int, columns: Int, seed: UInt64) -> FeatureMatrix {
        var generator = SeededGenerator(seed: seed)
        return FeatureMatrix(
            rows: rows, columns: columns,
            values: (0..<rows * columns).map { _ in Float.random(in: -1...1, using: &generator) })
    }

    @Test("the gradient is the one that finite differences give, across the borders of blocks")
    func gradient() throws {
        // 300 samples are a full block and a part of one; 11 columns are no multiple of any vector width.
        let features = randomMatrix(rows: 300, columns: 11, seed: 3)
        let labels = (0..<300).map { ($0 * 7) % 5 }
        let objective = try #require(
            LogisticObjective(features: features, labels: labels, classes: 5, inverseRegularisation: 0.7))
        var generator = SeededGenerator(seed: 9)
        let point = (0..<objective.parameterCount).map { _ in Double.random(in: -0.5...0.5, using: &generator) }
        var gradient = [Double](repeating: 0, count: point.count)
        _ = objective.evaluate(point, &gradient)
        var ignored = gradient
        for index in point.indices {
            var (up, down) = (point, point)
            up[index] += 1e-2
            down[index] -= 1e-2
            let slope = (objective.evaluate(up, &ignored) - objective.evaluate(down, &ignored)) / 2e-2
            #expect(abs(slope - gradient[index]) < 2e-4, "parameter \(index)")
        }
    }

    @Test("the loss is the mean cross-entropy plus the penalty, written out by hand")
    func loss() throws {
        let features = FeatureMatrix(rows: 2, columns: 2, values: [1, 0, 0, 2])
        let objective = try #require(
            LogisticObjective(features: features, labels: [0, 1], classes: 2, inverseRegularisation: 2))
        // W = [[1, 0], [0, 0.5]], b = [0.25, 0]
        let parameters = [1, 0, 0, 0.5, 0.25, 0]
        var gradient = [Double](repeating: 0, count: 6)
        let value = objective.evaluate(parameters, &gradient)
        // Logits: [1.25, 0] for the first sample, [0.25, 1] for the second.
        let first = log(1 + exp(-1.25))
        let second = log(1 + exp(-0.75))
        let penalty = (1 + 0.25) / (2 * 2)
        #expect(abs(value - (first + second + penalty) / 2) < 1e-6)
    }

    @Test("L-BFGS finds the minimum of Rosenbrock's valley")
    func rosenbrock() throws {
        var optimiser = LBFGS()
        optimiser.gradientTolerance = 1e-8
        let solution = try optimiser.minimise(from: [-1.2, 1]) { point, gradient in
            let (x, y) = (point[0], point[1])
            gradient[0] = -400 * x * (y - x * x) - 2 * (1 - x)
            gradient[1] = 200 * (y - x * x)
            return 100 * (y - x * x) * (y - x * x) + (1 - x) * (1 - x)
        }
        #expect(abs(solution.point[0] - 1) < 1e-6)
        #expect(abs(solution.point[1] - 1) < 1e-6)
        #expect(solution.iterations < 60)
    }

    @Test(
        "separable classes are told apart, with either scaling",
        arguments: [
            ModelManifest.FeatureScaling.unit, .standardise,
        ])
    func separable(scaling: ModelManifest.FeatureScaling) throws {
        var generator = SeededGenerator(seed: 5)
        var values: [Float] = []
        var labels: [Int] = []
        for index in 0..<120 {
            let label = index % 3
            for column in 0..<6 {
                values.append((column == label ? 1 : 0) + Float.random(in: -0.2...0.2, using: &generator))
            }
            labels.append(label)
        }
        let features = FeatureMatrix(rows: 120, columns: 6, values: values)
        let classifier = try LinearClassifier.train(
            embeddings: features, labels: labels, classes: 3, scaling: scaling, inverseRegularisation: 1)
        let predicted = (0..<120).map { row -> Int? in
            let logits = classifier.logits(of: Array(features.row(row)))
            return logits.indices.max { logits[$0] < logits[$1] }
        }
        #expect(predicted == labels)
    }

    @Test("equal data give equal weights, bit for bit")
    func deterministic() throws {
        let features = randomMatrix(rows: 90, columns: 16, seed: 1)
        let labels = (0..<90).map { $0 % 4 }
        let train = {
            try LinearClassifier.train(
                embeddings: features, labels: labels, classes: 4, scaling: .standardise, inverseRegularisation: 1)
        }
        #expect(try train() == train())
    }

    @Test("standardised features have mean 0 and deviation 1, and a constant one does no harm")
    func standardise() {
        let features = FeatureMatrix(rows: 4, columns: 2, values: [1, 5, 2, 5, 3, 5, 4, 5])
        let transformed = FeatureTransform(.standardise, fitting: features).apply(features)
        let deviation = Float(1.25).squareRoot()
        let expected: [Float] = [-1.5 / deviation, 0, -0.5 / deviation, 0, 0.5 / deviation, 0, 1.5 / deviation, 0]
        for (value, wanted) in zip(transformed.values, expected) { #expect(abs(value - wanted) < 1e-6) }
    }

    @Test("a training that nobody waits for any more stops")
    func cancelled() {
        #expect(throws: CancellationError.self) {
            try LinearClassifier.train(
                embeddings: randomMatrix(rows: 50, columns: 8, seed: 2), labels: (0..<50).map { $0 % 5 }, classes: 5,
                scaling: .unit, inverseRegularisation: 1, isCancelled: { true })
        }
    }
}
