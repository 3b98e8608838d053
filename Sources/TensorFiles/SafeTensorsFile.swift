public import Foundation

/// A memory-mapped safetensors file: named tensors of numbers behind a JSON header.
///
/// Nothing in the file is trusted: the header's length, every shape, type and offset is checked when the file is
/// opened, so that a tensor that this object hands out always lies inside the mapping. Format:
/// u64 header length, JSON header, then the tensors' bytes without holes or overlap, all little-endian.
public final class SafeTensorsFile: Sendable {
    /// The element types of the format.
    public enum ElementType: String, Sendable, Codable {
        case float64 = "F64"
        case float32 = "F32"
        case float16 = "F16"
        case bfloat16 = "BF16"
        case int64 = "I64"
        case int32 = "I32"
        case int16 = "I16"
        case int8 = "I8"
        case uint64 = "U64"
        case uint32 = "U32"
        case uint16 = "U16"
        case uint8 = "U8"
        case bool = "BOOL"

        /// Bytes per element.
        public var size: Int {
            switch self {
            case .float64, .int64, .uint64: 8
            case .float32, .int32, .uint32: 4
            case .float16, .bfloat16, .int16, .uint16: 2
            case .int8, .uint8, .bool: 1
            }
        }
    }

    /// Where a tensor lies and what it holds.
    public struct Tensor: Sendable, Equatable {
        /// The tensor's name, as in the model hub's files.
        public let name: String
        /// What its elements are.
        public let type: ElementType
        /// Row-major dimensions; empty for a single number.
        public let shape: [Int]
        /// Number of elements.
        public let count: Int
        /// Its bytes, as offsets from the beginning of the file.
        public let bytes: Range<Int>
    }

    /// A header may have this many bytes unless the caller says otherwise. The largest published BERTs need 50 KB.
    public static let defaultHeaderLimit = 8 * 1024 * 1024

    /// Every tensor by name.
    public let tensors: [String: Tensor]
    /// The file's own notes (`__metadata__`).
    public let metadata: [String: String]
    /// Where the file was read from, for messages.
    public let path: String
    private let file: MappedFile

    /// Opens and checks `url`.
    ///
    /// - Throws: `ModelError` with `io`, `invalidFile`, `unsupported` (an unknown element type) or `tooLarge`.
    public init(url: URL, headerLimit: Int = SafeTensorsFile.defaultHeaderLimit) throws {
        file = try MappedFile(url)
        path = url.path
        let header = try SafeTensorsHeader.parse(file.bytes, limit: headerLimit, path: url.path)
        tensors = header.tensors
        metadata = header.metadata
    }

    /// The tensor called `name`, which must have `shape` when one is given.
    public func tensor(_ name: String, shape: [Int]? = nil) throws -> Tensor {
        guard let tensor = tensors[name] else {
            throw ModelError(.invalidFile, "\(path): tensor \(name) is missing")
        }
        if let shape, tensor.shape != shape {
            throw ModelError(.invalidFile, "\(path): tensor \(name) has shape \(tensor.shape), expected \(shape)")
        }
        return tensor
    }

    /// The raw bytes of a tensor of this file, valid inside `body` only.
    public func withBytes<Result>(
        of tensor: Tensor, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        guard tensors[tensor.name] == tensor else {
            throw ModelError(.invalidInput, "tensor \(tensor.name) does not belong to \(path)")
        }
        return try body(UnsafeRawBufferPointer(rebasing: file.bytes[tensor.bytes]))
    }

    /// A converted copy of a float32, float16 or bfloat16 tensor, row-major.
    public func floats(_ name: String, shape: [Int]? = nil) throws -> [Float] {
        let tensor = try tensor(name, shape: shape)
        let conversion = try FloatConversion(tensor.type, name: "\(path): tensor \(name)")
        return try withBytes(of: tensor) { bytes in
            [Float](unsafeUninitializedCapacity: tensor.count) { buffer, count in
                conversion.convert(bytes, into: buffer)
                count = tensor.count
            }
        }
    }

    /// A matrix of float32, float16 or bfloat16 rows, read straight from the mapping.
    public func rows(_ name: String, shape: [Int]? = nil) throws -> MappedRows {
        try MappedRows(file: file, tensor: tensor(name, shape: shape), path: path)
    }
}

/// A matrix in a mapped file whose rows are converted to float32 one at a time. Nothing is copied when it is made.
public struct MappedRows: Sendable {
    /// Number of rows.
    public let rows: Int
    /// Numbers per row.
    public let columns: Int
    private let file: MappedFile
    private let start: Int
    private let stride: Int
    private let conversion: FloatConversion

    init(file: MappedFile, tensor: SafeTensorsFile.Tensor, path: String) throws {
        guard tensor.shape.count == 2 else {
            throw ModelError(
                .invalidFile, "\(path): tensor \(tensor.name) has shape \(tensor.shape), expected a matrix")
        }
        self.file = file
        rows = tensor.shape[0]
        columns = tensor.shape[1]
        start = tensor.bytes.lowerBound
        stride = columns * tensor.type.size
        conversion = try FloatConversion(tensor.type, name: "\(path): tensor \(tensor.name)")
    }

    /// Writes row `index` as `columns` float32 numbers to the beginning of `buffer`.
    ///
    /// - Precondition: `0 <= index < rows` and `buffer` holds `columns` numbers; both are checked.
    public func copyRow(_ index: Int, into buffer: UnsafeMutableBufferPointer<Float>) throws {
        guard index >= 0, index < rows, buffer.count >= columns else {
            throw ModelError(.invalidInput, "row \(index) of a matrix with \(rows) rows")
        }
        let begin = start + index * stride
        conversion.convert(UnsafeRawBufferPointer(rebasing: file.bytes[begin..<begin + stride]), into: buffer)
    }
}
