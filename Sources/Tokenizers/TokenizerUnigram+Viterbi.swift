/// The best way to reach every byte of a word. Kept from word to word so that only long words allocate.
struct TokenizerLattice {
    struct Node {
        /// The sum of the scores on the best path that ends here.
        var score: Double
        /// Where that path's last piece begins, or -1 when nothing ends here.
        var start: Int32
        var id: Int32
    }

    fileprivate var nodes: [Node] = []
    /// The best path's pieces, last first.
    fileprivate var path: [(id: Int32, range: Range<Int>)] = []
}

extension TokenizerUnigram {
    /// Appends the most probable pieces of `word`. Neighbouring scalars that no piece covers become one unknown token.
    ///
    /// Source: the Viterbi search of Kudo, "Subword Regularization" (2018), in double precision and with the order of
    /// comparisons of the published tokenizers, so that ties fall alike.
    func appendPieces(
        _ word: TokenizerTextPart, _ lattice: inout TokenizerLattice, to output: inout TokenizerOutput
    ) {
        guard word.count > 0, word.count < Int(Int32.max) else { return }
        let empty = TokenizerLattice.Node(score: 0, start: -1, id: 0)
        if lattice.nodes.count <= word.count {
            lattice.nodes = [TokenizerLattice.Node](repeating: empty, count: word.count + 1)
        } else {
            for index in 0...word.count { lattice.nodes[index] = empty }
        }
        lattice.nodes.withUnsafeMutableBufferPointer { search(word.bytes, $0) }

        lattice.path.removeAll(keepingCapacity: true)
        var end = word.count
        while end > 0 {
            let node = lattice.nodes[end]
            let start = Int(node.start)
            if node.id == model.unknown, let behind = lattice.path.last, behind.id == model.unknown {
                lattice.path[lattice.path.count - 1].range = start..<behind.range.upperBound
            } else {
                lattice.path.append((node.id, start..<end))
            }
            end = start
        }
        for piece in lattice.path.reversed() { output.append(piece.id, word.place(of: piece.range)) }
    }

    private func search(_ word: UnsafeBufferPointer<UInt8>, _ nodes: UnsafeMutableBufferPointer<TokenizerLattice.Node>)
    {
        let scores = scores.elements
        var start = 0
        while start < word.count {
            let here = nodes[start].score
            let scalarEnd = start + TokenizerUTF8.decode(word, at: start).length
            var coversScalar = false
            var node = TokenizerTrie.root
            var end = start
            while end < word.count {
                node = trie.child(of: node, on: word[end])
                guard node != 0 else { break }
                end += 1
                let id = trie.value(of: node)
                guard id >= 0, Int(id) < scores.count else { continue }
                let candidate = scores[Int(id)] + here
                if nodes[end].start < 0 || candidate > nodes[end].score {
                    nodes[end] = .init(score: candidate, start: Int32(truncatingIfNeeded: start), id: id)
                }
                if end == scalarEnd { coversScalar = true }
            }
            if !coversScalar {
                let candidate = model.unknownScore + here
                if nodes[scalarEnd].start < 0 || candidate > nodes[scalarEnd].score {
                    nodes[scalarEnd] = .init(
                        score: candidate, start: Int32(truncatingIfNeeded: start), id: model.unknown)
                }
            }
            start = scalarEnd
        }
    }
}
