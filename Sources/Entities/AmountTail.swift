import Foundation

/// What stands behind a whole amount and its currency: the 七毛五 of 十八块七毛五, the 9 of 9块9, "and 20 cents".
enum AmountTail {
    /// The amount with its tail, and where that ends; a negative end where the tail cannot be read, up to there.
    static func added(to whole: Decimal, behind mark: Currency.Mark, in text: ScannedText) -> (Decimal, end: Int) {
        if mark.takesTenths { return chinese(whole, mark.end, needsUnit: mark.text.hasSuffix("钱"), in: text) }
        guard !mark.isEastAsian, let (hundredths, end) = cents(mark, in: text) else { return (whole, mark.end) }
        return (whole + Decimal(hundredths) / 100, end)
    }

    /// 七毛五
    static func added(toTenths tenths: Decimal, behind start: Int, in text: ScannedText) -> (Decimal, end: Int) {
        let (hundredths, end) = hundredths(start, in: text)
        return (tenths + Decimal(hundredths) / 100, end)
    }

    /// 三块五, 三块五毛, 七块八毛五分, 12块50, 十块零五分, 三块半
    private static func chinese(
        _ whole: Decimal, _ start: Int, needsUnit: Bool, in text: ScannedText
    ) -> (Decimal, end: Int) {
        if text[start] == "半", !NumberScanner.measures.contains(text[start + 1]) {
            return (whole + Decimal(5) / 10, start + 1)
        }
        guard let (first, firstEnd, width) = figure(at: text[start] == "零" ? start + 1 : start, in: text) else {
            return (whole, start)
        }
        let isAfterZero = text[start] == "零"
        switch text[firstEnd] {
        case "毛", "角":
            guard width == 1, first > 0 else { return (whole, -firstEnd) }
            let (hundredths, end) = hundredths(firstEnd + 1, in: text)
            return (whole + Decimal(first) / 10 + Decimal(hundredths) / 100, end)
        case "分": return (whole + Decimal(first) / 100, firstEnd + 1)
        default: break
        }
        guard !needsUnit, standsAlone(firstEnd, in: text) else { return (whole, start) }
        // 9块9 and 12块50, but 三块零五.
        let isHundredths = width == 2 || isAfterZero
        guard isHundredths || first > 0 else { return (whole, start) }
        return (whole + Decimal(first) / (isHundredths ? 100 : 10), firstEnd)
    }

    /// The 五 and 五分 behind 毛.
    private static func hundredths(_ start: Int, in text: ScannedText) -> (Int, end: Int) {
        guard let (value, end, width) = figure(at: start, in: text), width == 1 else { return (0, start) }
        if text[end] == "分" { return (value, end + 1) }
        return standsAlone(end, in: text) ? (value, end) : (0, start)
    }

    /// One numeral, or one or two digits.
    private static func figure(at start: Int, in text: ScannedText) -> (value: Int, end: Int, width: Int)? {
        if let digit = ChineseNumber.digits[text[start]] {
            return text[start] == "零" ? nil : (digit, start + 1, 1)
        }
        let digits = text.digits(from: start, limit: 3)
        guard (1...2).contains(digits.utf8.count), let value = Int(digits) else { return nil }
        return (value, start + digits.utf8.count, digits.utf8.count)
    }

    /// Nothing is counted by it, as in 9块9个, and no number goes on; 包邮 is no pack.
    private static func standsAlone(_ end: Int, in text: ScannedText) -> Bool {
        if text[end] == "包" { return text[end + 1] == "邮" }
        let next = text[end]
        return
            !(ChineseNumber.isNumeral(next) || NumberScanner.measures.contains(next) || text.isLetterOrDigit(end)
            || "人号楼岁月点斤克".unicodeScalars.contains(next) || (next == "." || next == ",") && text.isDigit(end + 1))
    }

    /// "5 dollars and 20 cents", "3 Euro 50"
    private static func cents(_ mark: Currency.Mark, in text: ScannedText) -> (Int, end: Int)? {
        var start = text.skippingSpaces(mark.end)
        let word = text.word(at: start)
        if word == "and" || word == "und" { start = text.skippingSpaces(start + 3) }
        guard start > mark.end, let number = NumberReading.read(at: start, in: text), number.isExact, number.isWhole,
            number.value > 0, number.value < 100, let value = Int("\(number.value)")
        else { return nil }
        if let behind = Currency.behind(number.end, in: text) {
            guard behind.hundredths == 1 else { return nil }
            return (value, behind.end)
        }
        // Two figures that end the clause.
        let isLast = number.end >= text.count || ".,;!?\n".unicodeScalars.contains(text[number.end])
        return word.isEmpty && text.isLetter(mark.end - 1) && text.digitCount(from: start, limit: 3) == 2 && isLast
            && !text.isDigit(number.end + 1) ? (value, number.end) : nil
    }
}
