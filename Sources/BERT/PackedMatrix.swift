import CKernels

/// A float32 matrix laid out once for the fastest product kernel of this CPU, for learning on top of embeddings.
public struct PackedMatrix: Sendable {
    /// Numbers that must be readable, not meaningful, behind the end of the other factor and of the product.
    public static let padding = Int(CK_PADDING)

    /// w[rows, columns].
    public let rows: Int
    public let columns: Int
    private let kernels: ck_float_kernels
    private let packed: [Float]

    /// - Parameter values: w[rows, columns], row by row.
    /// Nil when the count of values is another one.
    public init?(_ values: [Float], rows: Int, columns: Int) {
        guard rows > 0, columns > 0, values.count == rows * columns,
            let kernels = Kernels(.best(), precision: .float32)?.float
        else { return nil }
        self.rows = rows
        self.columns = columns
        self.kernels = kernels
        let bias = [Float](repeating: 0, count: rows)
        packed = [Float](unsafeUninitializedCapacity: ck_packed_count(kernels.panel, rows, columns)) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            ck_pack(kernels.panel, rows, columns, values, bias, start)
            count = buffer.count
        }
    }

    /// out[m, rows] = x[m, columns] · w[rows, columns]ᵀ; both arrays end with at least ``padding`` further numbers.
    /// - Returns: whether the arrays were large enough; nothing is written otherwise.
    @discardableResult
    public func multiply(_ x: [Float], m: Int, into out: inout [Float]) -> Bool {
        guard m > 0, x.count >= m * columns + Self.padding, out.count >= m * rows + Self.padding else { return false }
        kernels.matmul(m, rows, columns, x, columns, packed, &out, rows, CK_IDENTITY)
        return true
    }
}
