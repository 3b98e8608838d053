import CKernels

/// The heads on top of the hidden states, forward and backward. Runs on one thread: it is a thousandth of the work.
struct HeadPass {
    /// A row of states and the label that it should get.
    struct Row {
        let index: Int
        let label: Int
        /// What its loss is multiplied with.
        let weight: Float
    }

    let network: Network
    let kernels: ck_training_kernels
    private var hidden: Int { network.layout.hidden }

    /// Logits [count, labels] of head number `head` for x[count, hidden].
    func logits(_ x: UnsafePointer<Float>, count: Int, head: Int) -> FloatMemory {
        let labels = network.heads[head].labels
        let place = network.layout.heads[head]
        let result = FloatMemory(count * labels)
        let scratch = FloatMemory(ck_product_scratch(hidden))
        var product = ck_product(
            m: count, n: labels, k: hidden, a: x, lda: hidden, a_transposed: false,
            b: network.values.start + place.weight, ldb: hidden, b_transposed: true, start: CK_START_BIAS,
            bias: network.values.start + place.bias, c: result.start, ldc: labels)
        kernels.product(&product, scratch.start)
        return result
    }

    /// Adds the head's gradients for `rows` of x[any, hidden], and to `dx` those of the rows.
    ///
    /// - Returns: the loss.
    func backward(
        _ x: UnsafePointer<Float>, _ rows: [Row], head: Int, smoothing: Float, mask: ck_dropout,
        into dx: UnsafeMutablePointer<Float>
    ) -> Double {
        guard !rows.isEmpty else { return 0 }
        let labels = network.heads[head].labels
        let place = network.layout.heads[head]
        let gathered = FloatMemory(rows.count * hidden)
        for (row, entry) in rows.enumerated() {
            kernels.dropout(1, hidden, entry.index, mask, x + entry.index * hidden, gathered.start + row * hidden)
        }
        let logits = logits(gathered.start, count: rows.count, head: head)
        var loss = 0.0
        for (row, entry) in rows.enumerated() {
            let own = UnsafeMutableBufferPointer(start: logits.start + row * labels, count: labels)
            loss += CrossEntropy.backward(own, label: entry.label, smoothing: smoothing, weight: entry.weight)
        }
        let scratch = FloatMemory(ck_product_scratch(max(labels, rows.count)))
        let gradients = network.gradients.start
        var product = ck_product(
            m: labels, n: hidden, k: rows.count, a: logits.start, lda: labels, a_transposed: true,
            b: gathered.start, ldb: hidden, b_transposed: false, start: CK_START_PREVIOUS, bias: nil,
            c: gradients + place.weight, ldc: hidden)
        kernels.product(&product, scratch.start)
        kernels.column_sums(rows.count, labels, 0, labels, logits.start, gradients + place.bias)
        product = ck_product(
            m: rows.count, n: hidden, k: labels, a: logits.start, lda: labels, a_transposed: false,
            b: network.values.start + place.weight, ldb: hidden, b_transposed: false, start: CK_START_ZERO, bias: nil,
            c: gathered.start, ldc: hidden)
        kernels.product(&product, scratch.start)
        for (row, entry) in rows.enumerated() {
            let own = gathered.start + row * hidden
            kernels.dropout(1, hidden, entry.index, mask, own, own)
            kernels.add_scaled(hidden, 1, own, dx + entry.index * hidden)
        }
        return loss
    }

    /// The most probable label of each of the `count` rows of x[count, hidden].
    func predictions(_ x: UnsafePointer<Float>, count: Int, head: Int) -> [Int] {
        let labels = network.heads[head].labels
        let logits = logits(x, count: count, head: head)
        return (0..<count).map { row in
            let own = logits.start + row * labels
            return (0..<labels).reduce(0) { own[$1] > own[$0] ? $1 : $0 }
        }
    }
}
