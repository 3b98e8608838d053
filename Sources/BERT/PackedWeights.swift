import CKernels
import Foundation
import TensorFiles

/// A model's weights in the order and grouping that one kernel set wants, ready to be read by a pass.
///
/// They are compiled once from the safetensors file into `packed-<kernel set>-v<format>.bin` beside it, and mapped
/// from there afterwards. A file that belongs to other weights or another version, or whose checksum tells that it was
/// damaged, is built again. Where the directory cannot be written, the weights are packed in memory.
final class PackedWeights: @unchecked Sendable {
    let layout: PackedLayout
    /// `layout.count` bytes, 64-byte aligned, never written after `init`.
    private let start: UnsafeRawPointer
    private let owner: Owner

    private enum Owner {
        case file(MappedFile)
        case memory(UnsafeMutableRawPointer)
    }

    /// Maps the packed file of `directory`, building it first when there is none that fits.
    ///
    /// - Parameter source: opens the published weights. It is not called when there is a packed file that fits, so that a
    ///   model works without them.
    /// - Throws: what `source` throws; `ModelError.invalidFile` when the packed file cannot be used and `source` throws.
    init(
        configuration: BERTConfiguration, directory: URL, weightsHash: String, kernelSet: KernelSet,
        precision: Precision, kernels: Kernels, source: () throws -> BERTTensors
    ) throws {
        layout = PackedLayout(configuration: configuration, kernels: kernels)
        let header = try layout.header(kernelSet: kernelSet, precision: precision, weightsHash: weightsHash)
        let url = directory.appendingPathComponent(Self.fileName(kernelSet, precision))
        let found = Self.map(url, header: header, layout: layout)
        if case .sound(let file, let start) = found {
            (owner, self.start) = (.file(file), start)
            return
        }
        let tensors: BERTTensors
        do {
            tensors = try source()
        } catch {
            guard case .unusable(let reason) = found else { throw error }
            let why = (error as? ModelError)?.message ?? "\(error)"
            throw ModelError(
                .invalidFile,
                "\(url.path): \(reason), and it cannot be built again from the weights (\(why)); install the model again"
            )
        }
        let size = PackedLayout.headerBytes + layout.count
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
        let body = memory + PackedLayout.headerBytes
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        UnsafeMutableRawBufferPointer(start: memory, count: size).copyBytes(from: header)
        do {
            try Self.pack(tensors, layout: layout, kernels: kernels, into: body)
        } catch {
            memory.deallocate()
            throw error
        }
        let checksum = Checksum.ofParts(UnsafeRawBufferPointer(start: body, count: layout.count))
        memory.storeBytes(of: checksum.littleEndian, toByteOffset: PackedLayout.checksumOffset, as: UInt64.self)
        let written = AtomicFile.replace(url, with: UnsafeRawBufferPointer(start: memory, count: size))
        if written, case .sound(let file, let start) = Self.map(url, header: header, layout: layout) {
            memory.deallocate()
            (owner, self.start) = (.file(file), start)
            Self.removeOlder(in: directory, kernelSet, precision)
        } else {
            (owner, start) = (.memory(memory), UnsafeRawPointer(body))
        }
    }

    deinit {
        if case .memory(let memory) = owner { memory.deallocate() }
    }

    /// float32 numbers at a byte offset of the layout.
    func numbers(at offset: Int) -> UnsafePointer<Float> { (start + offset).assumingMemoryBound(to: Float.self) }

    /// Bytes at a byte offset of the layout.
    func bytes(at offset: Int) -> UnsafePointer<UInt8> { (start + offset).assumingMemoryBound(to: UInt8.self) }

    /// The columns of a matrix that an int8 product keeps exact, nil for none.
    func exactColumns(_ matrix: LayerMatrix, layer: Int) -> UnsafePointer<UInt32>? {
        let columns = (start + layout.exactColumns(matrix, layer: layer)).assumingMemoryBound(to: UInt32.self)
        return columns[0] == columns[1] ? nil : columns
    }

    static func fileName(
        _ kernelSet: KernelSet, _ precision: Precision, format: Int = PackedLayout.formatVersion
    ) -> String {
        let infix = precision == .float32 ? "" : "-\(precision.rawValue)"
        return "packed-\(kernelSet.rawValue)\(infix)-v\(format).bin"
    }

