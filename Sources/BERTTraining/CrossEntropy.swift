import Foundation

/// The loss of one row of logits against a label.
enum CrossEntropy {
    /// −Σ target · log softmax(logits), the target being `label` with the share `smoothing` spread over all labels.
    ///
    /// `logits` becomes the gradient of `weight` times the loss.
    static func backward(
        _ logits: UnsafeMutableBufferPointer<Float>, label: Int, smoothing: Float, weight: Float
    ) -> Double {
        let largest = logits.max() ?? 0
        var sum = 0.0
        for logit in logits { sum += exp(Double(logit - largest)) }
        let logSum = log(sum)
        let spread = Double(smoothing) / Double(logits.count)
        var loss = 0.0
        for index in logits.indices {
            let logProbability = Double(logits[index] - largest) - logSum
            let target = spread + (index == label ? 1 - Double(smoothing) : 0)
            loss -= target * logProbability
            logits[index] = weight * Float(exp(logProbability) - target)
        }
        return loss * Double(weight)
    }
}
