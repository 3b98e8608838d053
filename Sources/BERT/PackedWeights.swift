import CKernels
import Foundation

/// A model's weights in the order and grouping that one kernel set wants, ready to be read by a pass.
///
/// They are compiled once from the safetensors file into `packed-<kernel set>-v<format>.bin` beside it, and mapped
/// from there afterwards. A file that belongs to other weights or another version is built again. Where the directory
/// cannot be written, the weights are packed in memory.
final class PackedWeights: @unchecked Sendable {
    let layout: PackedLayout
    /// `layout.count` numbers, 64-byte aligned, never written after `init`.
    let numbers: UnsafePointer<Float>
    private let owner: Owner

    private enum Owner {
        case file(MappedFile)
        case memory(UnsafeMutableRawPointer)
    }

    /// Maps the packed file of `directory`, building it first when there is none that fits.
    init(tensors: BERTTensors, directory: URL, weightsHash: String, kernelSet: KernelSet, panel: Int) throws {
        layout = PackedLayout(configuration: tensors.configuration, panel: panel)
        let header = try layout.header(kernelSet: kernelSet, precision: .float32, weightsHash: weightsHash)
        let url = directory.appendingPathComponent(
            "packed-\(kernelSet.rawValue)-v\(PackedLayout.formatVersion).bin")
        if let (file, numbers) = Self.map(url, header: header, layout: layout) {
            (owner, self.numbers) = (.file(file), numbers)
            return
        }
        let size = header.count + layout.count * 4
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
        UnsafeMutableRawBufferPointer(start: memory, count: size).copyBytes(from: header)
        do {
            let target = memory.advanced(by: header.count).bindMemory(to: Float.self, capacity: layout.count)
            target.initialize(repeating: 0, count: layout.count)
            try Self.pack(tensors, layout: layout, into: target)
        } catch {
            memory.deallocate()
            throw error
        }
        let image = UnsafeRawBufferPointer(start: memory, count: size)
        if AtomicFile.replace(url, with: image), let (file, numbers) = Self.map(url, header: header, layout: layout) {
            memory.deallocate()
            (owner, self.numbers) = (.file(file), numbers)
        } else {
            owner = .memory(memory)
            numbers = UnsafePointer(
                memory.advanced(by: header.count).assumingMemoryBound(to: Float.self))
        }
    }

    deinit {
        if case .memory(let memory) = owner { memory.deallocate() }
    }

    private static func map(
        _ url: URL, header: Data, layout: PackedLayout
    ) -> (MappedFile, UnsafePointer<Float>)? {
        guard let file = try? MappedFile(url), let start = file.bytes.baseAddress,
            file.bytes.count == header.count + layout.count * 4, file.bytes.prefix(header.count).elementsEqual(header)
        else { return nil }
        return (file, start.advanced(by: header.count).assumingMemoryBound(to: Float.self))
    }

    private static func pack(
        _ tensors: BERTTensors, layout: PackedLayout, into target: UnsafeMutablePointer<Float>
    ) throws {
        func put(_ numbers: [Float], at offset: Int) {
            target.advanced(by: offset).update(from: numbers, count: numbers.count)
        }
        put(try tensors.positions(), at: layout.positions)
        put(try tensors.layerNorm("embeddings.LayerNorm"), at: layout.embeddingNorm)
        for layer in 0..<layout.configuration.layers {
            for norm in LayerNorm.allCases {
                put(
                    try tensors.layerNorm("encoder.layer.\(layer).\(norm.name)"), at: layout.norm(norm, layer: layer))
            }
            for matrix in LayerMatrix.allCases {
                let shape = matrix.shape(layout.configuration)
                let (weight, bias) = try tensors.linear(matrix, layer: layer)
                ck_pack(
                    layout.panel, shape.outputs, shape.inputs, weight, bias,
                    target.advanced(by: layout.matrix(matrix, layer: layer)))
            }
        }
    }
}
