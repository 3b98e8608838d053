import CKernels
import Foundation

/// Many vectors in a byte per number, to be compared with one vector at the speed of memory.
///
/// A product differs from the float32 one by some thousandths of the product of both lengths.
public struct QuantisedMatrix: Sendable {
    /// Rows that were appended, each of `columns` numbers.
    public private(set) var rows = 0
    public let columns: Int
    private let kernels: Kernels
    private let int8: ck_int8_kernels
    private var blocks: [Block] = []

    private struct Block: Sendable {
        let rows: Int
        let packed: [UInt8]
    }

    /// Nil when there are no columns.
    public init?(columns: Int) {
        guard columns > 0, let kernels = Kernels(.best(for: .int8), precision: .int8), let int8 = kernels.int8 else {
            return nil
        }
        self.columns = columns
        self.kernels = kernels
        self.int8 = int8
    }

    /// Appends a block of rows; some thousand at a time are best.
    /// - Parameter values: w[rows, columns], row by row; an incomplete last row is left out.
    public mutating func append(_ values: [Float]) {
        let count = values.count / columns
        guard count > 0 else { return }
        let bias = [Float](repeating: 0, count: count)
        let size = kernels.packedBytes(outputs: count, inputs: columns)
        let packed = [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
            guard let start = buffer.baseAddress else { return }
            ck_pack_int8(int8.panel, int8.weight_limit, count, columns, values, bias, nil, start)
            initialized = size
        }
        blocks.append(Block(rows: count, packed: packed))
        rows += count
    }

    /// The products of all rows with `vector`, `[rows]`; nil when the vector has another width. Many rows are shared out
    /// among the cores: one core alone does not use what the memory can deliver.
    public func products(with vector: [Float]) -> [Float]? {
        guard vector.count == columns else { return nil }
        let stride = (columns + 3) / 4 * 4
        var vector = vector
        var bytes = [UInt8](repeating: 0, count: stride + Int(CK_PADDING))
        var range = ck_range()
        int8.quantise(1, columns, &vector, nil, &bytes, stride, &range)
        let starts = blocks.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.rows) }
        return [Float](unsafeUninitializedCapacity: rows) { [bytes, range] buffer, initialized in
            // Each block has its own part of the buffer.
            nonisolated(unsafe) let target = buffer
            DispatchQueue.concurrentPerform(iterations: blocks.count) { index in
                let block = blocks[index]
                guard let start = target.baseAddress else { return }
                var range = range
                int8.matmul(
                    1, block.rows, columns, bytes, stride, &range, block.packed, start + starts[index], block.rows,
                    CK_IDENTITY)
            }
            initialized = rows
        }
    }
}
