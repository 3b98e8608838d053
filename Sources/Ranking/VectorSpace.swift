import BERT
import Foundation
import TensorFiles

/// What the states and embeddings of one encoder are brought to before they are kept and compared. Measured once per encoder, on
/// the background sentences.
struct VectorSpace: Hashable, Sendable {
    /// Numbers of a sentence's vector that is kept; narrower embeddings are kept whole. They only choose what is compared token by
    /// token.
    static let sentenceWidth = 128

    let tokens: TokenNormaliser
    /// `[encoder's dimension]`
    let embeddingMean: [Float]
    /// `[sentenceDimension, encoder's dimension]`; empty keeps all numbers.
    let embeddingAxes: [Float]
    /// Tells it from others; what is kept in one is not compared in another.
    let fingerprint: Data
    private let projection: Projection

    var sentenceDimension: Int { projection.rows }
    /// Of the encoder's embeddings.
    var embeddingDimension: Int { embeddingMean.count }

    init(tokens: TokenNormaliser, embeddingMean: [Float], embeddingAxes: [Float]) {
        (self.tokens, self.embeddingMean, self.embeddingAxes) = (tokens, embeddingMean, embeddingAxes)
        projection = Projection(
            mean: embeddingMean, deviation: [Float](repeating: 1, count: embeddingMean.count), axes: embeddingAxes)
        var fingerprint = Fingerprint()
        for part in [tokens.mean, tokens.deviation, tokens.axes, [tokens.line.slope, tokens.line.offset]] {
            part.withUnsafeBytes { fingerprint.combine($0) }
        }
        for part in [embeddingMean, embeddingAxes] { part.withUnsafeBytes { fingerprint.combine($0) } }
        self.fingerprint = fingerprint.bytes
    }

    static func == (left: Self, right: Self) -> Bool { left.fingerprint == right.fingerprint }

    func hash(into hasher: inout Hasher) { hasher.combine(fingerprint) }

    /// Measures `texts`.
    init(measuring texts: [EncodedText], dimension: Int) {
        let tokens = TokenNormaliser(measuring: texts, hidden: dimension)
        let embeddings = texts.map(\.embedding).filter { $0.count == dimension }
        guard Self.sentenceWidth < dimension else {
            self.init(
                tokens: tokens, embeddingMean: [Float](repeating: 0, count: dimension), embeddingAxes: [])
            return
        }
        let mean = Spread(embeddings, width: dimension).mean
        let centred = embeddings.map { zip($0, mean).map { $0 - $1 } }
        self.init(
            tokens: tokens, embeddingMean: mean,
            embeddingAxes: PrincipalAxes.leading(
                Self.sentenceWidth, of: Spread.covariance(centred, width: dimension), width: dimension))
    }

    /// What is kept of an embedding, `[sentenceDimension]`, of norm 1; empty when it has another width.
    func sentence(_ embedding: [Float]) -> [Float] {
        guard embedding.count == embeddingDimension else { return [] }
        return Projection.unit(projection.products([embedding])[0])
    }
}

/// As it is kept, little-endian: four counts (the encoder's dimension, numbers of a token, of a sentence, 0); the line; mean and
/// deviation of the tokens, their axes; mean and axes of the embeddings, all float32.
extension VectorSpace {
    private static let headerBytes = 16

    var data: Data {
        var data = Data()
        func append(_ values: [UInt32]) {
            for value in values { withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) } }
        }
        append([embeddingDimension, tokens.dimension, sentenceDimension, 0].map { UInt32($0) })
        append([tokens.line.slope, tokens.line.offset].map(\.bitPattern))
        for part in [tokens.mean, tokens.deviation, tokens.axes, embeddingMean, embeddingAxes] {
            append(part.map(\.bitPattern))
        }
        return data
    }

    /// Nil when it is not whole.
    init?(_ bytes: UnsafeRawBufferPointer) {
        func number(_ index: Int) -> UInt32 {
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
        }
        guard bytes.count >= Self.headerBytes + 8 else { return nil }
        let (dimension, kept, sentence) = (Int(number(0)), Int(number(1)), Int(number(2)))
        guard (1...4096).contains(dimension), (1...dimension).contains(kept), (1...dimension).contains(sentence) else {
            return nil
        }
        let axes = kept < dimension ? kept * dimension : 0
        let embeddingAxes = sentence < dimension ? sentence * dimension : 0
        guard bytes.count == Self.headerBytes + 8 + 4 * (3 * dimension + axes + embeddingAxes) else { return nil }
        var next = 4
        func floats(_ count: Int) -> [Float] {
            defer { next += count }
            return (next..<next + count).map { Float(bitPattern: number($0)) }
        }
        let line = floats(2)
        var tokens = TokenNormaliser(mean: floats(dimension), deviation: floats(dimension), axes: floats(axes))
        tokens.line = TokenNormaliser.Line(slope: line[0], offset: line[1])
        self.init(tokens: tokens, embeddingMean: floats(dimension), embeddingAxes: floats(embeddingAxes))
    }
}
