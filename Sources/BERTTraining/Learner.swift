import BERT
import CKernels

/// One step of learning after the other: forward, loss, backward, optimiser.
final class Learner {
    let network: Network
    let pass: TrainingPass
    let optimiser: AdamW
    let adapters: LowRankAdapters?
    let options: TrainingOptions
    private let heads: [TrainedHead]
    private let pooling: Pooling
    private let headPass: HeadPass
    private var kernels: ck_training_kernels { pass.kernels }
    private var hidden: Int { network.layout.hidden }

    /// A sequence of rows of the network's word table and what is to be learnt from it.
    struct Item {
        let rows: [Int32]
        let targets: [TrainingExample.Target]
    }

    init(
        network: Network, heads: [TrainedHead], options: TrainingOptions, kernels: ck_training_kernels,
        optimiser settings: AdamW.Settings? = nil
    ) {
        self.network = network
        self.heads = heads
        self.options = options
        let layers = network.layout.layers
        let frozenLayers = min(options.frozenLayers, layers)
        var isLowRank = false
        if case .lowRank = options.method { isLowRank = true }
        pass = TrainingPass(
            network: network, kernels: kernels, threads: options.threads, firstTrainedLayer: frozenLayers,
            trainsEmbeddings: !isLowRank)
        if case .lowRank(let rank, let alpha) = options.method {
            adapters = LowRankAdapters(
                network: network, pass: pass, rank: rank, alpha: alpha, threads: options.threads, seed: options.seed)
        } else {
            adapters = nil
        }
        var parts = adapters.map { [$0.part] } ?? []
        for tensor in network.layout.tensors where Self.isTrained(tensor, network: network, options: options) {
            let isHead = network.layout.isHead(tensor)
            var scale: Float = isHead ? options.headRateFactor : 1
            if !isHead { for _ in tensor.depth..<layers { scale *= options.layerRateDecay } }
            parts.append(
                AdamW.Part(
                    values: network.values.start + tensor.offset, gradients: network.gradients.start + tensor.offset,
                    count: tensor.count, isDecayed: tensor.isDecayed, rateScale: scale))
        }
        optimiser = AdamW(
            parts: parts,
            settings: settings ?? AdamW.Settings(decay: options.weightDecay, largestNorm: options.largestGradient))
        pooling = Pooling(kind: options.pooling, hidden: network.layout.hidden, kernels: kernels)
        headPass = HeadPass(network: network, kernels: kernels)
    }

    /// Whether the optimiser moves `tensor` itself.
    static func isTrained(_ tensor: ParameterLayout.Tensor, network: Network, options: TrainingOptions) -> Bool {
        let isHead = network.layout.isHead(tensor)
        switch options.method {
        case .lowRank: return isHead
        case .contrastive, .unsupervised: if isHead { return false }
        case .full: break
        }
        guard !isHead else { return true }
        if options.frozenLayers > 0, tensor.depth <= options.frozenLayers { return false }
        let freezesWords = options.freezesWords ?? (network.configuration.vocabularySize > 100_000)
        return !(freezesWords && tensor.name == ParameterLayout.wordName)
    }

    /// Learns from `items` as step number `index`, counted from 0.
    ///
    /// - Returns: the loss before the step. When it is not finite nothing has changed.
    func step(_ items: [Item], index: Int, rate: Float) -> Double {
        let dropout = DropoutPlan(rate: options.dropout, seed: options.seed, step: index)
        let loss = gradients(items, dropout: dropout)
        guard loss.isFinite else { return loss }
        adapters?.project(kernels: kernels, team: pass.team)
        let norm = optimiser.step(index + 1, rate: rate, kernels: kernels, team: pass.team)
        adapters?.merge(kernels: kernels, team: pass.team)
        return norm.isFinite ? loss : norm
    }

    /// The loss of `items`; the network's gradients are those of it afterwards.
    func gradients(_ items: [Item], dropout: DropoutPlan) -> Double {
        for (index, place) in network.layout.heads.enumerated() {
            let labels = network.heads[index].labels
            network.gradients.clear(place.weight..<place.weight + labels * hidden)
            network.gradients.clear(place.bias..<place.bias + labels)
        }
        switch options.method {
        case .full, .lowRank: return labelledGradients(items, dropout)
        case .contrastive:
            let labels = items.map { $0.sentenceLabel(of: 0) ?? -1 }
            return contrastiveGradients(items.map(\.rows), labels: labels, dropout)
        case .unsupervised:
            let rows = items.map(\.rows)
            return contrastiveGradients(rows + rows, labels: Array(rows.indices) + Array(rows.indices), dropout)
        }
    }

    private func labelledGradients(_ items: [Item], _ dropout: DropoutPlan) -> Double {
        var loss = 0.0
        var (begin, firstRow) = (0, 0)
        let labelledTokens = items.reduce(0) { $0 + $1.labelledTokens }
        let tokenItems = items.filter { $0.labelledTokens > 0 }.count
        let weights = (
            sentence: 1 / Float(items.count),
            token: Float(tokenItems) / Float(items.count) / Float(max(1, labelledTokens))
        )
        while begin < items.count {
            var (end, tokens) = (begin, 0)
            while end < items.count, end == begin || tokens + items[end].rows.count <= options.tokensPerPart {
                tokens += items[end].rows.count
                end += 1
            }
            let part = Array(items[begin..<end])
            pass.forward(PackedBatch(part.map(\.rows)), dropout: dropout, firstRow: firstRow)
            loss += headGradients(part, weights, dropout)
            pass.backward(adding: begin > 0)
            (begin, firstRow) = (end, firstRow + tokens)
        }
        return loss
    }

