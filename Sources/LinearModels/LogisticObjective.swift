import BERT
import Foundation

/// The loss of multinomial logistic regression with an L2 penalty, and its gradient:
///
///     f(W, b) = 1/n · ( Σᵢ −log softmax(W·xᵢ + b)[yᵢ] + 1/(2C) · ‖W‖² )
///
/// This is scikit-learn's `LogisticRegression(C:)`, divided by n as its solver does; the intercept b is not penalised.
/// Parameters are W[classes, dimension] row by row, then b[classes].
final class LogisticObjective {
    /// Samples that stay in the cache between both matrix products.
    private static let blockSize = 256

    /// x[samples, dimension] packed twice, as the weights of either product.
    private struct Block {
        let samples: Int
        let labels: [Int]
        let rows: PackedMatrix
        let columns: PackedMatrix
    }

    let dimension: Int
    let classes: Int
    private let sampleCount: Int
    private let penalty: Double
    private let blocks: [Block]
    private var weights: [Float]
    private var logits: [Float]
    private var partial: [Float]

    var parameterCount: Int { classes * (dimension + 1) }

    /// - Parameters:
    ///   - features: x[samples, dimension].
    ///   - labels: the class of each sample, below `classes`.
    ///   - inverseRegularisation: C.
    /// Nil without samples.
    init?(
        features: FeatureMatrix, labels: [Int], classes: Int, inverseRegularisation: Double
    ) {
        guard features.rows > 0, labels.count == features.rows, labels.allSatisfy({ (0..<classes).contains($0) })
        else { return nil }
        self.classes = classes
        dimension = features.columns
        sampleCount = features.rows
        penalty = 1 / inverseRegularisation
        var blocks: [Block] = []
        for start in stride(from: 0, to: features.rows, by: Self.blockSize) {
            let range = start..<min(start + Self.blockSize, features.rows)
            let values = features.values[range.lowerBound * features.columns..<range.upperBound * features.columns]
            guard let rows = PackedMatrix(Array(values), rows: range.count, columns: features.columns),
                let columns = PackedMatrix(features.transposed(range), rows: features.columns, columns: range.count)
            else { return nil }
            blocks.append(Block(samples: range.count, labels: Array(labels[range]), rows: rows, columns: columns))
        }
        self.blocks = blocks
        // The kernels may read a little behind their input.
        let padding = PackedMatrix.padding
        weights = [Float](repeating: 0, count: classes * features.columns + padding)
        logits = [Float](repeating: 0, count: classes * Self.blockSize + padding)
        partial = [Float](repeating: 0, count: classes * features.columns + padding)
    }

    /// f at `parameters`; its gradient goes to `gradient`.
    func evaluate(_ parameters: [Double], _ gradient: inout [Double]) -> Double {
        let weightCount = classes * dimension
        var squares = 0.0
        for index in 0..<weightCount {
            weights[index] = Float(parameters[index])
            squares += parameters[index] * parameters[index]
            gradient[index] = penalty * parameters[index]
        }
        let bias = parameters[weightCount...].map { Float($0) }
        for index in weightCount..<parameterCount { gradient[index] = 0 }
        var loss = 0.5 * penalty * squares
        for block in blocks {
            // logits[classes, samples] = W[classes, dimension] · x[samples, dimension]ᵀ
            block.rows.multiply(weights, m: classes, into: &logits)
            loss += Softmax.residuals(&logits, bias: bias, labels: block.labels, classes: classes)
            // partial[classes, dimension] = residuals[classes, samples] · (xᵀ)[dimension, samples]ᵀ
            block.columns.multiply(logits, m: classes, into: &partial)
            addGradient(&gradient, samples: block.samples)
        }
        let scale = 1 / Double(sampleCount)
        for index in gradient.indices { gradient[index] *= scale }
        return loss * scale
    }

    /// The share of samples whose own class has the largest logit.
    func accuracy(at parameters: [Double]) -> Double {
        for index in 0..<classes * dimension { weights[index] = Float(parameters[index]) }
        let bias = parameters[(classes * dimension)...].map { Float($0) }
        var right = 0
        for block in blocks {
            // logits[classes, samples] = W[classes, dimension] · x[samples, dimension]ᵀ
            block.rows.multiply(weights, m: classes, into: &logits)
            for (column, label) in block.labels.enumerated() {
                let own = logits[label * block.samples + column] + bias[label]
                let isRight = (0..<classes).allSatisfy { logits[$0 * block.samples + column] + bias[$0] <= own }
                right += isRight ? 1 : 0
            }
        }
        return Double(right) / Double(sampleCount)
    }

    private func addGradient(_ gradient: inout [Double], samples: Int) {
        for index in 0..<classes * dimension { gradient[index] += Double(partial[index]) }
        for row in 0..<classes {
            var sum = 0.0
            for column in row * samples..<(row + 1) * samples { sum += Double(logits[column]) }
            gradient[classes * dimension + row] += sum
        }
    }
}

/// Softmax over columns of logits[classes, samples].
package enum Softmax {
    /// Replaces the logits (without bias) by softmax(logits + bias) − one-hot(label), and returns the summed cross-entropy.
    static func residuals(_ logits: inout [Float], bias: [Float], labels: [Int], classes: Int) -> Double {
        let samples = labels.count
        var largest = [Float](repeating: -.infinity, count: samples)
        var sums = [Float](repeating: 0, count: samples)
        var target = [Float](repeating: 0, count: samples)
        logits.withUnsafeMutableBufferPointer { logits in
            for row in 0..<classes {
                let base = row * samples
                for column in 0..<samples {
                    let value = logits[base + column] + bias[row]
                    logits[base + column] = value
                    largest[column] = max(largest[column], value)
                }
            }
            for column in 0..<samples { target[column] = logits[labels[column] * samples + column] }
            for row in 0..<classes {
                let base = row * samples
                for column in 0..<samples {
                    let value = exp(logits[base + column] - largest[column])
                    logits[base + column] = value
                    sums[column] += value
                }
            }
            for row in 0..<classes {
                let base = row * samples
                for column in 0..<samples { logits[base + column] /= sums[column] }
            }
            for column in 0..<samples { logits[labels[column] * samples + column] -= 1 }
        }
        var loss = 0.0
        for column in 0..<samples {
            loss += Double(log(sums[column])) + Double(largest[column]) - Double(target[column])
        }
        return loss
    }

    /// softmax(logits / temperature) of one text.
    package static func probabilities(_ logits: [Float], temperature: Double) -> [Double] {
        guard let largest = logits.max() else { return [] }
        let powers = logits.map { exp(Double($0 - largest) / temperature) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }
}
