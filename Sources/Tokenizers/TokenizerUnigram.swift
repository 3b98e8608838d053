/// SentencePiece's Unigram tokenizer, as XLM-RoBERTa and the multilingual E5 models use it: text is normalised with the
/// model's character map, split where a space was, and every word is cut into its most probable pieces.
struct TokenizerUnigram: TrackingTokenizer {
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
        (originalTokens, normalizedTokens) = specification.addedTokenMatchers { normalizer.normalize($0, into: &$1) }
    }

    func run(_ text: String, limit: Int, isTracking: Bool) -> TokenizerOutput {
        frame.enclose(text, limit: limit, isTracking: isTracking) { bytes, output, full in
            var normalized = TokenizerAlignedText(isTracking: isTracking)
            var lattice = TokenizerLattice()
            normalized.bytes.reserveCapacity(bytes.count + 16)
            _ = originalTokens.split(bytes) { range, token in
                if let token {
                    output.append(token, range)
                    return output.count < full
                }
                normalized.removeAll()
                let part = UnsafeBufferPointer(rebasing: bytes[range])
                normalizer.normalize(part, base: range.lowerBound, into: &normalized)
                return normalized.withPart { text in
                    appendNormalized(text, begins: range.lowerBound == 0, &lattice, to: &output, full: full)
                }
            }
        }
    }

    /// Returns whether there is room for more.
    private func appendNormalized(
        _ text: TokenizerTextPart, begins: Bool, _ lattice: inout TokenizerLattice, to output: inout TokenizerOutput,
        full: Int
    ) -> Bool {
        normalizedTokens.split(text.bytes) { range, token in
            if let token {
                output.append(token, text.place(of: range))
                return output.count < full
            }
            let begins = begins && range.lowerBound == 0
            let part = text[range]
            guard model.splitsWhitespace else {
                return appendMarked(part, begins: begins, &lattice, to: &output, full: full)
            }
            var start = 0
            while start < part.count {
                let word = TokenizerUTF8.whitespaceEnd(part.bytes, from: start, to: part.count)
                var end = word
                while end < part.count {
                    let scalar = TokenizerUTF8.decode(part.bytes, at: end)
                    if TokenizerUTF8.isWhitespace(scalar.value) { break }
                    end += scalar.length
                }
                if word < end {
                    let begins = begins && word == 0
                    guard appendMarked(part[word..<end], begins: begins, &lattice, to: &output, full: full) else {
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
        _ text: TokenizerTextPart, begins: Bool, _ lattice: inout TokenizerLattice, to output: inout TokenizerOutput,
        full: Int
    ) -> Bool {
        guard let metaspace = model.metaspace else {
            appendPieces(text, &lattice, to: &output)
            return output.count < full
        }
        return marked(text, metaspace, begins: begins).withPart { marked in
            var start = 0
            while start < marked.count {
                var end = start + 1
                while end < marked.count, !(metaspace.splits && startsWithMark(marked.bytes, at: end)) { end += 1 }
                appendPieces(marked[start..<end], &lattice, to: &output)
                guard output.count < full else { return false }
                start = end
            }
            return true
        }
    }

    /// `text` with its marks. A mark comes from no character: its origin is empty and lies where what follows begins.
    private func marked(
        _ text: TokenizerTextPart, _ metaspace: TokenizerSpecification.Unigram.Metaspace, begins: Bool
    ) -> TokenizerAlignedText {
        let space = UInt8(ascii: " ")
        var marked = TokenizerAlignedText(isTracking: text.origins != nil)
        marked.bytes.reserveCapacity(text.count + text.count / 2 + 16)
        let prepends = metaspace.prepend == .always || metaspace.prepend == .first && begins
        if prepends, text.bytes.first != space, !startsWithMark(text.bytes, at: 0) {
            let start = text.place(of: 0..<min(1, text.count)).lowerBound
            marked.append(mark, from: start, to: start)
        }
        var copied = 0
        for index in 0..<text.count where text.bytes[index] == space {
            marked.append(text[copied..<index])
            let end = text.place(of: index..<index + 1).upperBound
            marked.append(mark, from: end, to: end)
            copied = index + 1
        }
        marked.append(text[copied..<text.count])
        return marked
    }

    @inline(__always)
    private func startsWithMark(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
        guard !mark.isEmpty, text[index] == mark[0], text.count - index >= mark.count else { return false }
        for offset in mark.indices.dropFirst() where text[index + offset] != mark[offset] { return false }
        return true
    }
}
