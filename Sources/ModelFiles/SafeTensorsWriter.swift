import BERT
import Foundation
import TensorFiles

/// Writes a safetensors file front to back: the header first, then the tensors' numbers in its order.
struct SafeTensorsWriter {
    /// A float32 tensor to come.
    struct Tensor: Equatable {
        var name: String
        /// Row-major dimensions.
        var shape: [Int]
        var count: Int { shape.reduce(1, *) }
    }

    private let output: OutputFile
    private let expected: Int
    private var written = 0

    /// Creates `url` and writes the header for `tensors`. The header is padded to a multiple of 8 bytes.
    init(_ url: URL, tensors: [Tensor]) throws {
        output = try OutputFile(url)
        expected = tensors.reduce(0) { $0 + $1.count }
        var offset = 0
        let entries = tensors.map { tensor in
            let end = offset + 4 * tensor.count
            defer { offset = end }
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            return #""\#(tensor.name)":{"dtype":"F32","shape":[\#(shape)],"data_offsets":[\#(offset),\#(end)]}"#
        }
        var header = Array("{\(entries.joined(separator: ","))}".utf8)
        header += [UInt8](repeating: UInt8(ascii: " "), count: -header.count & 7)
        try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try output.write($0) }
        try header.withUnsafeBytes { try output.write($0) }
    }

    /// Appends numbers of the current tensor.
    mutating func write(_ values: UnsafeBufferPointer<Float>) throws {
        written += values.count
        try output.write(UnsafeRawBufferPointer(values))
    }

    /// Closes the file and returns its SHA-256.
    func finish() throws -> String {
        guard written == expected else {
            throw ModelError(.invalidInput, "\(written) numbers were written, the header promises \(expected)")
        }
        return try output.finish()
    }
}
