import BERT
import CKernels

extension TrainingPass {
    /// One of a layer's matrices with its gradient.
    struct Matrix {
        let outputs: Int
        let inputs: Int
        /// Offsets in the flat arrays.
        let weight: Int
        let bias: Int
    }

    func matrix(_ matrix: LayerMatrix, layer: Int) -> Matrix {
        let shape = matrix.shape(configuration)
        let place = network.layout.matrix(matrix, layer: layer)
        return Matrix(outputs: shape.outputs, inputs: shape.inputs, weight: place.weight, bias: place.bias)
    }

    /// This member's scratch memory.
    func scratch(_ member: TrainingMember) -> UnsafeMutablePointer<Float> {
        memory.scratch + member.index * memory.scratchCount
    }

    /// This member's part of `total` columns, in whole panels.
    func columns(of total: Int, _ member: TrainingMember) -> Range<Int> {
        let panel = kernels.panel
        let panels = member.share(of: (total + panel - 1) / panel)
        return panels.lowerBound * panel..<min(panels.upperBound * panel, total)
    }

    /// y[tokens, outputs] = x[tokens, inputs] · wᵀ + bias: this member's columns, which it returns.
    @discardableResult
    func project(
        _ x: UnsafePointer<Float>, _ matrix: Matrix, into y: UnsafeMutablePointer<Float>, _ member: TrainingMember
    ) -> Range<Int> {
        let own = columns(of: matrix.outputs, member)
        var product = ck_product(
            m: batch.tokens, n: own.count, k: matrix.inputs, a: x, lda: matrix.inputs, a_transposed: false,
            b: values + matrix.weight + own.lowerBound * matrix.inputs, ldb: matrix.inputs, b_transposed: true,
            start: CK_START_BIAS, bias: values + matrix.bias + own.lowerBound, c: y + own.lowerBound,
            ldc: matrix.outputs)
        kernels.product(&product, scratch(member))
        return own
    }

    /// dx[tokens, inputs] = dy[tokens, outputs] · w, or is increased by it: this member's columns, which it returns.
    @discardableResult
    func projectBack(
        _ dy: UnsafePointer<Float>, _ matrix: Matrix, into dx: UnsafeMutablePointer<Float>, adding: Bool,
        _ member: TrainingMember
    ) -> Range<Int> {
        let own = columns(of: matrix.inputs, member)
        var product = ck_product(
            m: batch.tokens, n: own.count, k: matrix.outputs, a: dy, lda: matrix.outputs, a_transposed: false,
            b: values + matrix.weight + own.lowerBound, ldb: matrix.inputs, b_transposed: false,
            start: adding ? CK_START_PREVIOUS : CK_START_ZERO, bias: nil, c: dx + own.lowerBound, ldc: matrix.inputs)
        kernels.product(&product, scratch(member))
        return own
    }

    /// The gradients of weights and bias, dyᵀ[outputs, tokens] · x[tokens, inputs] and dy's sums: this member's rows.
    func learn(
        _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ matrix: Matrix, adding: Bool, _ member: TrainingMember
    ) {
        let own = member.share(of: matrix.outputs)
        var product = ck_product(
            m: own.count, n: matrix.inputs, k: batch.tokens, a: dy + own.lowerBound, lda: matrix.outputs,
            a_transposed: true, b: x, ldb: matrix.inputs, b_transposed: false,
            start: adding ? CK_START_PREVIOUS : CK_START_ZERO, bias: nil,
            c: gradients + matrix.weight + own.lowerBound * matrix.inputs, ldc: matrix.inputs)
        kernels.product(&product, scratch(member))
        let columns = columns(of: matrix.outputs, member)
        let bias = gradients + matrix.bias
        if !adding { (bias + columns.lowerBound).update(repeating: 0, count: columns.count) }
        kernels.column_sums(batch.tokens, matrix.outputs, columns.lowerBound, columns.upperBound, dy, bias)
    }

    /// out = layer norm of dropout(update) + residual: this member's rows.
    func addNorm(
        _ update: UnsafePointer<Float>, residual: UnsafePointer<Float>, _ mask: ck_dropout, norm: Int,
        into target: NormMemory, _ member: TrainingMember
    ) {
        let own = member.share(of: batch.tokens)
        let begin = own.lowerBound * hidden
        kernels.add_norm(
            own.count, hidden, firstRow + own.lowerBound, mask, update + begin, residual + begin, values + norm,
            values + norm + hidden, configuration.layerNormEpsilon, target.normalised + begin,
            target.scales + own.lowerBound, target.result + begin)
    }

    /// Takes `gradient` back through a norm: `before` gets that of the sum, `behind` that of the update behind dropout.
    func normBackward(
        _ gradient: UnsafePointer<Float>, _ source: NormMemory, _ mask: ck_dropout, norm: Int,
        sum before: UnsafeMutablePointer<Float>, update behind: UnsafeMutablePointer<Float>, adding: Bool,
        _ member: TrainingMember
    ) {
        normGradients(gradient, source, norm: norm, adding: adding, member)
        let own = member.share(of: batch.tokens)
        let begin = own.lowerBound * hidden
        kernels.norm_backward(
            own.count, hidden, gradient + begin, source.normalised + begin, source.scales + own.lowerBound,
            values + norm, before + begin)
        kernels.dropout(own.count, hidden, firstRow + own.lowerBound, mask, before + begin, behind + begin)
    }

    /// The gradients of a norm's gamma and beta: this member's columns.
    func normGradients(
        _ gradient: UnsafePointer<Float>, _ source: NormMemory, norm: Int, adding: Bool, _ member: TrainingMember
    ) {
        let columns = columns(of: hidden, member)
        let (gamma, beta) = (gradients + norm, gradients + norm + hidden)
        if !adding {
            for target in [gamma, beta] { (target + columns.lowerBound).update(repeating: 0, count: columns.count) }
        }
        kernels.norm_gradients(
            batch.tokens, hidden, columns.lowerBound, columns.upperBound, gradient, source.normalised, gamma, beta)
    }
}
