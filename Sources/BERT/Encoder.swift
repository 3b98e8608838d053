import CKernels
public import Foundation
import TensorFiles

/// A BERT encoder: token ids in, hidden states and sentence embeddings out.
///
/// Sequences of a batch run side by side without padding; each gets exactly the result that it would get alone.
/// A pass runs on the calling thread, helped by the threads of its workspace, and allocates nothing but its result. The
/// encoder can be shared by threads, a `Workspace` cannot.
public final class Encoder: Sendable {
    /// The hidden states of one sequence after the last layer.
    public struct TokenStates: Sendable, Equatable {
        /// Number of tokens.
        public let tokens: Int
        /// Width of a state.
        public let hidden: Int
        /// The states, row-major [tokens, hidden].
        public let values: [Float]

        /// - Parameter values: `tokens · hidden` numbers.
        public init(tokens: Int, hidden: Int, values: [Float]) {
            self.tokens = tokens
            self.hidden = hidden
            self.values = values
        }
    }

    /// The model's shape.
    public let configuration: BERTConfiguration
    /// The kernels in use.
    public let kernelSet: KernelSet
    /// How the encoder calculates.
    public let precision: Precision
    /// What embeddings have in common that may be compared bit for bit: the precision and how far weights are rounded.
    public let numerics: String
    private let weights: PackedWeights
    private let words: WordTable
    private let pass: EncoderPass

    /// Opens the model in `directory` (`config.json`, `model.safetensors`).
    ///
    /// With `int8`, sound packed weights of this kernel set are enough: `model.safetensors` is not opened then.
    ///
    /// - Parameters:
    ///   - directory: a Hugging Face model directory; packed weights are kept in it when it can be written.
    ///   - weightsHash: identifies the weights, the overlay's too; see `TextEncoder.weightsHash`.
    ///   - overlay: tensors that training changed, read instead of the model's own.
    ///   - kernelSet: forces kernels; the fastest of this CPU otherwise.
    ///   - precision: how to calculate.
    /// - Throws: `ModelError`.
    public init(
        directory: URL, weightsHash: String, overlay: WeightsOverlay? = nil, kernelSet: KernelSet? = nil,
        precision: Precision = .float32
    ) throws {
        let set = kernelSet ?? .best(for: precision)
        guard let kernels = Kernels(set, precision: precision) else {
            let available = KernelSet.available(for: precision).map(\.rawValue).joined(separator: ", ")
            throw ModelError(
                .unsupported, "this CPU has no \(set.rawValue) kernels for \(precision.rawValue), only \(available)")
        }
        let configuration = try BERTConfiguration.load(from: directory)
        let tensors = {
            let file = try SafeTensorsFile(url: directory.appendingPathComponent("model.safetensors"))
            let changed = try overlay.map { try SafeTensorsFile(url: $0.url) }
            return try BERTTensors(file: file, overlay: changed, configuration: configuration)
        }
        weights = try PackedWeights(
            configuration: configuration, directory: overlay?.url.deletingLastPathComponent() ?? directory,
            weightsHash: weightsHash, kernelSet: set, precision: precision, kernels: kernels, source: tensors)
        self.configuration = configuration
        self.kernelSet = set
        self.precision = precision
        numerics = kernels.int8.map { "\(precision.rawValue)-\($0.weight_limit)" } ?? precision.rawValue
        words = try kernels.int8 == nil ? .file(tensors().wordEmbeddings()) : .packed(weights)
        pass = EncoderPass(kernels: kernels, weights: weights)
    }

    /// Makes a workspace for this encoder that runs up to `tokens` tokens at once.
    ///
    /// - Parameter threads: how many threads share one pass, the calling one included, at most `Workspace.maxThreads`;
    ///   the results are the same for any number. More than one makes a single pass faster while cores are idle, and
    ///   slower than one when they are busy.
    public func makeWorkspace(tokens: Int = 512, threads: Int = 1) -> Workspace {
        Workspace(configuration: configuration, tokens: tokens, threads: threads)
    }

