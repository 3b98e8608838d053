public import Foundation
import TensorFiles
public import Tokenizers

/// Text in, sentence embeddings out: a model directory's tokenizer and encoder together.
///
/// Calls run on the calling thread and may come from several threads at once.
public final class TextEncoder: Sendable {
    /// What a text is to a model that wants to know.
    public enum Role: Sendable {
        /// An utterance, something that looks for an answer.
        case query
        /// A piece of knowledge, something that is found.
        case passage
    }

    /// The model directory's manifest.
    public let manifest: ModelManifest
    /// Where the model is.
    public let directory: URL
    /// What training changed of it.
    public let overlay: WeightsOverlay?
    /// The encoder itself, for callers that have token ids.
    public let encoder: Encoder
    private let tokenizer: any Tokenizer
    private let pools: WorkspacePools

    /// Opens the model in `directory`: `manifest.json`, the tokenizer's files, `config.json` and `model.safetensors`.
    ///
    /// - Parameters:
    ///   - directory: an installed model.
    ///   - overlay: tensors that training changed, read instead of the model's own.
    ///   - kernelSet: forces kernels; the fastest of this CPU otherwise.
    ///   - precision: how to calculate.
    ///   - idleWorkspaces: how many workspaces (some 8 MB each when long texts used them) are kept between calls.
    /// - Throws: `ModelError`.
    public init(
        directory: URL, overlay: WeightsOverlay? = nil, kernelSet: KernelSet? = nil, precision: Precision = .float32,
        idleWorkspaces: Int = 2
    ) throws {
        let manifest = try ModelManifest.load(from: directory)
        let encoder = try Encoder(
            directory: directory, weightsHash: Self.weightsHash(of: manifest, overlay: overlay?.hash), overlay: overlay,
            kernelSet: kernelSet, precision: precision)
        guard manifest.hidden == encoder.configuration.hiddenSize, manifest.layers == encoder.configuration.layers
        else {
            throw ModelError(.invalidFile, "\(directory.path): the manifest's hidden or layers differ from config.json")
        }
        tokenizer = try TokenizerLoader.load(directory: directory, manifest: manifest)
        pools = WorkspacePools(limit: idleWorkspaces) { encoder.makeWorkspace(threads: $0) }
        self.manifest = manifest
        self.directory = directory
        self.overlay = overlay
        self.encoder = encoder
    }

    /// Identifies the weights: the SHA-256 of the published file and, behind a plus sign, the hash of what training changed.
    public var weightsHash: String { Self.weightsHash(of: manifest, overlay: overlay?.hash) }

    /// The ``weightsHash`` of a model whose overlay has this hash.
    public static func weightsHash(of manifest: ModelManifest, overlay: String?) -> String {
        overlay.map { "\(manifest.weightsSHA256)+\($0)" } ?? manifest.weightsSHA256
    }

    /// Width of an embedding.
    public var dimension: Int { encoder.configuration.hiddenSize }

    /// The tokens of `text` behind the prefix of its role, cut to `limit` (the model's length unless given).
    public func tokens(for text: String, as role: Role, limit: Int? = nil) -> [Int32] {
        tokenizer.encode(prefix(role) + text, limit: min(limit ?? .max, encoder.configuration.maxTokens))
    }

    /// The same tokens with their places in `text`; those of the prefix have empty ones.
    public func tokenize(_ text: String, as role: Role, limit: Int? = nil) -> TokenizedText {
        let prefix = prefix(role)
        return tokenizer.tokenize(prefix + text, limit: min(limit ?? .max, encoder.configuration.maxTokens))
            .droppingPrefix(prefix.unicodeScalars.count)
    }

    private func prefix(_ role: Role) -> String {
        switch role {
        case .query: manifest.queryPrefix
        case .passage: manifest.passagePrefix
        }
    }

    /// The embeddings of `texts`, L2 norm 1, `dimension` numbers each, in the order of the texts.
    ///
    /// Each text's embedding is the same whatever else is in the batch, and for any number of threads.
    ///
    /// - Parameters:
    ///   - threads: how many threads share the pass, see `Encoder.makeWorkspace`.
    ///   - interlude: asked at least twice a layer for what is to be done first.
    public func embed(
        _ texts: [String], as role: Role, threads: Int = 1, interlude: PassInterlude? = nil
    ) throws -> [[Float]] {
        try embed(tokens: texts.map { tokens(for: $0, as: role) }, threads: threads, interlude: interlude)
    }

    /// The embeddings of `texts`, as `embed` gives them, and beside them what the same pass says of every token.
    public func encode(
        _ texts: [String], as role: Role, threads: Int = 1, interlude: PassInterlude? = nil
    ) throws -> [EncodedText] {
        let tokenized = texts.map { tokenize($0, as: role) }
        let encoded = try pools.withWorkspace(threads: threads) {
            try encoder.encodeTokens(tokenized.map(\.ids), workspace: $0, interlude: interlude)
        }
        return zip(encoded, tokenized).map {
            EncodedText(embedding: $0.embedding, states: $0.states, places: $1.places)
        }
    }

    /// The same for one text.
    public func encode(_ text: String, as role: Role) throws -> EncodedText {
        guard let encoded = try encode([text], as: role).first else {
            throw ModelError(.invalidInput, "the encoder gave nothing for a text")
        }
        return encoded
    }

    /// The embeddings of sequences from `tokens(for:as:)`.
    public func embed(
        tokens batch: [[Int32]], threads: Int = 1, interlude: PassInterlude? = nil
    ) throws -> [[Float]] {
        try pools.withWorkspace(threads: threads) {
            try encoder.encode(batch, workspace: $0, interlude: interlude)
        }
    }

    /// Gives the system back what long texts have touched of the workspaces that are not in use; it is taken again when needed.
    public func giveBackMemory() { pools.giveBackMemory() }
}
