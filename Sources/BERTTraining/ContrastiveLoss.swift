import CKernels
import Foundation

/// The supervised contrastive loss (Khosla et al. 2020, L_out) over vectors of length 1.
///
/// For each vector i with partners P: −1/|P| · Σ_{p∈P} log(exp(zᵢ·z_p/τ) / Σ_{a≠i} exp(zᵢ·z_a/τ)), averaged over the
/// vectors that have partners. Two vectors are partners when their labels are equal.
struct ContrastiveLoss {
    let temperature: Float
    let kernels: ck_training_kernels

    /// The loss of `pooled` [labels.count, hidden], and its gradient in `gradient`.
    func backward(
        pooled: UnsafePointer<Float>, labels: [Int], hidden: Int, gradient: UnsafeMutablePointer<Float>
    ) -> Double {
        let count = labels.count
        let units = FloatMemory(count * hidden)
        var norms: [Float] = []
        for row in 0..<count {
            let source = pooled + row * hidden
            let norm = max(Float(kernels.sum_of_squares(hidden, source).squareRoot()), 1e-12)
            norms.append(norm)
            for column in 0..<hidden { units.start[row * hidden + column] = source[column] / norm }
        }
        let similarities = FloatMemory(count * count)
        let scratch = FloatMemory(ck_product_scratch(max(count, hidden)))
        var product = ck_product(
            m: count, n: count, k: hidden, a: units.start, lda: hidden, a_transposed: false, b: units.start,
            ldb: hidden, b_transposed: true, start: CK_START_ZERO, bias: nil, c: similarities.start, ldc: count)
        kernels.product(&product, scratch.start)
        let loss = differentiate(similarities.start, labels)
        symmetrise(similarities.start, count)
        product = ck_product(
            m: count, n: hidden, k: count, a: similarities.start, lda: count, a_transposed: false, b: units.start,
            ldb: hidden, b_transposed: false, start: CK_START_ZERO, bias: nil, c: gradient, ldc: hidden)
        kernels.product(&product, scratch.start)
        for row in 0..<count {
            let (unit, own) = (units.start + row * hidden, gradient + row * hidden)
            var along: Float = 0
            for column in 0..<hidden { along += unit[column] * own[column] }
            for column in 0..<hidden { own[column] = (own[column] - along * unit[column]) / norms[row] }
        }
        return loss
    }

    /// Turns similarities [count, count] into the gradient of the loss with respect to them.
    private func differentiate(_ matrix: UnsafeMutablePointer<Float>, _ labels: [Int]) -> Double {
        let count = labels.count
        var sizes: [Int: Int] = [:]
        for label in labels { sizes[label, default: 0] += 1 }
        let anchors = labels.filter { (sizes[$0] ?? 0) > 1 }.count
        var loss = 0.0
        for row in 0..<count {
            let scores = matrix + row * count
            let partners = (sizes[labels[row]] ?? 1) - 1
            guard partners > 0 else {
                scores.update(repeating: 0, count: count)
                continue
            }
            var largest = -Float.infinity
            for column in 0..<count where column != row { largest = max(largest, scores[column]) }
            var sum = 0.0
            for column in 0..<count where column != row {
                sum += exp(Double((scores[column] - largest) / temperature))
            }
            let logSum = log(sum)
            for column in 0..<count where column != row {
                let logProbability = Double((scores[column] - largest) / temperature) - logSum
                let target = labels[column] == labels[row] ? 1 / Double(partners) : 0
                loss -= target * logProbability
                scores[column] = Float((exp(logProbability) - target) / Double(anchors)) / temperature
            }
            scores[row] = 0
        }
        return anchors > 0 ? loss / Double(anchors) : 0
    }

    /// Each similarity belongs to two vectors: m becomes m + mᵀ.
    private func symmetrise(_ matrix: UnsafeMutablePointer<Float>, _ count: Int) {
        for row in 0..<count {
            for column in 0..<row {
                let sum = matrix[row * count + column] + matrix[column * count + row]
                matrix[row * count + column] = sum
                matrix[column * count + row] = sum
            }
        }
    }
}
