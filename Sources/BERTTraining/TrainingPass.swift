import BERT
import CKernels

/// The way of a batch through the encoder and back.
///
/// Forward and backward of each block stand side by side, in files of their own. The members of a team share columns,
/// rows or heads of each step; every number is one sum in a fixed order, so results do not depend on their count.
final class TrainingPass {
    let network: Network
    let kernels: ck_training_kernels
    let team: TrainingTeam
    let threads: Int
    private(set) var memory: PassMemory
    /// Layers below this one are not trained, nor are the embeddings unless it is 0.
    let firstTrainedLayer: Int
    /// Whether the embeddings get gradients.
    let trainsEmbeddings: Bool
    var batch = PackedBatch([])
    /// Number of the batch's first token in its step, for dropout.
    var firstRow = 0
    var dropout = DropoutPlan.none

    var configuration: BERTConfiguration { network.configuration }
    var hidden: Int { network.layout.hidden }
    var values: UnsafeMutablePointer<Float> { network.values.start }
    var gradients: UnsafeMutablePointer<Float> { network.gradients.start }
    /// The last hidden states [tokens, hidden] of the batch that ran.
    var states: UnsafePointer<Float> { UnsafePointer(memory.states) }
    /// Where the loss puts the gradient of `states`.
    var stateGradient: UnsafeMutablePointer<Float> { memory.gradient }

    init(
        network: Network, kernels: ck_training_kernels, threads: Int, firstTrainedLayer: Int = 0,
        trainsEmbeddings: Bool = true
    ) {
        self.network = network
        self.kernels = kernels
        self.threads = threads
        self.firstTrainedLayer = firstTrainedLayer
        self.trainsEmbeddings = trainsEmbeddings && firstTrainedLayer == 0
        team = TrainingTeam(count: threads)
        memory = PassMemory(
            configuration: network.configuration, tokens: 1, longest: 1, probabilities: 16, threads: threads)
    }

    /// Runs `batch`; its states and all that `backward` needs stay until the next call.
    func forward(_ batch: PackedBatch, dropout: DropoutPlan = .none, firstRow: Int = 0) {
        makeRoom(for: batch)
        self.batch = batch
        self.dropout = dropout
        self.firstRow = firstRow
        team.run { member in
            embed(member)
            for layer in 0..<configuration.layers {
                attend(layer: layer, member)
                feedForward(layer: layer, member)
            }
        }
    }

    /// Takes the gradient in `stateGradient` back to the parameters.
    ///
    /// - Parameter adds: whether gradients are added to what is there, or replace it.
    func backward(adding adds: Bool) {
        team.run { member in
            for layer in (firstTrainedLayer..<configuration.layers).reversed() {
                feedForwardBackward(layer: layer, adds, member)
                attendBackward(layer: layer, adds, member)
            }
            if trainsEmbeddings { embedBackward(adds, member) }
        }
    }

    /// The hidden states that go into `layer`.
    func input(of layer: Int) -> UnsafeMutablePointer<Float> {
        layer == 0 ? memory.embeddingNorm.result : memory.layers[layer - 1].outputNorm.result
    }

    private func makeRoom(for batch: PackedBatch) {
        guard batch.tokens > memory.tokens || batch.probabilities > memory.probabilities else { return }
        memory = PassMemory(
            configuration: configuration, tokens: max(batch.tokens, memory.tokens),
            longest: configuration.maxTokens, probabilities: max(batch.probabilities, memory.probabilities),
            threads: threads)
    }
}
