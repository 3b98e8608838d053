import Foundation

/// A number that stands in a text, in digits or words.
struct NumberReading: Hashable, Sendable {
    let value: Decimal
    let end: Int
    /// A single Chinese numeral, or "one": often not meant as a number.
    var isVague = false

    /// Digits, Chinese numerals or English words from an index on.
    static func read(at start: Int, in text: ScannedText) -> NumberReading? {
        if text.isDigit(start) { return digits(at: start, in: text) }
        if text.isLetter(start) { return EnglishNumber.read(at: start, in: text) }
        return ChineseNumber.read(at: start, in: text)
    }

    /// `1234`, `1,234.50`, `49,99`, `1.234,56`, `1.5万`. With one separator: a comma before exactly three digits groups
    /// thousands, before one or two it is a decimal comma; a point is a decimal point. With both kinds the last is the
    /// decimal one.
    static func digits(at start: Int, in text: ScannedText) -> NumberReading? {
        var groups = [text.digits(from: start, limit: 16)]
        var separators: [Unicode.Scalar] = []
        var ends = [start + groups[0].utf8.count]
        while groups.count < 6, let end = ends.last, text[end] == "," || text[end] == ".", text.isDigit(end + 1) {
            separators.append(text[end])
            groups.append(text.digits(from: end + 1, limit: 16))
            ends.append(end + 1 + groups[groups.count - 1].utf8.count)
        }
        // Too many separators for a number, as in 02.11.2026: only the beginning that makes sense.
        for count in stride(from: groups.count, to: 0, by: -1) {
            guard
                let plain = joined(Array(groups.prefix(count)), Array(separators.prefix(count - 1))),
                plain.utf8.count <= 16, let value = decimal(plain)
            else { continue }
            return scaled(NumberReading(value: value, end: ends[count - 1]), in: text)
        }
        return nil
    }

    /// - Parameter plain: digits with at most one decimal point.
    private static func decimal(_ plain: String) -> Decimal? {
        if let whole = Int(plain) { return Decimal(whole) }
        return Decimal(string: plain, locale: Locale(identifier: "en_US_POSIX"))
    }

    private static func joined(_ groups: [String], _ separators: [Unicode.Scalar]) -> String? {
        guard let last = separators.last else { return groups.first }
        let isDecimal =
            separators.count == 1
            ? last == "." || (groups[1].utf8.count < 3) : separators.dropLast().allSatisfy { $0 != last }
        let whole = isDecimal ? Array(groups.dropLast()) : groups
        let thousands = isDecimal ? separators.dropLast() : separators[...]
        guard Set(thousands).count <= 1, whole.dropFirst().allSatisfy({ $0.utf8.count == 3 }),
            whole.count == 1 || (1...3).contains(whole[0].utf8.count)
        else { return nil }
        return whole.joined() + (isDecimal ? "." + groups[groups.count - 1] : "")
    }

    /// 3万, 1.5亿, 2千
    private static func scaled(_ reading: NumberReading, in text: ScannedText) -> NumberReading {
        guard let unit = ChineseNumber.units[text[reading.end]], unit >= 100 else { return reading }
        return NumberReading(value: reading.value * Decimal(unit), end: reading.end + 1)
    }

    /// Without exponent and without needless zeros.
    static func text(_ value: Decimal) -> String { "\(value)" }
}
