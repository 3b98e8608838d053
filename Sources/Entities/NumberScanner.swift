import ConversationDomain
import Foundation

/// Numbers in digits, Chinese numerals and English words; the value is in digits: `35`, `2-3` for two or three, `100+` for a
/// hundred or somewhat more, `~50` for about fifty.
struct NumberScanner: EntityScanner {
    let entity = EntityName.number

    /// Behind one of these a single Chinese numeral is a number.
    static let measures = Set("个件双条张本只台套盒箱包瓶份位天周年块元斤次折".unicodeScalars)

    func match(at start: Int, in text: ScannedText, locale: BotLocale?, isAsked: Bool) -> EntityMatch? {
        guard text.canBeginNumber(start), let found = NumberReading.read(at: start, in: text) else { return nil }
        guard found.isReadable, found.doubt == nil || !isMoney(found, from: start, in: text),
            let first = found.settled(locale, isMoney: isAsked)
        else {
            return .unreadable(start, found.end)
        }
        // Parts of dates, times and fractions.
        if text.isDigit(first.end - 1), "/:点".unicodeScalars.contains(text[first.end]), text.isDigit(first.end + 1) {
            return .unreadable(start, DigitGroups.runEnd(first.end, in: text))
        }
        var reading = first
        if let separator = Approximation.separator(at: first.end, behind: start, in: text), !separator.isWord {
            if let range = range(from: first, separator, in: text, locale: locale) {
                reading = range
            } else if separator.isHyphen, text.isDigit(separator.end) {
                return .unreadable(start, DigitGroups.runEnd(first.end, in: text))
            }
        }
        guard text.canEnd(reading.end) else { return nil }
        if reading.isVague, !isAsked, !Self.measures.contains(text[reading.end]) { return nil }
        return EntityMatch(
            value: Self.text(
                reading, isAbout: !isAsked && Approximation.isHedged(from: start, to: reading.end, in: text)
            ) {
                NumberReading.text($0)
            }, start: start, end: reading.end)
    }

    /// What is doubtful in money is no plain number either.
    private func isMoney(_ reading: NumberReading, from start: Int, in text: ScannedText) -> Bool {
        Currency.behind(reading.end, in: text) != nil || "$€£¥₹".unicodeScalars.contains(text[start - 1])
    }

    private func range(
        from low: NumberReading, _ separator: Approximation.Separator, in text: ScannedText, locale: BotLocale?
    ) -> NumberReading? {
        guard let found = NumberReading.read(at: separator.end, in: text), found.isReadable,
            let high = found.settled(locale, isMoney: false), text.canEnd(high.end)
        else { return nil }
        if separator.isHyphen {
            // Long figures with a hyphen are telephone numbers and the like.
            guard max(low.value, high.value) < 100_000 || high.scale > 1,
                text[high.end] != "-" || !text.isLetterOrDigit(high.end + 1),
                text[separator.end] != "0"
            else { return nil }
        }
        return Approximation.range(low, high, separator)
    }

    /// The value of a reading, each number of it as `plain` writes it.
    static func text(_ reading: NumberReading, isAbout: Bool, plain: (Decimal) -> String) -> String {
        if let upper = reading.upper { return plain(reading.value) + "-" + plain(upper) }
        if reading.isAtLeast { return plain(reading.value) + "+" }
        return (isAbout ? "~" : "") + plain(reading.value)
    }
}
