import ConversationDomain

/// Embeddings in a byte per number, of which a search compares only a few with its query.
///
/// A product differs from the float32 one by some ten-thousandths of the product of both lengths.
struct CompactRows: Sendable {
    private let columns: Int
    private var values: [Int8] = []
    /// What a row's numbers were divided by.
    private var scales: [Float] = []

    init(columns: Int) { self.columns = columns }

    var count: Int { scales.count }

    /// - Throws: `ChatError(.internal)` when a row has another width.
    mutating func append(_ rows: [[Float]]) throws {
        guard rows.allSatisfy({ $0.count == columns }) else {
            throw ChatError(.internal, "the encoder's embeddings differ in length")
        }
        for row in rows {
            let (scale, numbers) = Self.quantised(row, limit: 127)
            values.append(contentsOf: numbers.map { Int8($0) })
            scales.append(scale)
        }
    }

    /// A vector in two bytes per number.
    struct Query: Sendable {
        fileprivate let values: [Int16]
        fileprivate let scale: Float
    }

    /// `vector` as ``product(of:with:)`` takes it; of another width it is similar to nothing.
    func query(_ vector: [Float]) -> Query {
        // 8191 · 127 · 2,064 columns still fit into the 32 bits of the sum.
        let (scale, values) = Self.quantised(vector.count == columns ? vector : [], limit: 8191)
        return Query(
            values: (values + [Float](repeating: 0, count: columns - values.count)).map { Int16($0) }, scale: scale)
    }

    /// The product of one row with a query.
    func product(of row: Int, with query: Query) -> Float {
        let sum = values.withUnsafeBufferPointer { values in
            query.values.withUnsafeBufferPointer { query in
                let row = UnsafeBufferPointer(rebasing: values[row * columns..<(row + 1) * columns])
                var sum: Int32 = 0
                for column in 0..<min(row.count, query.count) { sum &+= Int32(row[column]) &* Int32(query[column]) }
                return sum
            }
        }
        return Float(sum) * scales[row] * query.scale
    }

    /// Whole numbers of at most `limit` that are proportional to the values, and the factor between them.
    private static func quantised(_ values: [Float], limit: Float) -> (scale: Float, values: [Float]) {
        let largest = values.reduce(0) { max($0, abs($1)) }
        let scale = largest > 0 && largest.isFinite ? largest / limit : 1
        return (scale, values.map { max(-limit, min(limit, ($0 / scale).rounded())) })
    }
}
