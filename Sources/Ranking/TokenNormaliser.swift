import BERT

/// Brings the token states of one encoder to a common scale: each dimension less its mean, divided by its deviation, then
/// the whole vector at length 1. Untouched states of such encoders nearly all point the same way.
///
/// Both are measured once per encoder, on the background sentences, never on an owner's content: an import would
/// invalidate every stored vector.
struct TokenNormaliser: Hashable, Sendable {
    /// `[hidden]`
    let mean: [Float]
    /// `[hidden]`, above 0.
    let deviation: [Float]

    var dimension: Int { mean.count }

    init(mean: [Float], deviation: [Float]) {
        self.mean = mean
        self.deviation = deviation.map { $0 > 1e-6 ? $0 : 1 }
    }

    /// Measures the tokens of `texts`.
    init(measuring texts: [EncodedText], dimension: Int) {
        var sums = [Double](repeating: 0, count: dimension)
        var squares = sums
        var count = 0.0
        for text in texts {
            for token in text.wordTokens {
                count += 1
                let base = token * text.states.hidden
                for column in 0..<min(dimension, text.states.hidden) {
                    let value = Double(text.states.values[base + column])
                    sums[column] += value
                    squares[column] += value * value
                }
            }
        }
        let total = max(1, count)
        let means = sums.map { $0 / total }
        self.init(
            mean: means.map { Float($0) },
            deviation: zip(squares, means).map { Float(max(0, $0 / total - $1 * $1).squareRoot()) })
    }

    /// The vectors of a text's own tokens, at most `limit`, `[tokens, hidden]`.
    func vectors(of text: EncodedText, limit: Int) -> [[Float]] {
        guard text.states.hidden == dimension else { return [] }
        return text.wordTokens.prefix(limit).map { token in
            let base = token * dimension
            var vector = [Float](repeating: 0, count: dimension)
            var square: Float = 0
            for column in 0..<dimension {
                let value = (text.states.values[base + column] - mean[column]) / deviation[column]
                vector[column] = value
                square += value * value
            }
            let scale = square > 0 ? 1 / square.squareRoot() : 0
            for column in 0..<dimension { vector[column] *= scale }
            return vector
        }
    }
}

extension EncodedText {
    /// The tokens that stand for something in the text: neither special tokens nor those of a prefix.
    var wordTokens: [Int] { places.indices.filter { !places[$0].isEmpty && $0 < states.tokens } }
}
