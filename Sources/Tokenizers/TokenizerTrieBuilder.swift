/// Lays out a `TokenizerTrie` for a vocabulary.
///
/// Free cells form a doubly linked list. A node with one child, by far the most frequent kind, takes the first free
/// cell; a node with several tries a few places and then goes to the end, where it always fits. Its gaps are filled
/// by later single children.
struct TokenizerTrieBuilder {
    private var units: [TokenizerTrie.Unit] = []
    private var next: [Int32] = []
    private var previous: [Int32] = []
    private var firstFree: Int32 = -1
    private var lastFree: Int32 = -1
    private var end = 256

    /// Cells below this are left alone, so that `cell - byte` is positive for every byte.
    private static let firstCell = 256
    private static let attempts = 24

    /// The units of a trie that maps every piece to its id. Of two equal pieces the later one counts.
    static func build(_ vocabulary: TokenizerVocabulary) -> [TokenizerTrie.Unit] {
        var builder = TokenizerTrieBuilder()
        vocabulary.bytes.withUnsafeBufferPointer { bytes in
            builder.run(vocabulary, bytes)
        }
        return builder.units
    }

    private struct Pending {
        let node: Int
        let pieces: Range<Int>
        let depth: Int
    }

    private mutating func run(_ vocabulary: TokenizerVocabulary, _ bytes: UnsafeBufferPointer<UInt8>) {
        let order = vocabulary.sortedIDs()
        grow(to: Self.firstCell)
        var pending = [Pending(node: 0, pieces: 0..<order.count, depth: 0)]
        var labels: [UInt8] = []
        var starts: [Int] = []
        while let task = pending.popLast() {
            var index = task.pieces.lowerBound
            while index < task.pieces.upperBound, vocabulary.range(order[index]).count == task.depth {
                if task.depth > 0 { units[task.node].value = Int32(truncatingIfNeeded: order[index]) }
                index += 1
            }
            labels.removeAll(keepingCapacity: true)
            starts.removeAll(keepingCapacity: true)
            for piece in index..<task.pieces.upperBound {
                let byte = bytes[vocabulary.range(order[piece]).lowerBound + task.depth]
                if labels.last != byte {
                    labels.append(byte)
                    starts.append(piece)
                }
            }
            guard !labels.isEmpty else { continue }
            starts.append(task.pieces.upperBound)
            let base = place(labels)
            units[task.node].base = UInt32(base)
            for (offset, label) in labels.enumerated() {
                let cell = base + Int(label)
                take(cell)
                units[cell].check = UInt32(task.node)
                pending.append(Pending(node: cell, pieces: starts[offset]..<starts[offset + 1], depth: task.depth + 1))
            }
        }
        units.removeLast(units.count - max(end, 1))
    }

    /// A base at which all `labels`, which ascend, find a free cell.
    private mutating func place(_ labels: [UInt8]) -> Int {
        let first = Int(labels[0])
        var cell = Int(firstFree)
        for _ in 0..<Self.attempts where cell >= 0 {
            let base = cell - first
            grow(to: base + 256)
            if labels.allSatisfy({ isFree(base + Int($0)) }) { return base }
            cell = Int(next[cell])
        }
        let base = end - first
        grow(to: base + 256)
        return base
    }

    private func isFree(_ cell: Int) -> Bool { units[cell].check == .max }

    private mutating func take(_ cell: Int) {
        let before = previous[cell]
        let after = next[cell]
        if before >= 0 { next[Int(before)] = after } else { firstFree = after }
        if after >= 0 { previous[Int(after)] = before } else { lastFree = before }
        end = max(end, cell + 1)
    }

    private mutating func grow(to count: Int) {
        guard count > units.count else { return }
        let target = max(count, units.count + units.count / 4)
        for cell in units.count..<target {
            units.append(.free)
            guard cell >= Self.firstCell else {
                next.append(-1)
                previous.append(-1)
                continue
            }
            next.append(-1)
            previous.append(lastFree)
            if lastFree >= 0 { next[Int(lastFree)] = Int32(cell) } else { firstFree = Int32(cell) }
            lastFree = Int32(cell)
        }
    }
}
