/// A hand-made `E5S1` file for the shape of `TinyBERT` but 32 wide, as blocks hold 32 weights.
struct TestE5File {
    static let hidden = 32
    static let wide = 64
    static let vocabulary = 9
    static let positions = 6

    /// Scale 0.5, then low halves 0…15 and high halves 15…0.
    static let block: [UInt8] = {
        let halves: [UInt8] = (UInt8(0)..<16).map { low in low | (15 - low) << 4 }
        return [0x00, 0x38] + halves
    }()
    /// What a block means.
    static let blockValues: [Float] = {
        let low: [Float] = (0..<16).map { (Float($0) - 8) * 0.5 }
        return low + low.map { -0.5 - $0 }
    }()

    /// Source name, number of weights, whether it is in blocks.
    static let tensors: [(name: String, count: Int, isPacked: Bool)] = {
        var tensors: [(name: String, count: Int, isPacked: Bool)] = [
            ("emb.word", vocabulary * hidden, true), ("emb.pos", positions * hidden, true),
            ("emb.type", 2 * hidden, false), ("emb.ln.w", hidden, false), ("emb.ln.b", hidden, false),
        ]
        let matrices = [
            ("q", hidden, hidden), ("k", hidden, hidden), ("v", hidden, hidden), ("ao", hidden, hidden),
            ("fi", wide, hidden), ("fo", hidden, wide),
        ]
        for (name, outputs, inputs) in matrices {
            tensors.append(("l0.\(name).w", outputs * inputs, true))
            tensors.append(("l0.\(name).b", outputs, false))
        }
        for name in ["aln", "oln"] {
            tensors.append(("l0.\(name).w", hidden, false))
            tensors.append(("l0.\(name).b", hidden, false))
        }
        return tensors
    }()

    static func bytes(blockSize: UInt32 = 32, without missing: String? = nil, layers: UInt32 = 1) -> [UInt8] {
        let kept = tensors.filter { $0.name != missing }
        var head: [UInt8] = Array("E5S1".utf8) + u32(1)
        for size in [UInt32(hidden), layers, 2, UInt32(wide), UInt32(vocabulary), UInt32(positions), 2] {
            head += u32(size)
        }
        head += u32(Float(1e-12).bitPattern) + u32(blockSize)
        // Two pieces, four special ids, 3 bytes of text, then offsets, scores, text, and a map of 5 bytes.
        head += u32(2) + [UInt8](repeating: 0, count: 16) + u64(3)
        head += [UInt8](repeating: 7, count: 3 * 4 + 2 * 4 + 3) + u32(0) + u32(5) + [1, 2, 3, 4, 5]
        let tableSize = 4 + kept.reduce(0) { $0 + 2 + $1.name.utf8.count + 21 }
        var table = u32(UInt32(kept.count))
        var data: [UInt8] = []
        for tensor in kept {
            let content =
                tensor.isPacked
                ? Array([[UInt8]](repeating: block, count: tensor.count / 32).joined())
                : (0..<tensor.count).flatMap { u32(Float($0).bitPattern) }
            table += u16(UInt16(tensor.name.utf8.count)) + Array(tensor.name.utf8) + [tensor.isPacked ? 1 : 0]
            table += u32(UInt32(tensor.count)) + u64(UInt64(head.count + tableSize + data.count))
            table += u64(UInt64(content.count))
            data += content
        }
        return head + table + data
    }

    private static func u16(_ value: UInt16) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    private static func u32(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    private static func u64(_ value: UInt64) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
}
