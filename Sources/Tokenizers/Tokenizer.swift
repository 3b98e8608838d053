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

    /// The same tokens with the place that each has in `text`.
    func tokenize(_ text: String, limit: Int) -> TokenizedText
}

extension Tokenizer {
    /// All tokens of `text`, nothing cut off.
    public func encode(_ text: String) -> [Int32] { encode(text, limit: .max) }
}

/// A tokenizer that gives its tokens' numbers and places in one run.
protocol TrackingTokenizer: Tokenizer {
    /// - Parameter isTracking: whether places are kept.
    func run(_ text: String, limit: Int, isTracking: Bool) -> TokenizerOutput
}

extension TrackingTokenizer {
    func encode(_ text: String, limit: Int) -> [Int32] { run(text, limit: limit, isTracking: false).ids }

    func tokenize(_ text: String, limit: Int) -> TokenizedText {
        TokenizedText(run(text, limit: limit, isTracking: true), of: text)
    }
}

/// The families of tokenizers, by the names that manifests have.
public enum TokenizerKind: String, Codable, Sendable {
    case unigram
    case wordpiece
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
    ///
    /// - Parameter isTracking: whether places are kept.
    func enclose(
        _ text: String, limit: Int, isTracking: Bool,
        _ body: (_ text: UnsafeBufferPointer<UInt8>, _ output: inout TokenizerOutput, _ full: Int) -> Void
    ) -> TokenizerOutput {
        guard limit > 0 else { return TokenizerOutput(opening: [], isTracking: isTracking) }
        var text = text
        var output = TokenizerOutput(opening: opening, isTracking: isTracking)
        let full = opening.count.addingReportingOverflow(room(limit: limit))
        let end = full.overflow ? Int.max : full.partialValue
        text.withUTF8 { bytes in
            body(bytes, &output, end)
            output.cut(to: end)
            output.close(with: closing, textEnd: bytes.count)
        }
        output.cut(to: limit)
        return output
    }
}