    /// The heads' loss of a part whose states are there; leaves the gradient of the states.
    private func headGradients(
        _ part: [Item], _ weights: (sentence: Float, token: Float), _ dropout: DropoutPlan
    ) -> Double {
        let lengths = pass.batch.lengths
        let pooled = FloatMemory(part.count * hidden)
        let pooledGradient = FloatMemory(part.count * hidden)
        pooling.forward(pass.states, lengths: lengths, into: pooled.start)
        pass.stateGradient.update(repeating: 0, count: pass.batch.tokens * hidden)
        var sentences: [[HeadPass.Row]] = Array(repeating: [], count: heads.count)
        var tokens = sentences
        var begin = 0
        for (index, item) in part.enumerated() {
            for target in item.targets {
                switch target {
                case .sentence(let head, let label):
                    let weight = weights.sentence * heads[head].weight
                    sentences[head].append(HeadPass.Row(index: index, label: label, weight: weight))
                case .tokens(let head, let labels):
                    let weight = weights.token * heads[head].weight
                    for (offset, label) in labels.enumerated() {
                        guard let label else { continue }
                        tokens[head].append(HeadPass.Row(index: begin + offset, label: label, weight: weight))
                    }
                case .unlabelled: break
                }
            }
            begin += lengths[index]
        }
        var loss = 0.0
        let mask = dropout.mask(.pooled)
        for head in heads.indices {
            loss += headPass.backward(
                pooled.start, sentences[head], head: head, smoothing: options.labelSmoothing, mask: mask,
                into: pooledGradient.start)
            loss += headPass.backward(
                pass.states, tokens[head], head: head, smoothing: options.labelSmoothing, mask: mask,
                into: pass.stateGradient)
        }
        pooling.backward(pooledGradient.start, lengths: lengths, into: pass.stateGradient)
        return loss
    }

    private func contrastiveGradients(_ rows: [[Int32]], labels: [Int], _ dropout: DropoutPlan) -> Double {
        pass.forward(PackedBatch(rows), dropout: dropout)
        let pooled = FloatMemory(rows.count * hidden)
        let gradient = FloatMemory(rows.count * hidden)
        pooling.forward(pass.states, lengths: pass.batch.lengths, into: pooled.start)
        let objective = ContrastiveLoss(temperature: options.temperature, kernels: kernels)
        let loss = objective.backward(pooled: pooled.start, labels: labels, hidden: hidden, gradient: gradient.start)
        pass.stateGradient.update(repeating: 0, count: pass.batch.tokens * hidden)
        pooling.backward(gradient.start, lengths: pass.batch.lengths, into: pass.stateGradient)
        pass.backward(adding: false)
        return loss
    }

    /// The sentence vectors [items, hidden] of `items`, without dropout and not normalised.
    func pooled(_ items: [Item]) -> FloatMemory {
        let result = FloatMemory(items.count * hidden)
        forEachPart(of: items) { range in
            pooling.forward(pass.states, lengths: pass.batch.lengths, into: result.start + range.lowerBound * hidden)
        }
        return result
    }

    /// How many labels of `items` the heads predict, and how many there are, by head.
    func score(_ items: [Item]) -> [(right: Int, total: Int)] {
        var scores: [(right: Int, total: Int)] = Array(repeating: (0, 0), count: heads.count)
        forEachPart(of: items) { range in
            let pooled = FloatMemory(range.count * hidden)
            pooling.forward(pass.states, lengths: pass.batch.lengths, into: pooled.start)
            var begin = 0
            for (index, item) in items[range].enumerated() {
                for target in item.targets {
                    switch target {
                    case .sentence(let head, let label):
                        let row = pooled.start + index * hidden
                        scores[head].total += 1
                        scores[head].right += headPass.predictions(row, count: 1, head: head) == [label] ? 1 : 0
                    case .tokens(let head, let labels):
                        let states = pass.states + begin * hidden
                        let predicted = headPass.predictions(states, count: labels.count, head: head)
                        for (label, prediction) in zip(labels, predicted) where label != nil {
                            scores[head].total += 1
                            scores[head].right += label == prediction ? 1 : 0
                        }
                    case .unlabelled: break
                    }
                }
                begin += item.rows.count
            }
        }
        return scores
    }

    /// Runs `items` without dropout in parts and calls `body` after each.
    private func forEachPart(of items: [Item], _ body: (Range<Int>) -> Void) {
        var begin = 0
        while begin < items.count {
            var (end, tokens) = (begin, 0)
            while end < items.count, end == begin || tokens + items[end].rows.count <= 1024 {
                tokens += items[end].rows.count
                end += 1
            }
            pass.forward(PackedBatch(items[begin..<end].map(\.rows)))
            body(begin..<end)
            begin = end
        }
    }
}

extension Learner.Item {
    init(rows: [Int32], target: TrainingExample.Target) { self.init(rows: rows, targets: [target]) }

    /// Tokens that have a label.
    var labelledTokens: Int {
        targets.reduce(0) { sum, target in
            guard case .tokens(_, let labels) = target else { return sum }
            return sum + labels.reduce(0) { $0 + ($1 == nil ? 0 : 1) }
        }
    }

    /// Whether no head learns from it.
    var isUnlabelled: Bool { targets.allSatisfy { $0 == .unlabelled } }

    /// The label for a sentence head.
    func sentenceLabel(of head: Int) -> Int? {
        for case .sentence(head, let label) in targets { return label }
        return nil
    }
}
