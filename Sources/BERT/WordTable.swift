import Foundation
import TensorFiles

/// The word embeddings [vocabulary, hidden] of an encoder, of which a pass copies a row per token.
enum WordTable: Sendable {
    /// Rows of the safetensors file, as exact as they are there.
    case file(MappedRows)
    /// Rows of bytes in the packed file, each with a scale of its own.
    case packed(PackedWeights)

    /// Number of rows.
    var rows: Int {
        switch self {
        case .file(let rows): rows.rows
        case .packed(let weights): weights.layout.configuration.vocabularySize
        }
    }

    /// Writes row `index` to the beginning of `buffer`.
    func copyRow(_ index: Int, into buffer: UnsafeMutableBufferPointer<Float>) throws {
        switch self {
        case .file(let rows):
            try rows.copyRow(index, into: buffer)
        case .packed(let weights):
            let layout = weights.layout
            let hidden = layout.configuration.hiddenSize
            guard let words = layout.words, index >= 0, index < rows, buffer.count >= hidden else {
                throw ModelError(.invalidInput, "row \(index) of a table with \(rows) rows")
            }
            let scale = weights.numbers(at: words.scales)[index]
            let bytes = weights.bytes(at: words.rows + index * hidden)
            for column in 0..<hidden { buffer[column] = Float(Int8(bitPattern: bytes[column])) * scale }
        }
    }

    /// Packs `table` into one scale and `hidden` signed bytes per row: a number is scale · byte.
    static func pack(
        _ table: MappedRows, scales: UnsafeMutableBufferPointer<Float>, rows: UnsafeMutableBufferPointer<Int8>
    ) throws {
        var row = [Float](repeating: 0, count: table.columns)
        for index in 0..<table.rows {
            try row.withUnsafeMutableBufferPointer { try table.copyRow(index, into: $0) }
            var largest: Float = 0
            for number in row { largest = max(largest, abs(number)) }
            let inverse = largest > 0 ? 127 / largest : 0
            scales[index] = largest / 127
            for column in row.indices {
                let byte = (row[column] * inverse).rounded()
                // A number that is not finite has no byte; the encoder's results would be worthless anyway.
                rows[index * table.columns + column] = byte.isFinite ? Int8(max(-127, min(127, byte))) : 0
            }
        }
    }
}
