import BERT
public import Foundation
import TensorFiles

/// The tensors of an encoder that training changed, under the names of the model's file.
public struct TrainedWeights: Sendable, Equatable {
    /// One tensor in float32.
    public struct Tensor: Sendable, Equatable {
        /// Its name in the model's file.
        public let name: String
        /// Row-major dimensions.
        public let shape: [Int]
        /// As many numbers as the dimensions say.
        public let values: [Float]
    }

    /// The tensors, sorted by name.
    public let tensors: [Tensor]

    init(_ tensors: [Tensor]) { self.tensors = tensors.sorted { $0.name < $1.name } }

    /// Numbers in all tensors.
    public var count: Int { tensors.reduce(0) { $0 + $1.values.count } }

    /// Writes a safetensors file that `WeightsOverlay` takes, under a temporary name first: others see all of it or nothing.
    ///
    /// - Throws: `ModelError` with `io`.
    public func write(to url: URL) throws {
        struct Entry: Encodable {
            let dtype = "F32"
            let shape: [Int]
            let data_offsets: [Int]
        }
        var entries: [String: Entry] = [:]
        var end = 0
        for tensor in tensors {
            let begin = end
            end += tensor.values.count * MemoryLayout<Float>.size
            entries[tensor.name] = Entry(shape: tensor.shape, data_offsets: [begin, end])
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var header = try encoder.encode(entries)
        header.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - header.count % 8) % 8))
        let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) }
        var file = BinaryWriter()
        file.append(length + header)
        for tensor in tensors { file.append(tensor.values) }
        guard file.write(to: url) else { throw ModelError(.io, "\(url.path): cannot be written: \(AtomicFile.reason)") }
    }
}

/// The parts of a file, kept alive until they are written.
struct BinaryWriter {
    private var parts: [Part] = []

    private enum Part {
        case data(Data)
        case numbers([Float])
        case memory(FloatMemory)
    }

    mutating func append(_ data: Data) { parts.append(.data(data)) }
    mutating func append(_ numbers: [Float]) { parts.append(.numbers(numbers)) }
    mutating func append(_ memory: FloatMemory) { parts.append(.memory(memory)) }

    /// Writes all parts, followed by what `trailer` makes of them.
    func write(to url: URL, trailer: ([UnsafeRawBufferPointer]) -> Data = { _ in Data() }) -> Bool {
        collect(parts[...], []) { buffers in
            let end = trailer(buffers)
            return end.withUnsafeBytes { AtomicFile.replace(url, with: buffers + [$0]) }
        }
    }

    private func collect<Result>(
        _ rest: ArraySlice<Part>, _ buffers: [UnsafeRawBufferPointer], _ body: ([UnsafeRawBufferPointer]) -> Result
    ) -> Result {
        guard let part = rest.first else { return body(buffers) }
        let following = rest.dropFirst()
        switch part {
        case .data(let data): return data.withUnsafeBytes { collect(following, buffers + [$0], body) }
        case .numbers(let numbers): return numbers.withUnsafeBytes { collect(following, buffers + [$0], body) }
        case .memory(let memory):
            return collect(following, buffers + [UnsafeRawBufferPointer(memory.buffer)], body)
        }
    }
}
