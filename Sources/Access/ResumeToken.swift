internal import Crypto
public import Foundation

/// What a page shows to go on with a conversation: whoever merely knows its id does not read it. Only its hash is stored.
public struct ResumeToken: Sendable {
    /// `rt_` and 260 random bits.
    public let text: String

    /// A new one.
    public init() { text = "rt_" + SecretText.make { UInt64.random(in: .min ... .max) } }

    /// As the conversation keeps it.
    public var hash: Data { KeyHash.of(text) }

    /// - Returns: nil for a text that is longer than any token.
    public static func hash(of text: String) -> Data? { text.utf8.count <= limit ? KeyHash.of(text) : nil }

    /// Bytes of the longest text that is looked at.
    public static let limit = 128
}

/// Random texts that are hard to mistake.
enum SecretText {
    /// 260 random bits in base 32, 52 characters; without the letters and digits that look alike.
    static func make(_ random: () -> UInt64) -> String {
        let alphabet = Array("abcdefghijkmnpqrstuvwxyz23456789".utf8)
        return String(decoding: (0..<52).map { _ in alphabet[Int(random() & 31)] }, as: UTF8.self)
    }
}
