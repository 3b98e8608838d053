/// Finds added tokens, such as `[MASK]` or `</s>`, in a text: from left to right, the longest first.
struct TokenizerAddedTokens: Sendable {
    private struct Candidate: Sendable {
        let bytes: [UInt8]
        let token: TokenizerSpecification.AddedToken
    }

    private let candidates: [Candidate]
    private let starts: [Bool]

    /// - Parameter tokens: Tokens and the bytes by which they are recognised.
    init(_ tokens: [(bytes: [UInt8], token: TokenizerSpecification.AddedToken)]) {
        candidates = tokens.filter { !$0.bytes.isEmpty }
            .map { Candidate(bytes: $0.bytes, token: $0.token) }
            .sorted { $0.bytes.count > $1.bytes.count }
        var starts = [Bool](repeating: false, count: 256)
        for candidate in candidates { starts[Int(candidate.bytes[0])] = true }
        self.starts = starts
    }

    /// Calls `body` with every non-empty piece of `text` in order: a token's id, or nil for text between tokens.
    /// Stops when `body` returns false; returns whether it never did.
    @discardableResult
    func split(
        _ text: UnsafeBufferPointer<UInt8>, _ body: (_ range: Range<Int>, _ token: Int32?) -> Bool
    ) -> Bool {
        var done = 0
        var position = 0
        if !candidates.isEmpty {
            while position < text.count {
                guard starts[Int(text[position])], let match = match(text, at: position) else {
                    position += 1
                    continue
                }
                let end = position + match.bytes.count
                guard !match.token.singleWord || standsAlone(text, position..<end) else {
                    position = end
                    continue
                }
                var range = position..<end
                if match.token.stripsLeft {
                    let begin = TokenizerUTF8.whitespaceStart(text, from: done, to: position)
                    range = begin..<end
                }
                if match.token.stripsRight {
                    let stop = TokenizerUTF8.whitespaceEnd(text, from: end, to: text.count)
                    range = range.lowerBound..<stop
                }
                if done < range.lowerBound, !body(done..<range.lowerBound, nil) { return false }
                guard body(range, match.token.id) else { return false }
                done = range.upperBound
                position = done
            }
        }
        return done < text.count ? body(done..<text.count, nil) : true
    }

    private func match(_ text: UnsafeBufferPointer<UInt8>, at position: Int) -> Candidate? {
        candidates.first { candidate in
            guard candidate.bytes.count <= text.count - position else { return false }
            for (offset, byte) in candidate.bytes.enumerated() where text[position + offset] != byte { return false }
            return true
        }
    }

    private func standsAlone(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        if range.lowerBound > 0 {
            let before = TokenizerUTF8.scalarStart(text, before: range.lowerBound, from: 0)
            if TokenizerUTF8.isWord(TokenizerUTF8.decode(text, at: before).value) { return false }
        }
        if range.upperBound < text.count {
            if TokenizerUTF8.isWord(TokenizerUTF8.decode(text, at: range.upperBound).value) { return false }
        }
        return true
    }
}

extension TokenizerSpecification {
    /// The matchers for the original and for the normalised text.
    func addedTokenMatchers(
        normalize: (UnsafeBufferPointer<UInt8>, inout TokenizerAlignedText) -> Void
    ) -> (original: TokenizerAddedTokens, normalized: TokenizerAddedTokens) {
        let original = addedTokens.filter { !$0.normalized }.map { (bytes: Array($0.content.utf8), token: $0) }
        let normalized = addedTokens.filter(\.normalized).map { token in
            var output = TokenizerAlignedText(isTracking: false)
            Array(token.content.utf8).withUnsafeBufferPointer { normalize($0, &output) }
            return (bytes: output.bytes, token: token)
        }
        return (TokenizerAddedTokens(original), TokenizerAddedTokens(normalized))
    }
}
