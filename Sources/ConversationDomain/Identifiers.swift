public import Foundation
import Synchronization

/// An identifier such as `conv_01J…`: a prefix that tells its kind, then 29 characters of Crockford's base 32
/// (48 bits of milliseconds, 96 random bits), so identifiers sort by the time they were made.
public protocol PrefixedIdentifier: ComparedByBytes, Sendable, Codable, CustomStringConvertible {
    /// What stands before the underscore.
    static var prefix: String { get }
    /// Takes a value that is known to be well formed (from the generator or the store).
    init(trusted rawValue: String)
}

extension PrefixedIdentifier {
    /// Takes a value from outside; nil when it is not a well-formed identifier of this kind.
    public init?(_ text: String) {
        let head = Self.prefix + "_"
        guard text.utf8.count == head.utf8.count + IdentifierGenerator.encodedLength, text.utf8.starts(with: head.utf8),
            text.utf8.dropFirst(head.utf8.count).allSatisfy(IdentifierGenerator.alphabet.contains)
        else { return nil }
        self.init(trusted: text)
    }

    public var description: String { rawValue }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        self.init(trusted: try container.decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

/// Names one conversation.
public struct ConversationID: PrefixedIdentifier {
    public static let prefix = "conv"
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
}

/// Names one message of a conversation.
public struct MessageID: PrefixedIdentifier {
    public static let prefix = "msg"
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
}

/// Names one turn: a visitor's message with everything that it changed.
public struct TurnID: PrefixedIdentifier {
    public static let prefix = "turn"
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
}

/// Names an API key without revealing it.
public struct KeyID: PrefixedIdentifier {
    public static let prefix = "key"
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
}

/// Names a version of the model: one encoder with all its heads.
public struct ModelVersionID: PrefixedIdentifier {
    public static let prefix = "model"
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
}

/// Makes identifiers from an injected clock and source of randomness. Those of one generator, copies included, sort by the
/// order in which they were made, also within a millisecond and when the clock is set back: rows that belong together are
/// then neighbours on disk, however fast they come.
public struct IdentifierGenerator: Sendable {
    static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    package static let encodedLength = 29

    private let now: @Sendable () -> Date
    private let random: @Sendable () -> UInt64
    private let last = Last()

    /// What the newest identifier was made of.
    private final class Last: Sendable {
        let bits = Mutex<WideBits?>(nil)
    }

    /// - Parameters:
    ///   - now: the current time.
    ///   - random: 64 random bits a call; the system's generator unless a test wants repeatable values.
    public init(
        now: @escaping @Sendable () -> Date = { Date() },
        random: @escaping @Sendable () -> UInt64 = { UInt64.random(in: .min ... .max) }
    ) {
        self.now = now
        self.random = random
    }

    /// Where identifiers of a time begin: those that were made earlier sort before it, all others after it.
    public static func first<ID: PrefixedIdentifier>(at time: Date, _ kind: ID.Type = ID.self) -> ID {
        let generator = IdentifierGenerator(now: { time }, random: { 0 })
        return generator.next(kind)
    }

    /// A new identifier of the kind that the caller asks for.
    public func next<ID: PrefixedIdentifier>(_ kind: ID.Type = ID.self) -> ID {
        let milliseconds = UInt64(max(0, now().timeIntervalSince1970 * 1000)) & 0xFFFF_FFFF_FFFF
        let fresh = WideBits(time: milliseconds, high: random(), low: random() & 0xFFFF_FFFF)
        var bits = last.bits.withLock { last in
            var next = fresh
            // Within a millisecond a random step goes on from the last one: it cannot be guessed from its neighbour either.
            if let last, fresh.time <= last.time { next = last.advanced(by: fresh.high >> 1 | 1) }
            last = next
            return next
        }
        // 145 bits from the top: one zero bit, 48 of time, 64 and 32 of randomness.
        var bytes = [UInt8](repeating: 0, count: Self.encodedLength)
        for index in stride(from: Self.encodedLength - 1, through: 0, by: -1) {
            bytes[index] = Self.alphabet[bits.popFive()]
        }
        return ID(trusted: ID.prefix + "_" + String(decoding: bytes, as: UTF8.self))
    }
}

/// 48 bits of time, 64 and 32 random ones, that are taken off five at a time from the low end.
private struct WideBits: Sendable {
    var time: UInt64
    var high: UInt64
    var low: UInt64

    /// This and `step` as one number; what does not fit goes over into the time.
    func advanced(by step: UInt64) -> WideBits {
        let low = low + (step & 0xFFFF_FFFF)
        let (sum, first) = high.addingReportingOverflow(step >> 32)
        let (high, second) = sum.addingReportingOverflow(low >> 32)
        return WideBits(time: time + (first || second ? 1 : 0), high: high, low: low & 0xFFFF_FFFF)
    }

    mutating func popFive() -> Int {
        let taken = Int(low & 31)
        low = (low >> 5) | ((high & 31) << 27)
        high = (high >> 5) | ((time & 31) << 59)
        time >>= 5
        return taken
    }
}
