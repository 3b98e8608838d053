import BERT
import CKernels

/// Low-rank changes of an encoder's matrices (LoRA, Hu et al. 2021): w = w₀ + (α / r) · b · a with a[r, inputs] and
/// b[outputs, r], b being zero at first.
///
/// The product is added to the weights before each step, so that the pass sees plain matrices and an exported model
/// needs nothing else. The adapters' gradients follow from the matrix's: da = s · bᵀ · dw, db = s · dw · aᵀ.
final class LowRankAdapters {
    private struct Adapter {
        let matrix: TrainingPass.Matrix
        let a: Int
        let b: Int
        /// Where the frozen weights lie.
        let base: Int
    }

    let rank: Int
    let values: FloatMemory
    let gradients: FloatMemory
    private let scale: Float
    private let base: FloatMemory
    private let adapters: [Adapter]
    private let network: Network
    private let scratch: FloatMemory
    private let scratchPerMember: Int

    init(network: Network, pass: TrainingPass, rank: Int, alpha: Float, threads: Int, seed: UInt64) {
        self.network = network
        self.rank = rank
        scale = alpha / Float(rank)
        var adapters: [Adapter] = []
        var (count, baseCount, widest) = (0, 0, 0)
        for layer in pass.firstTrainedLayer..<network.layout.layers {
            for kind in LayerMatrix.allCases {
                let matrix = pass.matrix(kind, layer: layer)
                // Queries, keys and values have an adapter each, as in the paper.
                let rows = matrix.outputs / kind.parts.count
                for part in kind.parts.indices {
                    let slice = TrainingPass.Matrix(
                        outputs: rows, inputs: matrix.inputs, weight: matrix.weight + part * rows * matrix.inputs,
                        bias: matrix.bias + part * rows)
                    adapters.append(
                        Adapter(matrix: slice, a: count, b: count + rank * slice.inputs, base: baseCount))
                    count += rank * (slice.inputs + slice.outputs)
                    baseCount += slice.outputs * slice.inputs
                    widest = max(widest, slice.outputs, slice.inputs)
                }
            }
        }
        self.adapters = adapters
        values = FloatMemory(count)
        gradients = FloatMemory(count)
        base = FloatMemory(baseCount)
        scratchPerMember = ck_product_scratch(widest)
        scratch = FloatMemory(scratchPerMember * threads)
        var random = SeededGenerator.derived(from: seed, 0x10A)
        for adapter in adapters {
            let (outputs, inputs) = (adapter.matrix.outputs, adapter.matrix.inputs)
            (base.start + adapter.base).update(
                from: network.values.start + adapter.matrix.weight, count: outputs * inputs)
            // The spread of Kaiming's uniform initialisation with a = √5, which the authors use.
            let bound = 1 / Float(inputs).squareRoot()
            for index in 0..<rank * inputs { values.start[adapter.a + index] = random.float(in: bound) }
        }
    }

    /// All adapters as one run of parameters for the optimiser.
    var part: AdamW.Part {
        AdamW.Part(
            values: values.start, gradients: gradients.start, count: values.count, isDecayed: true, rateScale: 1)
    }

    /// Writes w₀ + s · b · a to the network.
    func merge(kernels: ck_training_kernels, team: TrainingTeam) {
        team.run { member in
            for index in member.share(of: adapters.count) {
                let adapter = adapters[index]
                let (outputs, inputs) = (adapter.matrix.outputs, adapter.matrix.inputs)
                let target = network.values.start + adapter.matrix.weight
                var product = ck_product(
                    m: outputs, n: inputs, k: rank, a: values.start + adapter.b, lda: rank, a_transposed: false,
                    b: values.start + adapter.a, ldb: inputs, b_transposed: false, start: CK_START_ZERO, bias: nil,
                    c: target, ldc: inputs)
                kernels.product(&product, scratch.start + member.index * scratchPerMember)
                let frozen = base.start + adapter.base
                for element in 0..<outputs * inputs { target[element] = frozen[element] + scale * target[element] }
            }
        }
    }

    /// Takes the gradients of the network's matrices to those of the adapters.
    func project(kernels: ck_training_kernels, team: TrainingTeam) {
        team.run { member in
            for index in member.share(of: adapters.count) {
                let adapter = adapters[index]
                let (outputs, inputs) = (adapter.matrix.outputs, adapter.matrix.inputs)
                let source = network.gradients.start + adapter.matrix.weight
                let own = scratch.start + member.index * scratchPerMember
                var da = ck_product(
                    m: rank, n: inputs, k: outputs, a: values.start + adapter.b, lda: rank, a_transposed: true,
                    b: source, ldb: inputs, b_transposed: false, start: CK_START_ZERO, bias: nil,
                    c: gradients.start + adapter.a, ldc: inputs)
                kernels.product(&da, own)
                var db = ck_product(
                    m: outputs, n: rank, k: inputs, a: source, lda: inputs, a_transposed: false,
                    b: values.start + adapter.a, ldb: inputs, b_transposed: true, start: CK_START_ZERO, bias: nil,
                    c: gradients.start + adapter.b, ldc: rank)
                kernels.product(&db, own)
                let size = rank * (inputs + outputs)
                for element in adapter.a..<adapter.a + size { gradients.start[element] *= scale }
            }
        }
    }
}
