import BERT

/// Brings the token states of one encoder to a common scale and to fewer numbers: each number less its mean, divided by its
/// deviation; then the directions in which tokens differ most; then the whole vector at length 1. Untouched states of such
/// encoders nearly all point the same way.
///
/// All is measured once per encoder, on the background sentences, never on an owner's content: an import would invalidate every
/// stored vector.
struct TokenNormaliser: Hashable, Sendable {
    /// Numbers of a vector that is kept; narrower states are kept whole.
    static let width = 256

    /// A similarity of kept vectors, brought to that of whole states: `slope · similarity + offset`.
    struct Line: Hashable, Sendable {
        var slope: Float = 1
        var offset: Float = 0
    }

    /// `[hidden]`
    let mean: [Float]
    /// `[hidden]`, above 0.
    let deviation: [Float]
    /// `[dimension, hidden]`, of states at the common scale; empty keeps all numbers.
    let axes: [Float]
    var line = Line()
    private let projection: Projection

    var hidden: Int { mean.count }
    var dimension: Int { projection.rows }

    init(mean: [Float], deviation: [Float], axes: [Float] = []) {
        self.mean = mean
        self.deviation = deviation.map { $0 > 1e-6 ? $0 : 1 }
        self.axes = axes
        projection = Projection(mean: mean, deviation: self.deviation, axes: axes)
    }

    static func == (left: Self, right: Self) -> Bool {
        (left.mean, left.deviation, left.axes, left.line) == (right.mean, right.deviation, right.axes, right.line)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(mean)
        hasher.combine(axes.count)
    }

    /// Measures the tokens of `texts`.
    init(measuring texts: [EncodedText], hidden: Int, width: Int = width) {
        let states = texts.flatMap { text in
            text.states.hidden == hidden
                ? text.wordTokens.map { Array(text.states.values[$0 * hidden..<($0 + 1) * hidden]) } : []
        }
        let spread = Spread(states, width: hidden)
        guard width < hidden else {
            self.init(mean: spread.mean, deviation: spread.deviation)
            return
        }
        let whole = TokenNormaliser(mean: spread.mean, deviation: spread.deviation)
        let covariance = Spread.covariance(whole.projection.products(states), width: hidden)
        self.init(
            mean: spread.mean, deviation: spread.deviation,
            axes: PrincipalAxes.leading(width, of: covariance, width: hidden))
        line = SimilarityLine.fitted(texts, whole: whole, kept: self)
    }

    /// The vectors of a text's own tokens, at most `limit`, `[tokens, dimension]`.
    func vectors(of text: EncodedText, limit: Int) -> [[Float]] {
        guard text.states.hidden == hidden else { return [] }
        let states = text.wordTokens.prefix(limit).map { Array(text.states.values[$0 * hidden..<($0 + 1) * hidden]) }
        return projection.products(states).map(Projection.unit)
    }
}

extension EncodedText {
    /// The tokens that stand for something in the text: neither special tokens nor those of a prefix.
    var wordTokens: [Int] { places.indices.filter { !places[$0].isEmpty && $0 < states.tokens } }
}
