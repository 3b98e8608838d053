/// Text on its way through a tokenizer and, when somebody asks, where in the caller's text each of its bytes comes from.
struct TokenizerAlignedText {
    /// A stretch of the caller's text, in bytes of UTF-8.
    struct Origin: Equatable {
        var start: Int32
        var end: Int32

        init(_ start: Int, _ end: Int) {
            self.start = Int32(clamping: start)
            self.end = Int32(clamping: end)
        }
    }

    var bytes: [UInt8] = []
    /// One for each of `bytes` that was settled; nil when nobody asks.
    private(set) var origins: [Origin]?

    var isTracking: Bool { origins != nil }

    /// - Parameter isTracking: whether origins are kept.
    init(isTracking: Bool) { origins = isTracking ? [] : nil }

    /// Says that the bytes appended since the last call come from `start` to `end` of the caller's text.
    @inline(__always)
    mutating func settle(_ start: Int, _ end: Int) {
        guard origins != nil else { return }
        settleTracked(Origin(start, end))
    }

    private mutating func settleTracked(_ origin: Origin) {
        guard let count = origins?.count, count < bytes.count else { return }
        origins?.append(contentsOf: repeatElement(origin, count: bytes.count - count))
    }

    /// Appends `part` as it is.
    mutating func append(_ part: TokenizerTextPart) {
        bytes.append(contentsOf: part.bytes)
        if let origins = part.origins { self.origins?.append(contentsOf: origins) }
    }

    /// Appends `text` in the place of what comes from `start` to `end` of the caller's text.
    mutating func append(_ text: [UInt8], from start: Int, to end: Int) {
        bytes.append(contentsOf: text)
        settle(start, end)
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        origins?.removeAll(keepingCapacity: true)
    }

    /// Runs `body` on the text so far.
    func withPart<Result>(_ body: (TokenizerTextPart) -> Result) -> Result {
        bytes.withUnsafeBufferPointer { bytes in
            guard let origins else { return body(TokenizerTextPart(bytes: bytes, origins: nil)) }
            return origins.withUnsafeBufferPointer { body(TokenizerTextPart(bytes: bytes, origins: $0)) }
        }
    }
}

/// A part of a text that is being tokenised, borrowed.
struct TokenizerTextPart {
    let bytes: UnsafeBufferPointer<UInt8>
    /// One a byte; nil when nobody asks.
    let origins: UnsafeBufferPointer<TokenizerAlignedText.Origin>?

    var count: Int { bytes.count }

    subscript(range: Range<Int>) -> TokenizerTextPart {
        TokenizerTextPart(
            bytes: UnsafeBufferPointer(rebasing: bytes[range]),
            origins: origins.map { UnsafeBufferPointer(rebasing: $0[range]) })
    }

    /// The stretch of the caller's text that `range` comes from, in bytes; empty where nobody asks.
    func place(of range: Range<Int>) -> Range<Int> {
        guard let origins, !range.isEmpty else { return 0..<0 }
        var (start, end) = (range.lowerBound, range.upperBound - 1)
        // A mark that stands for a space has an empty origin behind it and belongs to no piece.
        while start < end, origins[start].start == origins[start].end { start += 1 }
        while end > start, origins[end].start == origins[end].end { end -= 1 }
        let first = Int(origins[start].start)
        return first..<max(first, Int(origins[end].end))
    }
}
