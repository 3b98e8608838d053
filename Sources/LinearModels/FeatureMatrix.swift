/// Numbers of samples, row by row: values[rows, columns].
package struct FeatureMatrix: Sendable {
    let rows: Int
    let columns: Int
    var values: [Float]

    /// Rows of unequal width are refused with nil.
    package init?(_ rows: [[Float]]) {
        guard let width = rows.first?.count, width > 0, rows.allSatisfy({ $0.count == width }) else { return nil }
        self.init(rows: rows.count, columns: width, values: rows.flatMap { $0 })
    }

    package init(rows: Int, columns: Int, values: [Float]) {
        self.rows = rows
        self.columns = columns
        self.values = values
    }

    /// The given rows, in the given order.
    package func selecting(_ indices: [Int]) -> FeatureMatrix {
        var selected: [Float] = []
        selected.reserveCapacity(indices.count * columns)
        for index in indices { selected.append(contentsOf: row(index)) }
        return FeatureMatrix(rows: indices.count, columns: columns, values: selected)
    }

    package func row(_ index: Int) -> ArraySlice<Float> { values[index * columns..<(index + 1) * columns] }

    /// [columns, range.count]
    func transposed(_ range: Range<Int>) -> [Float] {
        var result = [Float](repeating: 0, count: columns * range.count)
        for (offset, row) in range.enumerated() {
            for column in 0..<columns { result[column * range.count + offset] = values[row * columns + column] }
        }
        return result
    }
}
