/// What went wrong in a model's files, its tokenizer or a call of its encoder.
public struct ModelError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kind of failure, for code that must choose what to do next.
    public enum Code: String, Sendable {
        /// A file does not hold what its format promises.
        case invalidFile
        /// The file is sound, but this encoder does not implement what it asks for.
        case unsupported
        /// Something exceeds a limit: a header, a sequence, a batch.
        case tooLarge
        /// The operating system refused to open, read or write.
        case io
        /// The caller passed something that can never work, such as an empty sequence.
        case invalidInput
    }

    /// The kind of failure.
    public let code: Code
    /// One sentence for a person: what is wrong and what was expected.
    public let message: String

    /// Makes an error of `code` that says `message`.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(code.rawValue): \(message)" }
}
