/// Whose work is done: what a queue tells callers apart by, so that one who asks for much waits for it alone.
public struct WorkAccount: Hashable, Sendable {
    public let app: AppName
    /// Where a publishable key's caller is; nil for a secret key, whose callers are not told apart.
    public let client: ClientNetwork?

    /// The account of the task that runs; nil for work of the server's own.
    @TaskLocal public static var current: WorkAccount?

    public init(_ principal: Principal) {
        app = principal.app
        client = principal.client
    }
}

/// What a text costs an encoder, without the tokenizer at hand.
public enum TextCost {
    /// The most tokens that an encoder reads.
    public static let most = 512

    /// About one token per CJK character or three Latin letters, and the two special ones.
    public static func tokens(in text: String) -> Int { min(most, 2 + (text.utf8.count + 2) / 3) }
}
