import CKernels
import Foundation

/// Where everything lies in a packed weights file, counted in float32 numbers from the end of its header.
///
/// Small tables come first; the layers' panels follow in the order in which a pass reads them, so that memory is
/// read in one direction. Every part begins at a multiple of 64 bytes.
struct PackedLayout {
    /// Bytes of the header: JSON, filled up with spaces.
    static let headerBytes = 4096
    /// Changed whenever the meaning of the bytes changes.
    static let formatVersion = 1

    let configuration: BERTConfiguration
    let panel: Int
    /// Numbers in the whole file.
    let count: Int
    private let layersBegin: Int
    private let normsBegin: Int
    private let layerCount: Int
    private let matrixOffsets: [Int]

    init(configuration: BERTConfiguration, panel: Int) {
        self.configuration = configuration
        self.panel = panel
        normsBegin = Self.aligned(configuration.maxTokens * configuration.hiddenSize)
        let norms = 1 + configuration.layers * LayerNorm.allCases.count
        layersBegin = normsBegin + norms * Self.normCount(configuration)
        var offsets: [Int] = []
        var size = 0
        for matrix in LayerMatrix.allCases {
            offsets.append(size)
            let shape = matrix.shape(configuration)
            size += Self.aligned(ck_packed_count(panel, shape.outputs, shape.inputs))
        }
        matrixOffsets = offsets
        layerCount = size
        count = layersBegin + configuration.layers * size
    }

    /// Position embeddings [maxTokens, hidden].
    var positions: Int { 0 }

    /// Gamma and beta of the embeddings' layer norm.
    var embeddingNorm: Int { normsBegin }

    /// Gamma and beta of a norm of `layer`.
    func norm(_ norm: LayerNorm, layer: Int) -> Int {
        normsBegin + (1 + layer * LayerNorm.allCases.count + norm.rawValue) * Self.normCount(configuration)
    }

    /// The panels of a matrix of `layer`.
    func matrix(_ matrix: LayerMatrix, layer: Int) -> Int {
        layersBegin + layer * layerCount + matrixOffsets[matrix.rawValue]
    }

    /// The header that a file must have, byte for byte, to belong to these weights, kernels and this version.
    func header(kernelSet: KernelSet, precision: Precision, weightsHash: String) throws -> Data {
        struct Header: Encodable {
            let format: Int
            let kernelSet: String
            let precision: String
            let panel: Int
            let weights: String
            let numbers: Int
            let configuration: BERTConfiguration
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var data = try encoder.encode(
            Header(
                format: Self.formatVersion, kernelSet: kernelSet.rawValue, precision: precision.rawValue, panel: panel,
                weights: weightsHash, numbers: count, configuration: configuration))
        guard data.count < Self.headerBytes else {
            throw BERTError(.tooLarge, "the weights hash is \(weightsHash.utf8.count) bytes long")
        }
        data.append(contentsOf: repeatElement(UInt8(ascii: " "), count: Self.headerBytes - data.count - 1))
        data.append(UInt8(ascii: "\n"))
        return data
    }

    private static func aligned(_ count: Int) -> Int { (count + 15) / 16 * 16 }

    private static func normCount(_ configuration: BERTConfiguration) -> Int {
        aligned(2 * configuration.hiddenSize)
    }
}
