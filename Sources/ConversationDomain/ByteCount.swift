import Foundation

/// A number of bytes as people write it: `20MB`, `1.5 GiB`, `4096`.
public struct ByteCount: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let bytes: Int

    public init(_ bytes: Int) { self.bytes = bytes }

    private static let units: [(name: String, bytes: Double)] = [
        ("", 1), ("b", 1), ("kb", 1e3), ("mb", 1e6), ("gb", 1e9), ("tb", 1e12), ("kib", 1024), ("mib", 1_048_576),
        ("gib", 1_073_741_824), ("tib", 1_099_511_627_776),
    ]

    /// Nil for what is no such number, or is more than 1,000 TB. The case of the unit does not matter.
    public init?(_ text: String) {
        guard text.utf8.count <= 32 else { return nil }
        let trimmed = text.trimmingCharacters(in: .whitespaces).lowercased()
        let digits = trimmed.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = trimmed.dropFirst(digits.count).trimmingCharacters(in: .whitespaces)
        guard let first = digits.utf8.first, first != UInt8(ascii: "."), let number = Double(digits),
            let factor = Self.units.first(where: { $0.name == unit })?.bytes, number * factor <= 1e15
        else { return nil }
        bytes = Int((number * factor).rounded())
    }

    /// In the largest decimal unit that it has at least one of, with at most one decimal.
    public var description: String {
        let unit = [("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)].first { Double(bytes) >= $0.1 }
        guard let (name, factor) = unit else { return "\(bytes) bytes" }
        let tenths = (Double(bytes) / factor * 10).rounded() / 10
        return tenths == tenths.rounded() ? "\(Int(tenths)) \(name)" : "\(tenths) \(name)"
    }

    public static func < (left: Self, right: Self) -> Bool { left.bytes < right.bytes }
}

/// A stretch of time as people write it: `400d`, `36h`.
public struct KeepingTime: Hashable, Sendable, CustomStringConvertible {
    public let seconds: Int

    public init(seconds: Int) { self.seconds = seconds }

    /// Nil for anything but a whole number of hours (`h`), days (`d`) or weeks (`w`), one hour to 100 years.
    public init?(_ text: String) {
        let units: [Character: Int] = ["h": 3_600, "d": 86_400, "w": 604_800]
        guard text.utf8.count <= 8, let last = text.last, let unit = units[last], let number = Int(text.dropLast()),
            (1...876_600).contains(number), number * unit <= 876_600 * 3_600
        else { return nil }
        seconds = number * unit
    }

    public var description: String {
        seconds.isMultiple(of: 86_400) ? "\(seconds / 86_400) days" : "\(seconds / 3_600) hours"
    }
}
