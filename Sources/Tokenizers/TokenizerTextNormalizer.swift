/// The normaliser of a Unigram tokenizer: the steps of its file, in order.
struct TokenizerTextNormalizer: Sendable {
    private let steps: [TokenizerSpecification.Unigram.Step]
    private let precompiled: TokenizerPrecompiledNormalizer?

    init(_ steps: [TokenizerSpecification.Unigram.Step], precompiled: TokenizerPrecompiledNormalizer?) {
        self.steps = steps
        self.precompiled = precompiled
    }

    /// Appends the normalised form of `text`, which begins at byte `base` of the caller's, to `output`, which must be
    /// empty.
    func normalize(_ text: UnsafeBufferPointer<UInt8>, base: Int = 0, into output: inout TokenizerAlignedText) {
        var rest = steps[...]
        if rest.first == .precompiled, let precompiled {
            precompiled.normalize(text, base: base, into: &output)
            rest = rest.dropFirst()
        } else {
            copy(text, base: base, into: &output)
        }
        for step in rest { apply(step, to: &output) }
    }

    private func copy(_ text: UnsafeBufferPointer<UInt8>, base: Int, into output: inout TokenizerAlignedText) {
        guard output.isTracking else { return output.bytes.append(contentsOf: text) }
        var position = 0
        while position < text.count {
            let end = position + TokenizerUTF8.decode(text, at: position).length
            output.bytes.append(contentsOf: text[position..<end])
            output.settle(base + position, base + end)
            position = end
        }
    }

    private func apply(_ step: TokenizerSpecification.Unigram.Step, to text: inout TokenizerAlignedText) {
        switch step {
        case .precompiled:
            guard let precompiled else { return }
            text = text.mapped { part, result in
                var own = TokenizerAlignedText(isTracking: result.isTracking)
                precompiled.normalize(part.bytes, into: &own)
                result.append(own, madeFrom: part)
            }
        case .replace(let pattern, let replacement):
            let (pattern, replacement) = (Array(pattern.utf8), Array(replacement.utf8))
            guard let first = pattern.first else { return }
            Self.replace(&text, with: replacement) { bytes, position in
                bytes[position] == first && bytes[position...].starts(with: pattern) ? pattern.count : 0
            }
        case .replaceSpaceRuns(let replacement):
            let space = UInt8(ascii: " ")
            Self.replace(&text, with: Array(replacement.utf8)) { bytes, position in
                var end = position
                while end < bytes.count, bytes[end] == space { end += 1 }
                return end - position >= 2 ? end - position : 0
            }
        case .strip(let left, let right):
            text = text.mapped { part, result in
                let start = left ? TokenizerUTF8.whitespaceEnd(part.bytes, from: 0, to: part.count) : 0
                let end = right ? TokenizerUTF8.whitespaceStart(part.bytes, from: start, to: part.count) : part.count
                result.append(part[start..<end])
            }
        }
    }

    /// Puts `replacement` in the place of every stretch whose length, at a position, `match` tells; 0 where there is none.
    private static func replace(
        _ text: inout TokenizerAlignedText, with replacement: [UInt8],
        match: (_ bytes: UnsafeBufferPointer<UInt8>, _ position: Int) -> Int
    ) {
        guard text.withPart({ part in part.bytes.indices.contains { match(part.bytes, $0) > 0 } }) else { return }
        text = text.mapped { part, result in
            var (position, copied) = (0, 0)
            while position < part.count {
                let length = match(part.bytes, position)
                guard length > 0 else {
                    position += 1
                    continue
                }
                result.append(part[copied..<position])
                let place = part.place(of: position..<position + length)
                result.append(replacement, from: place.lowerBound, to: place.upperBound)
                position += length
                copied = position
            }
            result.append(part[copied..<part.count])
        }
    }
}

extension TokenizerAlignedText {
    /// What `body` makes of the text.
    fileprivate func mapped(_ body: (TokenizerTextPart, inout TokenizerAlignedText) -> Void) -> TokenizerAlignedText {
        var result = TokenizerAlignedText(isTracking: isTracking)
        result.bytes.reserveCapacity(bytes.count)
        withPart { body($0, &result) }
        return result
    }

    /// Appends `text`, whose origins are positions in `part`.
    fileprivate mutating func append(_ text: TokenizerAlignedText, madeFrom part: TokenizerTextPart) {
        guard let origins = text.origins else { return bytes.append(contentsOf: text.bytes) }
        for (byte, origin) in zip(text.bytes, origins) {
            bytes.append(byte)
            let place = part.place(of: Int(origin.start)..<Int(origin.end))
            settle(place.lowerBound, place.upperBound)
        }
    }
}
