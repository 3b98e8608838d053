package import BERT
import ConversationDomain
import Foundation

/// Feature transform, weights and bias: what logistic regression learns.
package struct LinearClassifier: Hashable, Sendable {
    /// The most numbers of an embedding that an archive may hold weights for.
    package static let dimensionLimit = 8_192

    package let classes: Int
    package let dimension: Int
    package let transform: FeatureTransform
    /// W[classes, dimension]
    let weights: [Float]
    /// b[classes]
    let bias: [Float]

    package init(classes: Int, dimension: Int, transform: FeatureTransform, weights: [Float], bias: [Float]) {
        self.classes = classes
        self.dimension = dimension
        self.transform = transform
        self.weights = weights
        self.bias = bias
    }

    /// One logit a class for an embedding of `dimension` numbers: W · transform(x) + b.
    package func logits(of embedding: [Float]) -> [Float] {
        let features = transform.apply(embedding)
        return (0..<classes).map { row in
            var lanes = SIMD8<Float>.zero
            var rest: Float = 0
            features.withUnsafeBufferPointer { features in
                weights.withUnsafeBufferPointer { weights in
                    let base = row * dimension
                    var column = 0
                    while column + 8 <= dimension {
                        var x = SIMD8<Float>()
                        var w = SIMD8<Float>()
                        for lane in 0..<8 {
                            x[lane] = features[column + lane]
                            w[lane] = weights[base + column + lane]
                        }
                        lanes += x * w
                        column += 8
                    }
                    while column < dimension {
                        rest += features[column] * weights[base + column]
                        column += 1
                    }
                }
            }
            return lanes.sum() + rest + bias[row]
        }
    }

    /// Learns by logistic regression.
    /// - Parameters:
    ///   - embeddings: [samples, dimension]
    ///   - labels: the class of each sample, below `classes`.
    ///   - isCancelled: asked after every iteration.
    ///   - observe: hears of every iteration; nil costs nothing.
    /// - Throws: `CancellationError`; `ChatError(.internal)` when there is nothing to learn from.
    package static func train(
        embeddings: FeatureMatrix, labels: [Int], classes: Int, scaling: ModelManifest.FeatureScaling,
        inverseRegularisation: Double, optimiser: LBFGS = LBFGS(), isCancelled: () -> Bool = { false },
        observe: ((HeadFit) -> Void)? = nil
    ) throws -> LinearClassifier {
        let transform = FeatureTransform(scaling, fitting: embeddings)
        guard
            let objective = LogisticObjective(
                features: transform.apply(embeddings), labels: labels, classes: classes,
                inverseRegularisation: inverseRegularisation)
        else { throw ChatError(.internal, "logistic regression was given no usable samples") }
        let solution = try optimiser.minimise(
            from: [Double](repeating: 0, count: objective.parameterCount), objective.evaluate
        ) { iteration, point, value in
            if isCancelled() { throw CancellationError() }
            observe?(HeadFit(iteration: iteration, loss: value, accuracy: objective.accuracy(at: point)))
        }
        let values = solution.point.map { Float($0) }
        let split = classes * embeddings.columns
        return LinearClassifier(
            classes: classes, dimension: embeddings.columns, transform: transform, weights: Array(values[..<split]),
            bias: Array(values[split...]))
    }
}

/// Where the fit of a head is.
public struct HeadFit: Hashable, Sendable {
    /// Iterations done.
    public let iteration: Int
    /// The mean cross entropy of the examples, with the penalty on the weights.
    public let loss: Double
    /// The share of the examples that it learns from which it names rightly.
    public let accuracy: Double
}
