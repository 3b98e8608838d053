/// The directions in which vectors differ most, by subspace iteration.
enum PrincipalAxes {
    static let rounds = 24

    /// Rows of length 1 at right angles to each other that span the `count` largest eigenvectors of a covariance, turned at random
    /// within: each then carries about as much as any other, as a quantiser with one step for all wants it. The same for the same
    /// covariance.
    /// - Parameter covariance: `[width, width]`, symmetric.
    /// - Returns: `[count, width]`
    static func leading(_ count: Int, of covariance: [Double], width: Int) -> [Float] {
        var random = Mixer()
        var axes = random.numbers(count * width)
        orthonormalise(&axes, count, width)
        for _ in 0..<rounds {
            axes = product(axes, covariance, rows: count, inner: width, columns: width)
            orthonormalise(&axes, count, width)
        }
        var turn = random.numbers(count * count)
        orthonormalise(&turn, count, count)
        return product(turn, axes, rows: count, inner: count, columns: width).map { Float($0) }
    }

    /// out[rows, columns] = left[rows, inner] · right[inner, columns]
    private static func product(_ left: [Double], _ right: [Double], rows: Int, inner: Int, columns: Int) -> [Double] {
        var out = [Double](repeating: 0, count: rows * columns)
        out.withUnsafeMutableBufferPointer { out in
            right.withUnsafeBufferPointer { right in
                for row in 0..<rows {
                    for k in 0..<inner {
                        let factor = left[row * inner + k]
                        for column in 0..<columns {
                            out[row * columns + column] += factor * right[k * columns + column]
                        }
                    }
                }
            }
        }
        return out
    }

    /// Gram and Schmidt's method, twice for the sake of rounding; what depends on earlier rows becomes 0.
    private static func orthonormalise(_ rows: inout [Double], _ count: Int, _ width: Int) {
        rows.withUnsafeMutableBufferPointer { rows in
            for row in 0..<count {
                let own = row * width
                func length() -> Double { (0..<width).reduce(0) { $0 + rows[own + $1] * rows[own + $1] }.squareRoot() }
                let before = length()
                for _ in 0..<2 {
                    for earlier in 0..<row {
                        let other = earlier * width
                        var inner = 0.0
                        for column in 0..<width { inner += rows[own + column] * rows[other + column] }
                        for column in 0..<width { rows[own + column] -= inner * rows[other + column] }
                    }
                }
                let after = length()
                let scale = after > 1e-9 * before && after > 0 ? 1 / after : 0
                for column in 0..<width { rows[own + column] *= scale }
            }
        }
    }

    /// Numbers between -1 and 1, always the same ones (G. Steele, D. Lea, C. Flood, SplitMix, 2014).
    private struct Mixer {
        private var state: UInt64 = 0x5EED

        mutating func numbers(_ count: Int) -> [Double] {
            (0..<count).map { _ in
                state &+= 0x9E37_79B9_7F4A_7C15
                var value = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
                value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
                return Double(Int64(bitPattern: value ^ (value >> 31))) / 0x1p63
            }
        }
    }
}
