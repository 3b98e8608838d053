/// BERT's first tokenizer: text is normalised scalar by scalar, split at white space and punctuation, and every word is
/// cut greedily into the longest pieces of the vocabulary.
struct TokenizerWordPiece: TrackingTokenizer {
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
        (originalTokens, normalizedTokens) = specification.addedTokenMatchers { table.normalize($0, into: &$1) }
    }

    func run(_ text: String, limit: Int, isTracking: Bool) -> TokenizerOutput {
        frame.enclose(text, limit: limit, isTracking: isTracking) { bytes, output, full in
            var normalized = TokenizerAlignedText(isTracking: isTracking)
            normalized.bytes.reserveCapacity(bytes.count + bytes.count / 2)
            _ = originalTokens.split(bytes) { range, token in
                if let token {
                    output.append(token, range)
                    return output.count < full
                }
                normalized.removeAll()
                let part = UnsafeBufferPointer(rebasing: bytes[range])
                table.normalize(part, base: range.lowerBound, into: &normalized)
                return normalized.withPart { appendNormalized($0, to: &output, full: full) }
            }
        }
    }

    /// Returns whether there is room for more.
    private func appendNormalized(
        _ text: TokenizerTextPart, to output: inout TokenizerOutput, full: Int
    ) -> Bool {
        normalizedTokens.split(text.bytes) { range, token in
            if let token {
                output.append(token, text.place(of: range))
                return output.count < full
            }
            return appendWords(text[range], to: &output, full: full)
        }
    }

    /// Splits at white space, which goes, and around punctuation, which stays as a word of its own.
    private func appendWords(_ text: TokenizerTextPart, to output: inout TokenizerOutput, full: Int) -> Bool {
        var start = 0
        var scalars = 0
        var position = 0
        while position < text.count {
            let (value, length) = TokenizerUTF8.decode(text.bytes, at: position)
            let entry = table.entry(value)
            if entry.isWord {
                scalars += 1
            } else {
                appendPieces(text, start..<position, scalars: scalars, to: &output)
                if !entry.isSpace {
                    appendPieces(text, position..<position + length, scalars: 1, to: &output)
                }
                guard output.count < full else { return false }
                start = position + length
                scalars = 0
            }
            position += length
        }
        appendPieces(text, start..<position, scalars: scalars, to: &output)
        return output.count < full
    }

    /// The longest piece that begins the word, then the longest that continues it, and so on to its end.
    private func appendPieces(
        _ text: TokenizerTextPart, _ word: Range<Int>, scalars: Int, to output: inout TokenizerOutput
    ) {
        guard !word.isEmpty else { return }
        guard scalars <= model.wordLimit else {
            output.append(model.unknown, text.place(of: word))
            return
        }
        let before = output.count
        var start = word.lowerBound
        var node = TokenizerTrie.root
        while start < word.upperBound {
            var piece: Int32 = -1
            var end = start
            var position = start
            while position < word.upperBound {
                node = trie.child(of: node, on: text.bytes[position])
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
                    output.append(piece, text.place(of: start..<end))
                } else {
                    output.cut(to: before)
                    output.append(model.unknown, text.place(of: word))
                }
                return
            }
            output.append(piece, text.place(of: start..<end))
            start = end
            node = continuation
        }
    }
}
