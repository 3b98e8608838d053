/// The normaliser of a Unigram tokenizer: the steps of its file, in order.
struct TokenizerTextNormalizer: Sendable {
    private let steps: [TokenizerSpecification.Unigram.Step]
    private let precompiled: TokenizerPrecompiledNormalizer?

    init(_ steps: [TokenizerSpecification.Unigram.Step], precompiled: TokenizerPrecompiledNormalizer?) {
        self.steps = steps
        self.precompiled = precompiled
    }

    /// Appends the normalised form of `text` to `output`, which must be empty.
    func normalize(_ text: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]) {
        var rest = steps[...]
        if rest.first == .precompiled, let precompiled {
            precompiled.normalize(text, into: &output)
            rest = rest.dropFirst()
        } else {
            output.append(contentsOf: text)
        }
        for step in rest { apply(step, to: &output) }
    }

    private func apply(_ step: TokenizerSpecification.Unigram.Step, to text: inout [UInt8]) {
        switch step {
        case .precompiled:
            var result: [UInt8] = []
            text.withUnsafeBufferPointer { precompiled?.normalize($0, into: &result) }
            text = result
        case .replace(let pattern, let replacement):
            text = Self.replace(Array(pattern.utf8), Array(replacement.utf8), in: text)
        case .replaceSpaceRuns(let replacement):
            Self.replaceSpaceRuns(replacement, in: &text)
        case .strip(let left, let right):
            text.withUnsafeBufferPointer { bytes in
                let start = left ? TokenizerUTF8.whitespaceEnd(bytes, from: 0, to: bytes.count) : 0
                let end = right ? TokenizerUTF8.whitespaceStart(bytes, from: start, to: bytes.count) : bytes.count
                return start..<end
            }.trim(&text)
        }
    }

    private static func replace(_ pattern: [UInt8], _ replacement: [UInt8], in text: [UInt8]) -> [UInt8] {
        guard let first = pattern.first else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var position = 0
        while position < text.count {
            if text[position] == first, text[position...].starts(with: pattern) {
                result += replacement
                position += pattern.count
            } else {
                result.append(text[position])
                position += 1
            }
        }
        return result
    }

    private static func replaceSpaceRuns(_ replacement: String, in text: inout [UInt8]) {
        let space = UInt8(ascii: " ")
        var written = 0
        var position = 0
        if replacement == " " {
            while position < text.count {
                let byte = text[position]
                if byte != space || position == 0 || text[position - 1] != space {
                    text[written] = byte
                    written += 1
                }
                position += 1
            }
            text.removeLast(text.count - written)
            return
        }
        var result: [UInt8] = []
        while position < text.count {
            var end = position
            while end < text.count, text[end] == space { end += 1 }
            if end - position >= 2 {
                result += Array(replacement.utf8)
                position = end
            } else {
                result.append(text[position])
                position += 1
            }
        }
        text = result
    }
}

extension Range<Int> {
    /// Removes from `bytes` what lies outside the range.
    fileprivate func trim(_ bytes: inout [UInt8]) {
        bytes.removeLast(bytes.count - upperBound)
        bytes.removeFirst(lowerBound)
    }
}
