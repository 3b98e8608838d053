import CKernels

/// The intermediate results of a pass, allocated once and used again and again.
///
/// One workspace serves one pass at a time. Its size is fixed: a batch with more tokens is run in parts.
public final class Workspace {
    /// The most tokens that one part of a batch may have.
    public let tokens: Int
    let configuration: BERTConfiguration
    /// Hidden states [tokens, hidden].
    let states: UnsafeMutablePointer<Float>
    /// Queries, keys and values [tokens, 3·hidden], padded.
    let attentionInput: UnsafeMutablePointer<Float>
    /// Attention's result [tokens, hidden].
    let context: UnsafeMutablePointer<Float>
    /// A block's result before its layer norm [tokens, hidden].
    let update: UnsafeMutablePointer<Float>
    /// Between the feed-forward products [tokens, intermediate].
    let wide: UnsafeMutablePointer<Float>
    /// What the attention kernel needs.
    let scratch: UnsafeMutablePointer<Float>
    private let memory: UnsafeMutableRawPointer

    /// Allocates for parts of up to `tokens` tokens, and for one sequence of the greatest length at least.
    init(configuration: BERTConfiguration, tokens: Int) {
        let tokens = max(tokens, configuration.maxTokens)
        let (hidden, wideSize) = (configuration.hiddenSize, configuration.intermediateSize)
        let counts = [
            tokens * hidden, tokens * 3 * hidden + Int(CK_PADDING), tokens * hidden, tokens * hidden, tokens * wideSize,
            ck_attention_scratch(configuration.maxTokens, configuration.headSize),
        ].map { ($0 + 15) / 16 * 16 }
        let total = counts.reduce(0, +)
        memory = UnsafeMutableRawPointer.allocate(byteCount: total * 4, alignment: 64)
        let start = memory.bindMemory(to: Float.self, capacity: total)
        start.initialize(repeating: 0, count: total)
        var offsets = [0]
        for count in counts { offsets.append(offsets[offsets.count - 1] + count) }
        self.tokens = tokens
        self.configuration = configuration
        states = start + offsets[0]
        attentionInput = start + offsets[1]
        context = start + offsets[2]
        update = start + offsets[3]
        wide = start + offsets[4]
        scratch = start + offsets[5]
    }

    deinit { memory.deallocate() }
}
