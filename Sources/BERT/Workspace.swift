import CKernels
import Foundation

/// The intermediate results of a pass, allocated once and used again and again.
///
/// One workspace serves one pass at a time. Its size is fixed: a batch with more tokens is run in parts.
public final class Workspace {
    /// The most threads that share one pass.
    public static let maxThreads = 16
    /// Threads that share the work of one pass, the calling thread included.
    public let threads: Int
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
    /// Between the feed-forward products [wideRows, intermediate].
    let wide: UnsafeMutablePointer<Float>
    /// The rows that go through the feed-forward block together.
    let wideRows: Int
    /// What the attention kernel needs, for each member of the team.
    let scratch: UnsafeMutablePointer<Float>
    /// Numbers of scratch memory per member.
    let scratchCount: Int
    /// The threads that walk through a pass.
    let team: Team
    /// A product's input in bytes [tokens, hidden] or [wideRows, intermediate], rows rounded up to four.
    let quantised: UnsafeMutablePointer<UInt8>
    /// How the rows of `quantised` stand for numbers [tokens].
    let ranges: UnsafeMutablePointer<ck_range>
    private let memory: ZeroedMemory

    /// Allocates for parts of up to `tokens` tokens, and for one sequence of the greatest length at least.
    init(configuration: BERTConfiguration, tokens: Int, threads: Int) {
        let tokens = max(tokens, configuration.maxTokens)
        let threads = max(1, min(threads, Self.maxThreads))
        let wideRows = min(tokens, 96)
        let (hidden, wideSize) = (configuration.hiddenSize, configuration.intermediateSize)
        func padded(_ width: Int) -> Int { (width + 3) / 4 * 4 }
        scratchCount = ck_attention_scratch(configuration.maxTokens, configuration.headSize)
        team = Team(count: threads)
        var bytes = 0
        func place(_ count: Int, _ size: Int) -> Int {
            defer { bytes += (count * size + 63) / 64 * 64 }
            return bytes
        }
        let floatSize = MemoryLayout<Float>.size
        let offsets = [
            place(tokens * hidden, floatSize), place(tokens * 3 * hidden + Int(CK_PADDING), floatSize),
            place(tokens * hidden, floatSize), place(tokens * hidden, floatSize), place(wideRows * wideSize, floatSize),
            place(threads * scratchCount, floatSize),
            place(max(tokens * padded(hidden), wideRows * padded(wideSize)), 1),
            place(tokens, MemoryLayout<ck_range>.stride),
        ]
        memory = ZeroedMemory(bytes)
        let start = memory.start
        func floats(_ part: Int) -> UnsafeMutablePointer<Float> {
            (start + offsets[part]).assumingMemoryBound(to: Float.self)
        }
        (states, attentionInput, context) = (floats(0), floats(1), floats(2))
        (update, wide, scratch) = (floats(3), floats(4), floats(5))
        quantised = (start + offsets[6]).assumingMemoryBound(to: UInt8.self)
        ranges = (start + offsets[7]).assumingMemoryBound(to: ck_range.self)
        self.tokens = tokens
        self.threads = threads
        self.wideRows = wideRows
        self.configuration = configuration
    }

    /// Lets the system have the memory until the next pass; nobody may use the workspace meanwhile.
    func giveBackMemory() { memory.giveBack() }
}

/// Memory that reads as zeros and takes up none until it is written: short texts touch little of a workspace.
private final class ZeroedMemory {
    let start: UnsafeMutableRawPointer
    private let count: Int

    init(_ count: Int) {
        self.count = count
        let mapping = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        if let mapping, mapping != MAP_FAILED {
            (start, isMapped) = (mapping, true)
        } else {
            // Ends the process when there is no memory, as every allocation does.
            start = .allocate(byteCount: count, alignment: 64)
            start.initializeMemory(as: UInt8.self, repeating: 0, count: count)
            isMapped = false
        }
    }

    private let isMapped: Bool

    /// It reads as zeros again afterwards.
    func giveBack() {
        // Advice: where the system does not take it, the memory stays as it is.
        if isMapped { madvise(start, count, MADV_DONTNEED) }
    }

    deinit {
        if isMapped { munmap(start, count) } else { start.deallocate() }
    }
}
