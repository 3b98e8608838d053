/// The tokens of a text and where each comes from.
public struct TokenizedText: Sendable, Equatable {
    /// Token ids, special tokens included.
    public internal(set) var ids: [Int32]
    /// For each token the stretch of the text that it was made from, in Unicode scalars. Empty for the special tokens around
    /// the text and for a piece that stands for nothing but a space. Stretches ascend; those of two pieces overlap where both
    /// come from one character, as the `m` and `2` of `㎡` do.
    public internal(set) var places: [Range<Int>]

    /// - Parameter output: with places in bytes of `text`.
    init(_ output: TokenizerOutput, of text: String) {
        ids = output.ids
        // The number of scalars that begin before each byte.
        var scalars = [0]
        scalars.reserveCapacity(text.utf8.count + 1)
        for byte in text.utf8 { scalars.append(scalars[scalars.count - 1] + (byte & 0xC0 == 0x80 ? 0 : 1)) }
        places = (output.places ?? []).map { place in
            scalars[min(place.lowerBound, scalars.count - 1)]..<scalars[min(place.upperBound, scalars.count - 1)]
        }
    }

    /// The tokens of a text that `count` scalars stood before when it was tokenised.
    package func droppingPrefix(_ count: Int) -> TokenizedText {
        guard count > 0 else { return self }
        var result = self
        result.places = places.map { max(0, $0.lowerBound - count)..<max(0, $0.upperBound - count) }
        return result
    }
}

/// What a tokenizer has produced so far.
struct TokenizerOutput {
    private(set) var ids: [Int32]
    /// One a token; nil when nobody asks.
    private(set) var places: [Range<Int>]?

    var count: Int { ids.count }
    var isTracking: Bool { places != nil }

    init(opening: [Int32], isTracking: Bool) {
        ids = opening
        places = isTracking ? opening.map { _ in 0..<0 } : nil
    }

    @inline(__always)
    mutating func append(_ id: Int32, _ place: @autoclosure () -> Range<Int>) {
        ids.append(id)
        if places != nil { places?.append(place()) }
    }

    mutating func cut(to count: Int) {
        let excess = ids.count - count
        guard excess > 0 else { return }
        ids.removeLast(excess)
        places?.removeLast(excess)
    }

    /// The special tokens behind the text stand at its end.
    mutating func close(with closing: [Int32], textEnd: Int) {
        for id in closing { append(id, textEnd..<textEnd) }
    }
}
