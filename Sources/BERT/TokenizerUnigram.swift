/// SentencePiece's Unigram tokenizer, as XLM-RoBERTa and the multilingual E5 models use it: text is normalised with the
/// model's character map, split where a space was, and every word is cut into its most probable pieces.
struct TokenizerUnigram: Tokenizer {
    let model: TokenizerSpecification.Unigram
    let trie: TokenizerTrie
    /// The logarithm of every piece's probability.
    let scores: TokenizerTable<Double>
    private let frame: TokenizerFrame
    private let normalizer: TokenizerTextNormalizer
    private let originalTokens: TokenizerAddedTokens
    private let normalizedTokens: TokenizerAddedTokens
    private let mark: [UInt8]

    init(
        _ model: TokenizerSpecification.Unigram, _ specification: TokenizerSpecification, trie: TokenizerTrie,
        scores: TokenizerTable<Double>, normalizer: TokenizerTextNormalizer
    ) {
        self.model = model
        self.trie = trie
        self.scores = scores
        self.normalizer = normalizer
        frame = specification.frame
        mark = Array((model.metaspace?.mark ?? "").utf8)
        (originalTokens, normalizedTokens) = specification.addedTokenMatchers { text in
            var output: [UInt8] = []
            normalizer.normalize(text, into: &output)
            return output
        }
    }

    func encode(_ text: String, limit: Int) -> [Int32] {
        var text = text
        return frame.enclose(limit: limit) { ids, full in
            var normalized: [UInt8] = []
            var lattice = TokenizerLattice()
            text.withUTF8 { bytes in
                normalized.reserveCapacity(bytes.count + 16)
                _ = originalTokens.split(bytes) { range, token in
                    if let token {
                        ids.append(token)
                        return ids.count < full
                    }
                    normalized.removeAll(keepingCapacity: true)
                    normalizer.normalize(UnsafeBufferPointer(rebasing: bytes[range]), into: &normalized)
                    return normalized.withUnsafeBufferPointer { text in
                        appendNormalized(text, begins: range.lowerBound == 0, &lattice, to: &ids, full: full)
                    }
                }
            }
        }
    }

    /// Returns whether there is room for more.
    private func appendNormalized(
        _ text: UnsafeBufferPointer<UInt8>, begins: Bool, _ lattice: inout TokenizerLattice, to ids: inout [Int32],
        full: Int
    ) -> Bool {
        normalizedTokens.split(text) { range, token in
            if let token {
                ids.append(token)
                return ids.count < full
            }
            let begins = begins && range.lowerBound == 0
            let part = UnsafeBufferPointer(rebasing: text[range])
            guard model.splitsWhitespace else {
                return appendMarked(part, begins: begins, &lattice, to: &ids, full: full)
            }
            var start = 0
            while start < part.count {
                let word = TokenizerUTF8.whitespaceEnd(part, from: start, to: part.count)
                var end = word
                while end < part.count {
                    let scalar = TokenizerUTF8.decode(part, at: end)
                    if TokenizerUTF8.isWhitespace(scalar.value) { break }
                    end += scalar.length
                }
                if word < end {
                    let bytes = UnsafeBufferPointer(rebasing: part[word..<end])
                    guard appendMarked(bytes, begins: begins && word == 0, &lattice, to: &ids, full: full) else {
                        return false
                    }
                }
                start = end
            }
            return true
        }
    }

    /// Turns spaces into marks, puts one before the text, and splits before every mark.
    private func appendMarked(
        _ text: UnsafeBufferPointer<UInt8>, begins: Bool, _ lattice: inout TokenizerLattice, to ids: inout [Int32],
        full: Int
    ) -> Bool {
        guard let metaspace = model.metaspace else {
            appendPieces(text, &lattice, to: &ids)
            return ids.count < full
        }
        var marked: [UInt8] = []
        marked.reserveCapacity(text.count + text.count / 2 + 16)
        let prepends = metaspace.prepend == .always || metaspace.prepend == .first && begins
        if prepends, text.first != UInt8(ascii: " "), !startsWithMark(text, at: 0) { marked += mark }
        for byte in text {
            if byte == UInt8(ascii: " ") { marked += mark } else { marked.append(byte) }
        }
        return marked.withUnsafeBufferPointer { marked in
            var start = 0
            while start < marked.count {
                var end = start + 1
                while end < marked.count, !(metaspace.splits && startsWithMark(marked, at: end)) { end += 1 }
                appendPieces(UnsafeBufferPointer(rebasing: marked[start..<end]), &lattice, to: &ids)
                guard ids.count < full else { return false }
                start = end
            }
            return true
        }
    }

    @inline(__always)
    private func startsWithMark(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
        guard !mark.isEmpty, text[index] == mark[0], text.count - index >= mark.count else { return false }
        for offset in mark.indices.dropFirst() where text[index + offset] != mark[offset] { return false }
        return true
    }
}
