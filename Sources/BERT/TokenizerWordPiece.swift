/// BERT's first tokenizer: text is normalised scalar by scalar, split at white space and punctuation, and every word is
/// cut greedily into the longest pieces of the vocabulary.
struct TokenizerWordPiece: Tokenizer {
    private let model: TokenizerSpecification.WordPiece
    private let frame: TokenizerFrame
    private let table: TokenizerScalarTable
    private let trie: TokenizerTrie
    /// The node under which the pieces that continue a word lie, if there are any.
    private let continuation: UInt32?
    private let originalTokens: TokenizerAddedTokens
    private let normalizedTokens: TokenizerAddedTokens

    init(
        _ model: TokenizerSpecification.WordPiece, _ specification: TokenizerSpecification, trie: TokenizerTrie,
        table: TokenizerScalarTable
    ) {
        self.model = model
        self.trie = trie
        self.table = table
        frame = specification.frame
        let node = trie.node(for: model.continuation.utf8)
        continuation = node != 0 || model.continuation.isEmpty ? node : nil
        (originalTokens, normalizedTokens) = specification.addedTokenMatchers { text in
            var output: [UInt8] = []
            table.normalize(text, into: &output)
            return output
        }
    }

    func encode(_ text: String, limit: Int) -> [Int32] {
        var text = text
        return frame.enclose(limit: limit) { ids, full in
            var normalized: [UInt8] = []
            text.withUTF8 { bytes in
                normalized.reserveCapacity(bytes.count + bytes.count / 2)
                _ = originalTokens.split(bytes) { range, token in
                    if let token {
                        ids.append(token)
                        return ids.count < full
                    }
                    normalized.removeAll(keepingCapacity: true)
                    table.normalize(UnsafeBufferPointer(rebasing: bytes[range]), into: &normalized)
                    return normalized.withUnsafeBufferPointer { appendNormalized($0, to: &ids, full: full) }
                }
            }
        }
    }

    /// Returns whether there is room for more.
    private func appendNormalized(
        _ text: UnsafeBufferPointer<UInt8>, to ids: inout [Int32], full: Int
    ) -> Bool {
        normalizedTokens.split(text) { range, token in
            if let token {
                ids.append(token)
                return ids.count < full
            }
            return appendWords(UnsafeBufferPointer(rebasing: text[range]), to: &ids, full: full)
        }
    }

    /// Splits at white space, which goes, and around punctuation, which stays as a word of its own.
    private func appendWords(_ text: UnsafeBufferPointer<UInt8>, to ids: inout [Int32], full: Int) -> Bool {
        var start = 0
        var scalars = 0
        var position = 0
        while position < text.count {
            let (value, length) = TokenizerUTF8.decode(text, at: position)
            let entry = table.entry(value)
            if entry.isWord {
                scalars += 1
            } else {
                appendPieces(text, start..<position, scalars: scalars, to: &ids)
                if !entry.isSpace {
                    appendPieces(text, position..<position + length, scalars: 1, to: &ids)
                }
                guard ids.count < full else { return false }
                start = position + length
                scalars = 0
            }
            position += length
        }
        appendPieces(text, start..<position, scalars: scalars, to: &ids)
        return ids.count < full
    }

    /// The longest piece that begins the word, then the longest that continues it, and so on to its end.
    private func appendPieces(
        _ text: UnsafeBufferPointer<UInt8>, _ word: Range<Int>, scalars: Int, to ids: inout [Int32]
    ) {
        guard !word.isEmpty else { return }
        guard scalars <= model.wordLimit else {
            ids.append(model.unknown)
            return
        }
        let before = ids.count
        var start = word.lowerBound
        var node = TokenizerTrie.root
        while start < word.upperBound {
            var piece: Int32 = -1
            var end = start
            var position = start
            while position < word.upperBound {
                node = trie.child(of: node, on: text[position])
                guard node != 0 else { break }
                position += 1
                let value = trie.value(of: node)
                if value >= 0 {
                    piece = value
                    end = position
                }
            }
            guard piece >= 0, let continuation else {
                if piece >= 0, end == word.upperBound {
                    ids.append(piece)
                } else {
                    ids.removeLast(ids.count - before)
                    ids.append(model.unknown)
                }
                return
            }
            ids.append(piece)
            start = end
            node = continuation
        }
    }
}
