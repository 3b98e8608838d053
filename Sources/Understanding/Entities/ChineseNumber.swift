import Foundation

/// Reads 三十五, 两千零五, 一万二, 二〇二六, 三点五.
enum ChineseNumber {
    static let digits: [Unicode.Scalar: Int] = [
        "零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "壹": 1,
        "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9, "兩": 2,
    ]
    static let units: [Unicode.Scalar: Int] = [
        "十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "万": 10_000, "萬": 10_000, "亿": 100_000_000,
        "億": 100_000_000,
    ]

    static func read(at start: Int, in text: ScannedText) -> NumberReading? {
        guard digits[text[start]] != nil || units[text[start]] == 10 else { return nil }
        guard var reading = positional(at: start, in: text) ?? Sum.read(at: start, in: text) else { return nil }
        if text[reading.end] == "点", digits[text[reading.end + 1]] != nil {
            var fraction = Decimal(string: "0.1") ?? 0
            var value = reading.value
            var end = reading.end + 1
            while end - reading.end <= 8, let digit = digits[text[end]] {
                value += fraction * Decimal(digit)
                fraction /= 10
                end += 1
            }
            return NumberReading(value: value, end: end)
        }
        reading.isVague = reading.end - start == 1
        return reading
    }

    /// Two to fifteen digits without units, read one by one.
    private static func positional(at start: Int, in text: ScannedText) -> NumberReading? {
        var end = start
        var value = Decimal(0)
        while end - start < 15, let digit = digits[text[end]] {
            value = value * 10 + Decimal(digit)
            end += 1
        }
        guard end - start >= 2, units[text[end]] == nil else { return nil }
        return NumberReading(value: value, end: end)
    }

    /// Digits with their units.
    private struct Sum {
        private var total = 0
        private var section = 0
        private var digit: Int?
        private var lastUnit = 1
        private var isAfterZero = false

        static func read(at start: Int, in text: ScannedText) -> NumberReading? {
            var sum = Sum()
            var end = start
            while end - start < 24, sum.take(text[end]) { end += 1 }
            return end == start ? nil : NumberReading(value: Decimal(sum.value), end: end)
        }

        /// False when the character does not go on with the number.
        private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
            if let value = ChineseNumber.digits[scalar] {
                guard digit == nil else { return false }
                if value == 0 {
                    isAfterZero = true
                    if total + section == 0 { digit = 0 }
                } else {
                    digit = value
                }
                return true
            }
            guard let unit = ChineseNumber.units[scalar] else { return false }
            if unit < 10_000 {
                guard unit < lastUnit || lastUnit == 1 || lastUnit >= 10_000,
                    digit != nil || (unit == 10 && section == 0)
                else { return false }
                section += (digit ?? 1) * unit
            } else {
                let amount = section + (digit ?? 0)
                guard amount > 0 || total > 0, total < 1_000_000_000_000 else { return false }
                total = unit > 10_000 ? (total + amount) * unit : total + amount * unit
                section = 0
            }
            digit = nil
            lastUnit = unit
            isAfterZero = false
            return true
        }

        /// 一百五 means 150 and 一万二 means 12,000, but 一百零五 is 105.
        private var value: Int {
            let last = digit ?? 0
            let isShort = lastUnit >= 100 && !isAfterZero
            return total + section + (isShort ? last * lastUnit / 10 : last)
        }
    }
}
