import TensorFiles

/// A vocabulary while it is read and compiled: the pieces' bytes one after the other, and a score each.
struct TokenizerVocabulary: Equatable {
    /// A vocabulary may have this many pieces. The largest published ones have a million.
    static let countLimit = 4_000_000
    /// A piece may have this many bytes.
    static let pieceLimit = 4096

    private(set) var bytes: [UInt8] = []
    private(set) var scores: [Double] = []
    private var offsets: [Int] = [0]

    /// Number of pieces. Ids run from 0 to `count - 1`; a gap is an empty piece, which matches nothing.
    var count: Int { offsets.count - 1 }

    /// Appends the piece with id `count`.
    mutating func append(_ piece: some Collection<UInt8>, score: Double = 0) throws {
        guard count < Self.countLimit, piece.count <= Self.pieceLimit else {
            throw ModelError(.tooLarge, "a vocabulary may have 4,000,000 pieces of 4,096 bytes")
        }
        bytes.append(contentsOf: piece)
        offsets.append(bytes.count)
        scores.append(score)
    }

    /// Where piece `id` lies in `bytes`.
    func range(_ id: Int) -> Range<Int> { offsets[id]..<offsets[id + 1] }

    /// The id of `piece`, by looking at every one: for the few special tokens only.
    func id(of piece: String) -> Int32? {
        let wanted = Array(piece.utf8)
        for id in (0..<count).reversed() where range(id).count == wanted.count {
            if bytes[range(id)].elementsEqual(wanted) { return Int32(truncatingIfNeeded: id) }
        }
        return nil
    }

    /// All ids, ordered by the pieces' bytes and then by number.
    func sortedIDs() -> [Int] {
        bytes.withUnsafeBufferPointer { bytes in
            (0..<count).sorted { left, right in
                let (a, b) = (range(left), range(right))
                var offset = 0
                let shared = min(a.count, b.count)
                while offset < shared {
                    let (x, y) = (bytes[a.lowerBound + offset], bytes[b.lowerBound + offset])
                    if x != y { return x < y }
                    offset += 1
                }
                return a.count == b.count ? left < right : a.count < b.count
            }
        }
    }
}