    /// What lies where the packed file should be.
    private enum Found {
        case nothing
        case unusable(String)
        case sound(MappedFile, UnsafeRawPointer)
    }

    private static func map(_ url: URL, header: Data, layout: PackedLayout) -> Found {
        guard let file = try? MappedFile(url), let start = file.bytes.baseAddress else { return .nothing }
        guard file.bytes.prefix(header.count).elementsEqual(header) else {
            return .unusable("the packed weights are of another model or version")
        }
        guard file.bytes.count == PackedLayout.headerBytes + layout.count else {
            return .unusable("the packed weights are cut off")
        }
        // All of the file is read, but a pass will use little of the word table: its pages must not stay resident.
        let body = UnsafeRawBufferPointer(rebasing: file.bytes[PackedLayout.headerBytes...])
        let checksum = Checksum.ofParts(body) { part in
            file.letGo(PackedLayout.headerBytes + part.lowerBound..<PackedLayout.headerBytes + part.upperBound)
        }
        let expected = start.loadUnaligned(fromByteOffset: PackedLayout.checksumOffset, as: UInt64.self)
        guard checksum == UInt64(littleEndian: expected) else {
            return .unusable("the checksum of the packed weights does not match")
        }
        // These are the only numbers in the file that a kernel uses as indices.
        for matrix in LayerMatrix.allCases {
            for layer in 0..<layout.configuration.layers {
                let offset = PackedLayout.headerBytes + layout.exactColumns(matrix, layer: layer)
                let columns = (start + offset).assumingMemoryBound(to: UInt32.self)
                let inputs = matrix.shape(layout.configuration).inputs
                for index in 0..<Int(CK_EXACT_COLUMNS) where Int(columns[index]) >= inputs {
                    return .unusable("the packed weights name columns that do not exist")
                }
            }
        }
        return .sound(file, start + PackedLayout.headerBytes)
    }

    /// Removes what earlier versions of the program packed for the same kernels.
    private static func removeOlder(in directory: URL, _ kernelSet: KernelSet, _ precision: Precision) {
        for format in 1..<PackedLayout.formatVersion {
            let old = directory.appendingPathComponent(fileName(kernelSet, precision, format: format))
            try? FileManager.default.removeItem(at: old)
        }
    }

    private static func pack(
        _ tensors: BERTTensors, layout: PackedLayout, kernels: Kernels, into target: UnsafeMutableRawPointer
    ) throws {
        func put<Number: BitwiseCopyable>(_ numbers: [Number], at offset: Int) {
            numbers.withUnsafeBytes { bytes in
                UnsafeMutableRawBufferPointer(start: target + offset, count: bytes.count).copyMemory(from: bytes)
            }
        }
        put(try tensors.positions(), at: layout.positions)
        put(try tensors.layerNorm("embeddings.LayerNorm"), at: layout.embeddingNorm)
        if let words = layout.words {
            let configuration = layout.configuration
            let (rows, columns) = (configuration.vocabularySize, configuration.hiddenSize)
            try WordTable.pack(
                tensors.wordEmbeddings(),
                scales: UnsafeMutableBufferPointer(
                    start: (target + words.scales).assumingMemoryBound(to: Float.self), count: rows),
                rows: UnsafeMutableBufferPointer(
                    start: (target + words.rows).assumingMemoryBound(to: Int8.self), count: rows * columns))
        }
        let chooser = try kernels.int8 == nil ? nil : ExactColumns(tensors)
        for layer in 0..<layout.configuration.layers {
            for norm in LayerNorm.allCases {
                put(try tensors.layerNorm("encoder.layer.\(layer).\(norm.name)"), at: layout.norm(norm, layer: layer))
            }
            for matrix in LayerMatrix.allCases {
                let shape = matrix.shape(layout.configuration)
                let (weight, bias) = try tensors.linear(matrix, layer: layer)
                let exact = try chooser?.columns(matrix, layer: layer, weight: weight) ?? []
                put(exact, at: layout.exactColumns(matrix, layer: layer))
                kernels.pack(
                    outputs: shape.outputs, inputs: shape.inputs, weight: weight, bias: bias, exact: exact,
                    into: target + layout.matrix(matrix, layer: layer))
            }
        }
    }
}
