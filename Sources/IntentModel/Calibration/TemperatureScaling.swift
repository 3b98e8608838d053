import Foundation

/// Divides all logits by one number so that confidences mean what they say
/// (C. Guo, G. Pleiss, Y. Sun, K. Weinberger, On calibration of modern neural networks, ICML 2017).
enum TemperatureScaling {
    /// The temperatures that are considered.
    static let range = 0.05...20.0

    /// The temperature at which the mean confidence is the share of samples that are named rightly (expectation consistency:
    /// L. Clarté, B. Loureiro, F. Krzakala, L. Zdeborová, 2023). The cross-entropy's own minimum leaves confidences too high
    /// where a classifier is surely wrong now and then.
    ///
    /// Two samples are added in thought, one right and one wrong: a handful of examples that are all right would otherwise
    /// ask for a temperature of zero; beside some hundred examples they are not felt.
    /// - Parameters:
    ///   - logits: of samples that the classifier was not trained on.
    ///   - labels: the class of each sample.
    static func fit(logits: [[Float]], labels: [Int]) -> Double {
        guard !logits.isEmpty, logits.count == labels.count else { return 1 }
        let right = zip(logits, labels).count { row, label in row.indices.max { row[$0] < row[$1] } == label }
        let share = Double(right + 1) / Double(logits.count + 2)
        // The mean confidence falls with the temperature.
        var (low, high) = (log(range.lowerBound), log(range.upperBound))
        while high - low > 1e-4 {
            let middle = (low + high) / 2
            if confidence(logits, temperature: exp(middle)) > share { low = middle } else { high = middle }
        }
        return exp((low + high) / 2)
    }

    /// The mean of the largest probabilities.
    private static func confidence(_ logits: [[Float]], temperature: Double) -> Double {
        let scale = Float(1 / temperature)
        let sum = logits.reduce(0.0) { total, row in
            guard let largest = row.max() else { return total }
            return total + 1 / Double(row.reduce(0) { $0 + exp(($1 - largest) * scale) })
        }
        return sum / Double(logits.count)
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
}
