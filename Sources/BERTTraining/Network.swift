import BERT
import CKernels
import TensorFiles

/// An encoder and its heads with their gradients, as flat arrays.
final class Network {
    let configuration: BERTConfiguration
    let layout: ParameterLayout
    let heads: [ParameterLayout.Head]
    /// The word table's rows: which row of the model's own table each is, ascending.
    let wordRows: [Int32]
    let values: FloatMemory
    let gradients: FloatMemory
    /// What stands before the names in the model's file.
    let prefix: String

    /// Reads the encoder's tensors, the word table's `wordRows` only. Heads begin with small random weights.
    ///
    /// - Throws: `ModelError` when a tensor is missing or has another shape.
    init(tensors: BERTTensors, wordRows: [Int32], heads: [ParameterLayout.Head], seed: UInt64) throws {
        configuration = tensors.configuration
        prefix = tensors.prefix
        self.heads = heads
        self.wordRows = wordRows
        layout = ParameterLayout(configuration: configuration, words: wordRows.count, heads: heads)
        values = FloatMemory(layout.count)
        gradients = FloatMemory(layout.count)
        let table = try tensors.wordEmbeddings()
        for (index, row) in wordRows.enumerated() {
            let target = values.start + layout.wordTable + index * layout.hidden
            try table.copyRow(Int(row), into: UnsafeMutableBufferPointer(start: target, count: layout.hidden))
        }
        var random = SeededGenerator(seed: seed)
        let bound = 1 / Float(layout.hidden).squareRoot()
        for tensor in layout.tensors where tensor.name != ParameterLayout.wordName {
            if layout.isHead(tensor) {
                values.put((0..<tensor.count).map { _ in random.float(in: bound) }, at: tensor.offset)
            } else {
                values.put(try tensors.floats(tensor.name, shape: tensor.shape), at: tensor.offset)
            }
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every platform and in every version.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number between −bound and bound.
    mutating func float(in bound: Float) -> Float {
        (Float(next() >> 40) * 0x1p-23 - 1) * bound
    }

    /// A number from 0 up to, not including, `limit`, which is small against 2⁶⁴.
    mutating func index(below limit: Int) -> Int { Int(next() % UInt64(max(1, limit))) }

    /// Puts `items` into a random order (Fisher, Yates).
    mutating func shuffle<Item>(_ items: inout [Item]) {
        for index in stride(from: items.count - 1, to: 0, by: -1) {
            items.swapAt(index, self.index(below: index + 1))
        }
    }

    /// A generator for one purpose out of many that share a seed.
    static func derived(from seed: UInt64, _ parts: UInt64...) -> SeededGenerator {
        var generator = SeededGenerator(seed: seed)
        for part in parts { generator = SeededGenerator(seed: generator.next() ^ part &* 0xD6E8_FEB8_6659_FD93) }
        return generator
    }
}
