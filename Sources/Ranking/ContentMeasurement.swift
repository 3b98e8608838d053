import BERT
import ConversationDomain
import Foundation
import TensorFiles

/// How near a bot's own sentences are to each other, by late interaction.
struct ContentNearness: Hashable, Sendable {
    /// Between candidates: the mean over sentences of the nearest of another candidate's, 0 to 1.
    var closeness: Float
    /// How much nearer a sentence is to the other sentences of its own candidate than to those of any other, on average, -1 to 1.
    /// Above the usual it says that somebody wrote the same twice, and nothing of the messages to come.
    var separation: Float

    /// The mean of the public sets.
    static let usual = ContentNearness(closeness: 0.5, separation: 0.15)
}

/// What a bot's content says of itself: how near its candidates are to each other, and which background sentences are
/// foreign to it.
struct ContentMeasurement: Hashable, Sendable {
    /// Which background sentences stay, in their order.
    var kept: [Bool]
    var nearness: ContentNearness
    /// The nearness from which on a background sentence may be about the owner's own matters.
    var bound: Float
    /// What was measured: a number for each sentence with its candidate, ascending.
    var sentences: [UInt128]

    /// Numbers of the sentences of `source`, as in ``sentences`` but in the order of the source.
    static func names(of source: CandidateSource) -> [[UInt128]] {
        source.candidates.map { candidate in
            var subject = Fingerprint()
            subject.combine("\(candidate.subject)")
            return candidate.sentences.map { text in
                var name = subject
                name.combine(text)
                return name.value
            }
        }
    }

    /// How many sentences of `names` are not in ``sentences``, or the other way round.
    func differences(from names: [UInt128]) -> Int { Set(sentences).symmetricDifference(names).count }
}

/// The file, little-endian: magic, version, closeness, separation, bound (float32), two counts; a byte for each background sentence; 16
/// bytes for each sentence of the content.
extension ContentMeasurement {
    private static let magic: UInt32 = 0x454D_4446
    private static let version: UInt32 = 3
    private static let headerBytes = 28

    /// Nil when the file is not such a file, not whole, or of another background.
    init?(file: URL, backgroundCount: Int) {
        guard let data = try? Data(contentsOf: file), data.count >= Self.headerBytes else { return nil }
        let bytes = [UInt8](data)
        func number(_ offset: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) } }
        let count = Int(number(24))
        guard number(0) == Self.magic, number(4) == Self.version, Int(number(20)) == backgroundCount,
            bytes.count == Self.headerBytes + backgroundCount + 16 * count
        else { return nil }
        nearness = ContentNearness(
            closeness: Float(bitPattern: number(8)), separation: Float(bitPattern: number(12)))
        bound = Float(bitPattern: number(16))
        let flags = bytes[Self.headerBytes..<Self.headerBytes + backgroundCount]
        guard (0...1).contains(nearness.closeness), (-1...1).contains(nearness.separation), !bound.isNaN,
            flags.allSatisfy({ $0 < 2 })
        else { return nil }
        kept = flags.map { $0 == 1 }
        let start = Self.headerBytes + backgroundCount
        sentences = (0..<count).map { index in
            (0..<16).reduce(UInt128(0)) { $0 | UInt128(bytes[start + 16 * index + $1]) << UInt128(8 * $1) }
        }
    }

    /// Where it cannot be written, it is measured again at the next start.
    func write(to file: URL) {
        var data = Data(capacity: Self.headerBytes + kept.count + 16 * sentences.count)
        func append(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) }
        }
        for value in [
            Self.magic, Self.version, nearness.closeness.bitPattern, nearness.separation.bitPattern, bound.bitPattern,
            UInt32(kept.count), UInt32(sentences.count),
        ] {
            append(value)
        }
        data.append(contentsOf: kept.map { $0 ? 1 : 0 })
        for sentence in sentences { append(sentence) }
        try? data.write(to: file, options: .atomic)
    }
}
