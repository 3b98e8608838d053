import ConversationDomain
import Foundation

/// Amounts of money: `$49.99`, `49,99 €`, `USD 20`, 三百块, 3万5千元, 十八块七毛五.
///
/// The value has two decimals, the currency stays in the text. Two or three hundred is `200.00-300.00`, something over a hundred
/// `100.00+`, about fifty `~50.00` (asked for, the figure counts: `50.00`).
struct AmountScanner: EntityScanner {
    let entity = EntityName.amount

    /// A number with its currency.
    private struct Sum {
        var reading: NumberReading
        var end: Int
        var hasCurrency: Bool
        /// Its number cannot be read.
        var isReadable: Bool { reading.isReadable }
    }

    func match(at start: Int, in text: ScannedText, locale: BotLocale?, isAsked: Bool) -> EntityMatch? {
        guard let first = sum(at: start, in: text, locale: locale) else { return nil }
        guard first.isReadable else { return .unreadable(start, first.end) }
        if isPartOfChain(first, in: text) { return .unreadable(start, DigitGroups.runEnd(first.end, in: text)) }
        var found = first
        if let separator = Approximation.separator(at: first.end, behind: start, in: text) {
            if let second = sum(at: separator.end, behind: separator, in: text, locale: locale), second.isReadable,
                let range = Approximation.range(first.reading, second.reading, separator),
                first.hasCurrency || second.hasCurrency || isAsked && !separator.isWord
            {
                found = Sum(reading: range, end: second.end, hasCurrency: first.hasCurrency || second.hasCurrency)
            } else if separator.isHyphen, text.isDigit(separator.end) {
                return .unreadable(start, DigitGroups.runEnd(first.end, in: text))
            }
        }
        guard found.hasCurrency || isAsked && isBareAmount(found, in: text), text.canEnd(found.end) else { return nil }
        // 一块 alone usually means "together".
        if text.slice(start, found.end) == "一块" { return nil }
        return EntityMatch(
            value: NumberScanner.text(
                found.reading, isAbout: !isAsked && Approximation.isHedged(from: start, to: found.end, in: text),
                plain: Self.text), start: start, end: found.end)
    }

    private func sum(
        at start: Int, behind separator: Approximation.Separator? = nil, in text: ScannedText, locale: BotLocale?
    ) -> Sum? {
        if let mark = Currency.before(at: start, in: text) {
            let number = text.skippingSpaces(mark.end)
            guard
                text.isDigit(number) || ChineseNumber.isNumeral(text[number])
                    || text.isLetter(number) && number > mark.end,
                let found = NumberReading.read(at: number, in: text)
            else { return nil }
            return sum(found, before: mark, at: number, in: text, locale: locale)
        }
        guard separator != nil || text.canBeginNumber(start), let found = NumberReading.read(at: start, in: text) else {
            return nil
        }
        return sum(found, before: nil, at: start, in: text, locale: locale)
    }

    private func sum(
        _ found: NumberReading, before: Currency.Mark?, at start: Int, in text: ScannedText, locale: BotLocale?
    ) -> Sum? {
        let found = before == nil ? found : withMillions(found, in: text)
        let unreadable = Sum(reading: .unreadable(end: found.end), end: found.end, hasCurrency: false)
        guard found.isReadable else { return unreadable }
        let behind = Currency.behind(found.end, in: text)
        if found.doubt == .spaces, !isGrouped(found, before: before, behind: behind, at: start, in: text) {
            return unreadable
        }
        let pointed = before?.groupsByPoints ?? behind?.groupsByPoints ?? false
        guard var reading = found.settled(locale, isMoney: true, pointGroups: pointed) else { return unreadable }
        guard let behind, before == nil || behind.hundredths == nil else {
            guard before == nil || text.canEnd(found.end) else { return nil }
            return Sum(reading: reading, end: found.end, hasCurrency: before != nil)
        }
        var end = behind.end
        if let hundredths = behind.hundredths {
            reading = reading.multiplied(by: Decimal(hundredths) / 100)
            if reading.isExact, hundredths == 10 {
                (reading.value, end) = AmountTail.added(toTenths: reading.value, behind: end, in: text)
            }
        } else if reading.isExact, reading.isWhole {
            (reading.value, end) = AmountTail.added(to: reading.value, behind: behind, in: text)
            guard end >= 0 else { return Sum(reading: .unreadable(end: -end), end: -end, hasCurrency: false) }
        }
        if reading.isExact, text[end] == "多", !"少谢久".unicodeScalars.contains(text[end + 1]) {
            reading.isAtLeast = true
            end += 1
        }
        return Sum(reading: reading, end: end, hasCurrency: true)
    }

    /// $2m, €1.5bn
    private func withMillions(_ reading: NumberReading, in text: ScannedText) -> NumberReading {
        guard reading.isExact, text[reading.end] == "m", !text.isLetterOrDigit(reading.end + 1) else { return reading }
        var millions = reading.multiplied(by: 1_000_000)
        millions.scale = 1_000_000
        millions.end += 1
        return millions
    }

    /// Whether 1 234 with ordinary spaces is one amount: not in "$5 200 days ago", and not with 元 behind, before which no
    /// spaces are written.
    private func isGrouped(
        _ reading: NumberReading, before: Currency.Mark?, behind: Currency.Mark?, at start: Int, in text: ScannedText
    ) -> Bool {
        guard !(text[start - 1] == " " && text.isDigit(start - 2)) else { return false }
        if let behind { return !behind.isEastAsian }
        let counted: Set<String> = [
            "day", "days", "week", "weeks", "month", "months", "year", "years", "hours", "minutes", "times", "items",
            "pieces",
            "pcs", "orders", "people", "x", "ml", "g", "kg", "km",
        ]
        return before == nil || !counted.contains(text.word(at: text.skippingSpaces(reading.end)))
    }

    /// Parts of dates, times and fractions.
    private func isPartOfChain(_ sum: Sum, in text: ScannedText) -> Bool {
        !sum.hasCurrency && text.isDigit(sum.end - 1) && "/:点".unicodeScalars.contains(text[sum.end])
            && text.isDigit(sum.end + 1)
    }

    /// The answer to "how much": no single numeral, no share, no row of digits as long as an identifier.
    private func isBareAmount(_ sum: Sum, in text: ScannedText) -> Bool {
        !sum.reading.isVague && text[sum.end] != "%" && sum.reading.value < 1_000_000_000
    }

    /// Two decimals, halves rounded away from zero.
    static func text(_ value: Decimal) -> String {
        var hundredths = value * 100
        var rounded = Decimal()
        NSDecimalRound(&rounded, &hundredths, 0, .plain)
        let digits = "\(rounded)"
        let padded = String(repeating: "0", count: max(0, 3 - digits.count)) + digits
        return padded.dropLast(2) + "." + padded.suffix(2)
    }
}
