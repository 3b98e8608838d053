import BERT
import Foundation

/// What happens to an embedding before it meets the head's weights.
package enum FeatureTransform: Hashable, Sendable {
    /// x · factor. Embeddings of norm 1 need a factor, or the penalty of logistic regression keeps the head too flat.
    case scale(Float)
    /// (x − mean) · inverseDeviation, feature by feature, for encoders whose embeddings all lie in a narrow cone.
    case standardise(mean: [Float], inverseDeviation: [Float])

    /// The factor that measured best for unit-norm embeddings with C = 1.
    package static let unitFactor: Float = 8

    /// Measures what is needed on the training set.
    init(_ scaling: ModelManifest.FeatureScaling, fitting features: FeatureMatrix) {
        switch scaling {
        case .unit: self = .scale(Self.unitFactor)
        case .standardise:
            let count = Double(max(1, features.rows))
            var mean = [Double](repeating: 0, count: features.columns)
            var square = mean
            for row in 0..<features.rows {
                for (column, value) in features.row(row).enumerated() { mean[column] += Double(value) }
            }
            for column in mean.indices { mean[column] /= count }
            for row in 0..<features.rows {
                for (column, value) in features.row(row).enumerated() {
                    let deviation = Double(value) - mean[column]
                    square[column] += deviation * deviation
                }
            }
            self = .standardise(
                mean: mean.map { Float($0) },
                inverseDeviation: square.map { sum in
                    let deviation = (sum / count).squareRoot()
                    // A feature that never varies tells nothing, as scikit-learn's StandardScaler sees it too.
                    return deviation > 1e-12 ? Float(1 / deviation) : 1
                })
        }
    }

    func apply(_ embedding: [Float]) -> [Float] {
        switch self {
        case .scale(let factor): embedding.map { $0 * factor }
        case .standardise(let mean, let inverse):
            embedding.indices.map { (embedding[$0] - mean[$0]) * inverse[$0] }
        }
    }

    func apply(_ features: FeatureMatrix) -> FeatureMatrix {
        var result = features
        switch self {
        case .scale(let factor):
            for index in result.values.indices { result.values[index] *= factor }
        case .standardise(let mean, let inverse):
            for row in 0..<features.rows {
                let base = row * features.columns
                for column in 0..<features.columns {
                    result.values[base + column] = (result.values[base + column] - mean[column]) * inverse[column]
                }
            }
        }
        return result
    }
}