    /// The sentence embeddings of a batch: mean over the tokens, L2 norm 1, `hiddenSize` numbers each.
    ///
    /// - Parameters:
    ///   - batch: token ids with special tokens; 1 to `configuration.maxTokens` per sequence.
    ///   - workspace: from `makeWorkspace`; nobody else may use it meanwhile.
    ///   - interlude: asked at least twice a layer for what is to be done first; with another workspace, if it encodes.
    /// - Throws: `ModelError` with `invalidInput` or `tooLarge`. Nothing is computed then.
    public func encode(
        _ batch: [[Int32]], workspace: Workspace, interlude: PassInterlude? = nil
    ) throws -> [[Float]] {
        let hidden = configuration.hiddenSize
        return try run(batch, workspace: workspace, interlude: interlude) { states, tokens in
            [Float](unsafeUninitializedCapacity: hidden) { buffer, count in
                pass.sentence(tokens: tokens, states: states, into: buffer)
                count = hidden
            }
        }
    }

    /// The sentence embeddings of a batch, as `encode` gives them, and the hidden states of every token, in one pass.
    ///
    /// - Throws: as `encode`.
    public func encodeTokens(
        _ batch: [[Int32]], workspace: Workspace, interlude: PassInterlude? = nil
    ) throws -> [(embedding: [Float], states: TokenStates)] {
        let hidden = configuration.hiddenSize
        return try run(batch, workspace: workspace, interlude: interlude) { states, tokens in
            let embedding = [Float](unsafeUninitializedCapacity: hidden) { buffer, count in
                pass.sentence(tokens: tokens, states: states, into: buffer)
                count = hidden
            }
            let values = [Float](UnsafeBufferPointer(start: states, count: tokens * hidden))
            return (embedding, TokenStates(tokens: tokens, hidden: hidden, values: values))
        }
    }

    /// The hidden states of every token of a batch.
    ///
    /// - Throws: as `encode`.
    public func tokenStates(_ batch: [[Int32]], workspace: Workspace) throws -> [TokenStates] {
        let hidden = configuration.hiddenSize
        return try run(batch, workspace: workspace) { states, tokens in
            let values = [Float](UnsafeBufferPointer(start: states, count: tokens * hidden))
            return TokenStates(tokens: tokens, hidden: hidden, values: values)
        }
    }

    /// Runs `batch` in parts that fit the workspace and hands each sequence's states to `collect`.
    private func run<Result>(
        _ batch: [[Int32]], workspace: Workspace, interlude: PassInterlude? = nil,
        collect: (UnsafePointer<Float>, Int) -> Result
    ) throws -> [Result] {
        try check(batch)
        guard workspace.configuration == configuration else {
            throw ModelError(.invalidInput, "the workspace belongs to another encoder")
        }
        var results: [Result] = []
        results.reserveCapacity(batch.count)
        var begin = 0
        while begin < batch.count {
            var (end, tokens) = (begin, 0)
            while end < batch.count, tokens + batch[end].count <= workspace.tokens {
                tokens += batch[end].count
                end += 1
            }
            let part = batch[begin..<end]
            try lookUp(part, into: workspace.states)
            pass.run(lengths: part.map(\.count), workspace: workspace, interlude: interlude)
            var states = UnsafePointer(workspace.states)
            for sequence in part {
                results.append(collect(states, sequence.count))
                states += sequence.count * configuration.hiddenSize
            }
            begin = end
        }
        return results
    }

    private func check(_ batch: [[Int32]]) throws {
        for (index, sequence) in batch.enumerated() {
            guard !sequence.isEmpty else {
                throw ModelError(.invalidInput, "sequence \(index) is empty")
            }
            guard sequence.count <= configuration.maxTokens else {
                throw ModelError(
                    .tooLarge,
                    "sequence \(index) has \(sequence.count) tokens, at most \(configuration.maxTokens) are allowed")
            }
            for id in sequence where id < 0 || Int(id) >= words.rows {
                throw ModelError(
                    .invalidInput, "sequence \(index) holds token \(id), the vocabulary has \(words.rows) rows")
            }
        }
    }

    /// Writes the word embeddings of all sequences to the beginning of `states`.
    private func lookUp(_ part: ArraySlice<[Int32]>, into states: UnsafeMutablePointer<Float>) throws {
        let hidden = configuration.hiddenSize
        var row = states
        for sequence in part {
            for id in sequence {
                try words.copyRow(Int(id), into: UnsafeMutableBufferPointer(start: row, count: hidden))
                row += hidden
            }
        }
    }
}
