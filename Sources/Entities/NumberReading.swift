import ConversationDomain
import Foundation

/// A number that stands in a text, in digits or words, or what looks like one and cannot be read whole.
struct NumberReading: Hashable, Sendable {
    var value: Decimal
    var end: Int
    /// The other end where two numbers are meant: 300 in 两三百.
    var upper: Decimal?
    /// 一百多: this number or somewhat more.
    var isAtLeast = false
    /// A single Chinese numeral, or "one": often not meant as a number.
    var isVague = false
    /// What its figures are counted in: 10,000 in 3万, 1,000 in 1.5k.
    var scale: Decimal = 1
    /// A reading that depends on who writes.
    var doubt: Doubt?
    /// False: it ends at `end` and cannot be read, and neither may a part of it.
    var isReadable = true

    enum Doubt: Hashable, Sendable {
        /// `1.234`, read as a decimal: thousands in half of the world.
        case point
        /// `1,234`, read as thousands: a decimal in the other half.
        case comma
        /// `1 234`: perhaps two numbers.
        case spaces
        /// `4k`: perhaps a screen.
        case letter
    }

    init(value: Decimal, end: Int) {
        self.value = value
        self.end = end
    }

    static func unreadable(end: Int) -> NumberReading {
        var reading = NumberReading(value: 0, end: end)
        reading.isReadable = false
        return reading
    }

    /// Whether it is one number.
    var isExact: Bool { isReadable && upper == nil && !isAtLeast }

    var isWhole: Bool { Int("\(value)") != nil }

    func multiplied(by factor: Decimal) -> NumberReading {
        var product = self
        product.value *= factor
        product.upper = upper.map { $0 * factor }
        return product
    }

    /// Digits, Chinese numerals or English words from an index on.
    static func read(at start: Int, in text: ScannedText) -> NumberReading? {
        if text.isLetter(start) { return EnglishNumber.read(at: start, in: text) }
        guard text.isDigit(start) else { return ChineseNumber.read(at: start, in: text) }
        let digits = DigitGroups.read(at: start, in: text)
        guard digits.isReadable else { return digits }
        if let unit = ChineseNumber.units[text[digits.end]], unit >= 10 {
            return ChineseNumber.read(behind: digits, at: start, in: text)
        }
        return ChineseNumber.withRest(Magnitude.scaled(digits, in: text), in: text)
    }

    /// The number as one of the language writes it; nil where that stays open.
    /// - Parameters:
    ///   - isMoney: money has no three decimals, and its groups may be parted by spaces.
    ///   - pointGroups: the currency is one of countries that write 1.234 for a thousand.
    func settled(_ locale: BotLocale?, isMoney: Bool, pointGroups: Bool = false) -> NumberReading? {
        let commaDecimals = Self.hasDecimalComma(locale)
        var reading = self
        reading.doubt = nil
        switch doubt {
        case nil: return self
        case .point:
            guard commaDecimals || pointGroups else { return isMoney ? nil : reading }
            reading.value *= 1000
        case .comma:
            if commaDecimals {
                guard !isMoney else { return nil }
                reading.value /= 1000
            }
        case .spaces: return isMoney ? reading : nil
        case .letter: return isMoney ? reading : nil
        }
        return reading
    }

    private static func hasDecimalComma(_ locale: BotLocale?) -> Bool {
        guard let locale, !["de-CH", "es-MX", "es-US"].contains(locale.rawValue) else { return false }
        return commaLanguages.contains(locale.language)
    }

    private static let commaLanguages: Set<String> = [
        "bg", "cs", "da", "de", "el", "es", "fi", "fr", "hr", "hu", "id", "is", "it", "nb", "nl", "no", "pl", "pt",
        "ro", "ru",
        "sk", "sl", "sr", "sv", "tr", "uk", "vi",
    ]

    /// Without exponent and without needless zeros.
    static func text(_ value: Decimal) -> String { "\(value)" }
}
