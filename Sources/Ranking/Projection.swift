import BERT

/// Takes a mean off vectors, divides each number by its deviation, and multiplies by some axes.
struct Projection: Sendable {
    let rows: Int
    private let mean: [Float]
    private let factors: [Float]
    private let matrix: PackedMatrix?
    /// What the mean becomes.
    private let offset: [Float]

    /// - Parameter axes: `[rows, mean.count]`; empty for none.
    init(mean: [Float], deviation: [Float], axes: [Float]) {
        let columns = mean.count
        self.mean = mean
        factors = deviation.map { 1 / $0 }
        rows = axes.isEmpty || columns == 0 ? columns : axes.count / columns
        guard !axes.isEmpty, columns > 0 else {
            (matrix, offset) = (nil, [])
            return
        }
        let scaled = axes.indices.map { axes[$0] / deviation[$0 % columns] }
        matrix = PackedMatrix(scaled, rows: rows, columns: columns)
        offset = (0..<rows).map { row in
            (0..<columns).reduce(Float(0)) { $0 + scaled[row * columns + $1] * mean[$1] }
        }
    }

    /// `[vectors, rows]` of `[vectors, mean.count]`.
    func products(_ vectors: [[Float]]) -> [[Float]] {
        guard let matrix else {
            return vectors.map { vector in vector.indices.map { (vector[$0] - mean[$0]) * factors[$0] } }
        }
        guard !vectors.isEmpty else { return [] }
        let padding = [Float](repeating: 0, count: PackedMatrix.padding)
        var out = [Float](repeating: 0, count: vectors.count * rows + PackedMatrix.padding)
        matrix.multiply(vectors.flatMap { $0 } + padding, m: vectors.count, into: &out)
        return vectors.indices.map { index in (0..<rows).map { out[index * rows + $0] - offset[$0] } }
    }

    /// At length 1; zeros stay.
    static func unit(_ vector: [Float]) -> [Float] {
        let square = vector.reduce(Float(0)) { $0 + $1 * $1 }
        guard square > 0 else { return vector }
        let scale = 1 / square.squareRoot()
        return vector.map { $0 * scale }
    }
}

/// Mean and deviation of each number of many vectors.
struct Spread {
    let mean: [Float]
    let deviation: [Float]

    init(_ vectors: [[Float]], width: Int) {
        var sums = [Double](repeating: 0, count: width)
        var squares = sums
        for vector in vectors {
            for column in 0..<width {
                let value = Double(vector[column])
                sums[column] += value
                squares[column] += value * value
            }
        }
        let total = max(1, Double(vectors.count))
        let means = sums.map { $0 / total }
        mean = means.map { Float($0) }
        deviation = zip(squares, means).map { Float(max(0, $0 / total - $1 * $1).squareRoot()) }
    }

    /// The mean of the products of each two numbers, `[width, width]`.
    static func covariance(_ vectors: [[Float]], width: Int) -> [Double] {
        var sums = [Double](repeating: 0, count: width * width)
        sums.withUnsafeMutableBufferPointer { sums in
            for vector in vectors {
                for row in 0..<width {
                    let factor = Double(vector[row])
                    for column in 0..<width { sums[row * width + column] += factor * Double(vector[column]) }
                }
            }
        }
        let total = max(1, Double(vectors.count))
        return sums.map { $0 / total }
    }
}
