import BERT

extension Learner {
    /// How well the nearest mean of a label's training vectors names the label of held-out examples, by cosine.
    func centroidScore(training: [Item], heldOut: [Item]) -> Double? {
        func label(_ item: Item) -> Int? { item.sentenceLabel(of: 0) }
        let hidden = network.layout.hidden
        func units(_ items: [Item]) -> [[Float]] {
            let memory = pooled(items)
            return items.indices.map { index in
                Self.unit(memory.numbers(index * hidden..<(index + 1) * hidden))
            }
        }
        var centroids: [Int: [Float]] = [:]
        for (item, unit) in zip(training, units(training)) {
            guard let label = label(item) else { continue }
            let sum = centroids[label] ?? Array(repeating: 0, count: hidden)
            centroids[label] = zip(sum, unit).map { $0 + $1 }
        }
        let sorted = centroids.sorted { $0.key < $1.key }.map { ($0.key, Self.unit($0.value)) }
        var (right, total) = (0, 0)
        for (item, unit) in zip(heldOut, units(heldOut)) {
            guard let label = label(item) else { continue }
            var nearest = (label: -1, similarity: -Float.infinity)
            for (candidate, centroid) in sorted {
                var similarity: Float = 0
                for index in 0..<hidden { similarity += unit[index] * centroid[index] }
                if similarity > nearest.similarity { nearest = (candidate, similarity) }
            }
            total += 1
            right += nearest.label == label ? 1 : 0
        }
        return total > 0 ? Double(right) / Double(total) : nil
    }

    private static func unit(_ vector: [Float]) -> [Float] {
        let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return norm > 0 ? vector.map { $0 / norm } : vector
    }

    /// The encoder's tensors that the method changes or an earlier training changed, the word table with its unused rows
    /// from `tensors`.
    func trainedWeights(_ tensors: BERTTensors) throws -> TrainedWeights {
        var result: [TrainedWeights.Tensor] = []
        for tensor in network.layout.tensors where !network.layout.isHead(tensor) {
            guard isChanged(tensor) || tensors.isOverlaid(tensor.name) else { continue }
            let name = network.prefix + tensor.name
            let own = network.values.numbers(tensor.range)
            guard tensor.name == ParameterLayout.wordName else {
                result.append(TrainedWeights.Tensor(name: name, shape: tensor.shape, values: own))
                continue
            }
            let (rows, hidden) = (network.configuration.vocabularySize, network.layout.hidden)
            var table = try tensors.floats(tensor.name, shape: [rows, hidden])
            for (index, row) in network.wordRows.enumerated() {
                table.replaceSubrange(
                    Int(row) * hidden..<(Int(row) + 1) * hidden, with: own[index * hidden..<(index + 1) * hidden])
            }
            result.append(TrainedWeights.Tensor(name: name, shape: [rows, hidden], values: table))
        }
        return TrainedWeights(result)
    }

    private func isChanged(_ tensor: ParameterLayout.Tensor) -> Bool {
        guard adapters != nil else { return Self.isTrained(tensor, network: network, options: options) }
        return tensor.depth > options.frozenLayers && tensor.shape.count == 2
    }
}
