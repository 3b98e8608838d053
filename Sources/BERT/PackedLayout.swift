import CKernels
import Foundation
import TensorFiles

/// Where everything lies in a packed weights file, counted in bytes from the end of its header.
///
/// Small tables come first; the layers' panels follow in the order in which a pass reads them, so that memory is
/// read in one direction, and the word table, of which few rows are ever read, is last. Every part begins at a multiple of 64 bytes.
struct PackedLayout: Sendable {
    /// Bytes of the header: JSON, filled up with spaces, and the checksum of all that follows, little-endian.
    static let headerBytes = 4096
    /// Where the checksum is in the header.
    static let checksumOffset = headerBytes - MemoryLayout<UInt64>.size
    /// Changed whenever the meaning of the bytes changes. Format 1 had no checksum.
    static let formatVersion = 2

    let configuration: BERTConfiguration
    /// Bytes in the whole file without the header.
    let count: Int
    /// The word table in bytes, for int8 only: float32 scales [vocabulary], then signed bytes [vocabulary, hidden].
    let words: (scales: Int, rows: Int)?
    private let layersBegin: Int
    private let normsBegin: Int
    private let exactBegin: Int
    private let layerCount: Int
    private let matrixOffsets: [Int]
    private let packing: String

    init(configuration: BERTConfiguration, kernels: Kernels) {
        self.configuration = configuration
        packing = kernels.packing
        normsBegin = Self.aligned(configuration.maxTokens * configuration.hiddenSize * MemoryLayout<Float>.size)
        let norms = 1 + configuration.layers * LayerNorm.allCases.count
        exactBegin = normsBegin + norms * Self.normBytes(configuration)
        let matrices = configuration.layers * LayerMatrix.allCases.count
        layersBegin = exactBegin + Self.aligned(matrices * Self.exactBytes)
        var offsets: [Int] = []
        var size = 0
        for matrix in LayerMatrix.allCases {
            offsets.append(size)
            let shape = matrix.shape(configuration)
            size += Self.aligned(kernels.packedBytes(outputs: shape.outputs, inputs: shape.inputs))
        }
        matrixOffsets = offsets
        layerCount = size
        let layersEnd = layersBegin + configuration.layers * size
        guard kernels.int8 != nil else {
            words = nil
            count = layersEnd
            return
        }
        let vocabulary = configuration.vocabularySize
        let rows = layersEnd + Self.aligned(vocabulary * MemoryLayout<Float>.size)
        words = (layersEnd, rows)
        count = rows + Self.aligned(vocabulary * configuration.hiddenSize)
    }

    /// Position embeddings [maxTokens, hidden], float32.
    var positions: Int { 0 }

    /// Gamma and beta of the embeddings' layer norm, float32.
    var embeddingNorm: Int { normsBegin }

    /// Gamma and beta of a norm of `layer`, float32.
    func norm(_ norm: LayerNorm, layer: Int) -> Int {
        normsBegin + (1 + layer * LayerNorm.allCases.count + norm.rawValue) * Self.normBytes(configuration)
    }

    /// The columns of a matrix that an int8 product keeps exact: `CK_EXACT_COLUMNS` indices, all zero for none.
    func exactColumns(_ matrix: LayerMatrix, layer: Int) -> Int {
        exactBegin + (layer * LayerMatrix.allCases.count + matrix.rawValue) * Self.exactBytes
    }

    /// The panels of a matrix of `layer`.
    func matrix(_ matrix: LayerMatrix, layer: Int) -> Int {
        layersBegin + layer * layerCount + matrixOffsets[matrix.rawValue]
    }

    /// The header up to its checksum, as a file must have it, byte for byte, to belong to these weights, kernels and this
    /// version.
    func header(kernelSet: KernelSet, precision: Precision, weightsHash: String) throws -> Data {
        struct Header: Encodable {
            let format: Int
            let kernelSet: KernelSet
            let precision: Precision
            let packing: String
            let weights: String
            let bytes: Int
            let configuration: BERTConfiguration
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var data = try encoder.encode(
            Header(
                format: Self.formatVersion, kernelSet: kernelSet, precision: precision, packing: packing,
                weights: weightsHash, bytes: count, configuration: configuration))
        guard data.count < Self.checksumOffset else {
            throw ModelError(.tooLarge, "the weights hash is \(weightsHash.utf8.count) bytes long")
        }
        data.append(contentsOf: repeatElement(UInt8(ascii: " "), count: Self.checksumOffset - data.count - 1))
        data.append(UInt8(ascii: "\n"))
        return data
    }

    private static let exactBytes = Int(CK_EXACT_COLUMNS) * MemoryLayout<UInt32>.size

    private static func aligned(_ count: Int) -> Int { (count + 63) / 64 * 64 }

    private static func normBytes(_ configuration: BERTConfiguration) -> Int {
        aligned(2 * configuration.hiddenSize * MemoryLayout<Float>.size)
    }
}
