import ConversationDomain
import Foundation

/// Amounts of money: `$49.99`, `49,99 €`, `USD 20`, 三百块, 50元, 三块五. The value has two decimals; the currency stays in
/// the text.
struct AmountScanner: EntityScanner {
    let entity = EntityName.amount

    private static let before = ["us$", "hk$", "$", "¥", "€", "£", "usd", "rmb", "cny", "eur", "gbp", "人民币"]
    /// The first characters of `before`.
    private static let initials = Set(before.compactMap(\.unicodeScalars.first))
    private static let behind = [
        "元", "块", "块钱", "圆", "人民币", "元人民币", "美元", "美金", "欧元", "英镑", "港币", "rmb", "cny", "usd", "eur", "gbp", "$", "€",
        "£",
        "¥", "dollar", "dollars", "bucks", "euro", "euros", "pound", "pounds", "yuan", "毛", "毛钱", "角", "cents",
    ]
    /// Hundredths of the unit that one of these is.
    private static let fractions = ["毛": 10, "毛钱": 10, "角": 10, "cents": 1]

    func match(at start: Int, in text: ScannedText, locale: BotLocale?, isAsked: Bool) -> EntityMatch? {
        if !text.isLetter(start - 1), Self.initials.contains(text[start]),
            let symbol = text.longest(of: Self.before, at: start)
        {
            return prefixed(symbol, at: start, in: text)
        }
        guard text.canBegin(start), !(text[start - 1] == "." && text.isDigit(start - 2)),
            let reading = NumberReading.read(at: start, in: text)
        else { return nil }
        let unitStart = text.skippingSpaces(reading.end)
        guard let unit = text.longest(of: Self.behind, at: unitStart),
            !(text.isLetter(unitStart) && text.isLetterOrDigit(unitStart + unit.unicodeScalars.count))
        else {
            guard isAsked, !reading.isVague, text.canEnd(reading.end) else { return nil }
            return EntityMatch(value: Self.text(reading.value), start: start, end: reading.end)
        }
        let end = unitStart + unit.unicodeScalars.count
        // 一块 alone usually means "together".
        if unit == "块", text.slice(start, reading.end) == "一", ChineseNumber.digits[text[end]] == nil { return nil }
        if let hundredths = Self.fractions[unit] {
            return EntityMatch(value: Self.text(reading.value * Decimal(hundredths) / 100), start: start, end: end)
        }
        return withTenths(reading.value, unit: unit, start: start, end: end, in: text)
    }

    private func prefixed(_ symbol: String, at start: Int, in text: ScannedText) -> EntityMatch? {
        let number = text.skippingSpaces(start + symbol.unicodeScalars.count)
        guard let reading = NumberReading.read(at: number, in: text), text.canEnd(reading.end) else {
            return nil
        }
        // ¥120元 names the currency twice.
        let unit = text.longest(of: ["元", "块", "块钱"], at: reading.end)
        let end = reading.end + (unit?.unicodeScalars.count ?? 0)
        return EntityMatch(value: Self.text(reading.value), start: start, end: end)
    }

    /// 三块五, 三块五毛
    private func withTenths(_ value: Decimal, unit: String, start: Int, end: Int, in text: ScannedText) -> EntityMatch {
        guard unit == "块" || unit == "元",
            let tenths = ChineseNumber.digits[text[end]] ?? Int(text.digits(from: end, limit: 2)),
            (1...9).contains(tenths)
        else { return EntityMatch(value: Self.text(value), start: start, end: end) }
        let hasUnit = text[end + 1] == "毛" || text[end + 1] == "角"
        guard
            hasUnit
                || !(ChineseNumber.units.keys.contains(text[end + 1]) || NumberScanner.measures.contains(text[end + 1]))
        else {
            return EntityMatch(value: Self.text(value), start: start, end: end)
        }
        return EntityMatch(
            value: Self.text(value + Decimal(tenths) / 10), start: start, end: end + (hasUnit ? 2 : 1))
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
