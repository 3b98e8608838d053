import Foundation

/// Divides all logits by one number so that confidences mean what they say
/// (C. Guo, G. Pleiss, Y. Sun, K. Weinberger, On calibration of modern neural networks, ICML 2017).
enum TemperatureScaling {
    /// The temperatures that are considered.
    static let range = 0.05...20.0

    /// The temperature that minimises Σ −log softmax(logits / T)[label] + ½ ln²T.
    ///
    /// The second term is a prior of one log-unit around 1: a handful of examples that are all right would otherwise
    /// ask for a temperature of zero; beside some hundred examples it is not felt.
    /// - Parameters:
    ///   - logits: of samples that the classifier was not trained on.
    ///   - labels: the class of each sample.
    static func fit(logits: [[Float]], labels: [Int]) -> Double {
        guard !logits.isEmpty, logits.count == labels.count else { return 1 }
        let objective = { (logT: Double) in
            loss(logits: logits, labels: labels, temperature: exp(logT)) + 0.5 * logT * logT
        }
        // A coarse grid first: the sum of both terms may have more than one valley.
        let low = log(range.lowerBound)
        let step = (log(range.upperBound) - low) / 32
        let best = (0...32).map { low + Double($0) * step }.min { objective($0) < objective($1) } ?? 0
        return exp(goldenSection(max(low, best - step), min(log(range.upperBound), best + step), objective))
    }

    /// The summed cross-entropy at a temperature.
    static func loss(logits: [[Float]], labels: [Int], temperature: Double) -> Double {
        let scale = Float(1 / temperature)
        var total = 0.0
        for (row, label) in zip(logits, labels) {
            guard let largest = row.max() else { continue }
            var sum: Float = 0
            for value in row { sum += exp((value - largest) * scale) }
            total += Double(log(sum)) - Double((row[label] - largest) * scale)
        }
        return total
    }

    private static func goldenSection(_ from: Double, _ to: Double, _ objective: (Double) -> Double) -> Double {
        let ratio = (5.0.squareRoot() - 1) / 2
        var (low, high) = (from, to)
        var (left, right) = (high - ratio * (high - low), low + ratio * (high - low))
        var (leftValue, rightValue) = (objective(left), objective(right))
        while high - low > 1e-4 {
            if leftValue < rightValue {
                (high, right, rightValue) = (right, left, leftValue)
                left = high - ratio * (high - low)
                leftValue = objective(left)
            } else {
                (low, left, leftValue) = (left, right, rightValue)
                right = low + ratio * (high - low)
                rightValue = objective(right)
            }
        }
        return (low + high) / 2
    }
}
