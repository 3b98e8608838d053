/// Turns text into the token numbers that an encoder was trained with.
///
/// The numbers agree with those of the model's published tokenizer, token for token.
public protocol Tokenizer: Sendable {
    /// The tokens of `text` between the model's opening and closing special tokens.
    ///
    /// - Parameters:
    ///   - text: Any text. Special tokens that are spelled out in it count as such, as in the published tokenizers.
    ///   - limit: The most tokens to return, special tokens included. What does not fit is cut off before the
    ///     closing special token. `Int.max` cuts nothing.
    func encode(_ text: String, limit: Int) -> [Int32]
}

extension Tokenizer {
    /// All tokens of `text`, nothing cut off.
    public func encode(_ text: String) -> [Int32] { encode(text, limit: .max) }
}

/// The ids that open and close every sequence.
struct TokenizerFrame: Codable, Sendable, Equatable {
    var opening: [Int32]
    var closing: [Int32]

    /// How many tokens of text fit when `limit` tokens are allowed in all.
    func room(limit: Int) -> Int {
        max(0, limit.subtractingReportingOverflow(opening.count + closing.count).partialValue)
    }

    /// Runs `body` on the opened sequence, cuts what does not fit, and closes it.
    func enclose(limit: Int, _ body: (_ ids: inout [Int32], _ full: Int) -> Void) -> [Int32] {
        guard limit > 0 else { return [] }
        var ids = opening
        let full = opening.count.addingReportingOverflow(room(limit: limit))
        let end = full.overflow ? Int.max : full.partialValue
        ids.reserveCapacity(min(end, 64))
        body(&ids, end)
        if ids.count > end { ids.removeLast(ids.count - end) }
        ids += closing
        if ids.count > limit { ids.removeLast(ids.count - limit) }
        return ids
    }
}
