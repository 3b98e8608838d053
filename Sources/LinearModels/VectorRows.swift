import BERT
import ConversationDomain

/// Embeddings to be compared with a query: exact while they are few, in a byte per number when they are many.
package struct VectorRows: Sendable {
    /// The most rows that are kept in float32, 12 MB at 384 columns.
    static let exactLimit = 8192

    private enum Storage: Sendable {
        case exact([PackedMatrix])
        case quantised(QuantisedMatrix)
    }

    private var storage: Storage
    private let columns: Int
    package private(set) var count = 0

    /// - Parameters:
    ///   - expected: rows that will be appended.
    ///   - columns: numbers in a row.
    package init(expected: Int, columns: Int) {
        self.columns = columns
        if expected > Self.exactLimit, let matrix = QuantisedMatrix(columns: columns) {
            storage = .quantised(matrix)
        } else {
            storage = .exact([])
        }
    }

    /// All of `rows`, quantised.
    /// - Throws: `ChatError(.internal)` when a row has another width.
    package static func of(_ rows: [[Float]], columns: Int) throws -> VectorRows {
        var vectors = VectorRows(expected: .max, columns: columns)
        for start in stride(from: 0, to: rows.count, by: 4096) {
            try vectors.append(Array(rows[start..<min(start + 4096, rows.count)]))
        }
        return vectors
    }

    /// Appends a block; some thousand rows at a time are best.
    /// - Throws: `ChatError(.internal)` when a row has another width.
    package mutating func append(_ rows: [[Float]]) throws {
        guard rows.allSatisfy({ $0.count == columns }) else {
            throw ChatError(.internal, "the encoder's embeddings differ in length")
        }
        guard !rows.isEmpty else { return }
        count += rows.count
        let values = rows.flatMap { $0 }
        switch storage {
        case .exact(var blocks):
            if let block = PackedMatrix(values, rows: rows.count, columns: columns) { blocks.append(block) }
            storage = .exact(blocks)
        case .quantised(var matrix):
            matrix.append(values)
            storage = .quantised(matrix)
        }
    }

    /// The products with a query, `[count]`; empty when the query has another width.
    package func products(with query: [Float]) -> [Float] {
        guard query.count == columns else { return [] }
        switch storage {
        case .quantised(let matrix): return matrix.products(with: query) ?? []
        case .exact(let blocks):
            let padded = query + [Float](repeating: 0, count: PackedMatrix.padding)
            var products: [Float] = []
            products.reserveCapacity(count)
            for block in blocks {
                var part = [Float](repeating: 0, count: block.rows + PackedMatrix.padding)
                block.multiply(padded, m: 1, into: &part)
                products.append(contentsOf: part.prefix(block.rows))
            }
            return products
        }
    }
}
