import TensorFiles

/// A byte trie as a double array: one probe per byte, no comparison of strings, usable straight from a mapped file.
///
/// The child of node `n` on byte `b` is the node `base(n) + b` if that one's `check` is `n`. The root is node 0, which
/// is nobody's child.
struct TokenizerTrie: Sendable {
    /// One node, 12 bytes.
    struct Unit: BitwiseCopyable {
        var base: UInt32
        var check: UInt32
        /// The piece that ends here, or -1.
        var value: Int32

        static let free = Unit(base: 0, check: .max, value: -1)
    }

    static let root: UInt32 = 0
    private let units: TokenizerTable<Unit>

    init(_ units: TokenizerTable<Unit>) throws {
        guard !units.elements.isEmpty, units.elements.count < Int(UInt32.max) else {
            throw ModelError(.invalidFile, "the compiled tokenizer has no vocabulary")
        }
        self.units = units
    }

    /// The child of `node` on `byte`, or 0 (never a child) when there is none.
    @inline(__always)
    func child(of node: UInt32, on byte: UInt8) -> UInt32 {
        let units = units.elements
        let child = units[Int(node)].base &+ UInt32(byte)
        guard child < UInt32(truncatingIfNeeded: units.count), units[Int(child)].check == node else { return 0 }
        return child
    }

    /// The piece that ends at `node`, or -1.
    @inline(__always)
    func value(of node: UInt32) -> Int32 { units.elements[Int(node)].value }

    /// The node reached by walking `bytes` from the root, or 0 when they lead nowhere.
    func node(for bytes: some Sequence<UInt8>) -> UInt32 {
        var node = Self.root
        for byte in bytes {
            node = child(of: node, on: byte)
            if node == 0 { return 0 }
        }
        return node
    }
}
