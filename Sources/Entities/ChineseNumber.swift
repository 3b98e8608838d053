import Foundation

/// Reads 三十五, 两千零五, 一万二, 二〇二六, 三点五, 两三百, 一百多, and figures with units: 3万5千, 10万8, 1千零20.
///
/// Texts are folded before, so that traditional characters are simplified ones here. A run of numerals is read whole or not at
/// all.
enum ChineseNumber {
    static let digits: [Unicode.Scalar: Int] = [
        "零": 0, "〇": 0, "○": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "壹": 1,
        "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9,
    ]
    static let units: [Unicode.Scalar: Int] = [
        "十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "万": 10_000, "亿": 100_000_000,
    ]

    /// Numerals of a run at most.
    private static let limit = 32

    static func isNumeral(_ scalar: Unicode.Scalar) -> Bool {
        !scalar.isASCII && (digits[scalar] != nil || units[scalar] != nil || scalar == "廿" || scalar == "卅")
    }

    /// Ideographs and kana.
    static func isEastAsian(_ scalar: Unicode.Scalar) -> Bool { (0x3040...0x9FFF).contains(scalar.value) }

    static func read(at start: Int, in text: ScannedText) -> NumberReading? {
        let first = text[start]
        guard !first.isASCII else { return nil }
        if first == "几" || first == "数", units[text[start + 1]] != nil {
            // 几百 is no number, and its 百 is none either.
            return .unreadable(end: runEnd(start + 1, in: text))
        }
        if let tens = first == "廿" ? 20 : first == "卅" ? 30 : nil {
            let digit = digits[text[start + 1]]
            let end = start + (digit == nil ? 1 : 2)
            guard !isNumeral(text[end]) else { return .unreadable(end: runEnd(end, in: text)) }
            return NumberReading(value: Decimal(tens + (digit ?? 0)), end: end)
        }
        if let unit = units[first], unit > 10 {
            // In Japan 千円 is a thousand yen; elsewhere 百 and 千 begin words such as 百度.
            if unit <= 1000, let yen = sum(at: start, behind: 1, in: text), text.unfolded(yen.end) == "円" { return yen }
            return .unreadable(end: runEnd(start, in: text))
        }
        guard digits[first] != nil || units[first] != nil else { return nil }
        guard var reading = positional(at: start, in: text) ?? sum(at: start, in: text), reading.isReadable else {
            return .unreadable(end: runEnd(start, in: text))
        }
        if text[reading.end] == "点", digits[text[reading.end + 1]] != nil, reading.isExact {
            reading = withFraction(reading, in: text)
        } else if reading.upper == nil {
            reading.isVague = reading.end - start == 1
        }
        return withRest(reading, in: text)
    }

    /// Figures with a unit behind them, and what follows.
    static func read(behind figures: NumberReading, at start: Int, in text: ScannedText) -> NumberReading {
        var reading = figures
        if figures.doubt == nil || figures.doubt == .comma, let whole = Int("\(figures.value)") {
            guard let sum = sum(at: figures.end, behind: whole, in: text) else {
                return .unreadable(end: runEnd(start, in: text))
            }
            reading = sum
        } else {
            // 1.5千万: with decimals only units may follow.
            reading.doubt = nil
            let first = figures.end - (0..<16).prefix { text.isDigit(figures.end - 1 - $0) }.count
            // 2,3百 is two or three hundred.
            guard figures.doubt != .spaces, text[first - 1] != "," else {
                return .unreadable(end: runEnd(figures.end, in: text))
            }
            while let unit = units[text[reading.end]], reading.end - figures.end < 3, reading.scale < 100_000_000 {
                reading.scale *= Decimal(unit)
                reading.end += 1
            }
            reading.value = figures.value * reading.scale
            if isNumeral(text[reading.end]) || text.isDigit(reading.end) {
                return .unreadable(end: runEnd(reading.end, in: text))
            }
        }
        return withRest(reading, in: text)
    }

    /// Two to fifteen digits without units, read one by one; 两三 without a unit is two or three.
    private static func positional(at start: Int, in text: ScannedText) -> NumberReading? {
        var end = start
        var value = Decimal(0)
        var hasPair = false
        while end - start < 16, let digit = digits[text[end]] {
            value = value * 10 + Decimal(digit)
            hasPair = hasPair || text[end] == "两"
            end += 1
        }
        guard end - start >= 2, units[text[end]] == nil else { return nil }
        if end - start == 2, let first = digits[text[start]], let second = digits[text[start + 1]],
            NumeralRun.isPair(first, second)
        {
            var reading = NumberReading(value: Decimal(first), end: end)
            reading.upper = Decimal(second)
            reading.isVague = true
            return reading
        }
        guard end - start <= 15, !hasPair else { return .unreadable(end: end) }
        return NumberReading(value: value, end: end)
    }

    private static func sum(at start: Int, behind figures: Int? = nil, in text: ScannedText) -> NumberReading? {
        let run = NumeralRun(at: start, behind: figures, limit: limit, in: text)
        guard !isNumeral(text[run.end]), let low = run.value(ofPairs: \.0) else { return nil }
        var reading = NumberReading(value: Decimal(low), end: run.end)
        if run.hasPair {
            guard let high = run.value(ofPairs: \.1) else { return nil }
            reading.upper = Decimal(high)
        }
        reading.scale = Decimal(run.scale)
        return reading
    }

    private static func withFraction(_ whole: NumberReading, in text: ScannedText) -> NumberReading {
        var reading = whole
        var digitValue = Decimal(1)
        var end = whole.end + 1
        while end - whole.end <= 8, let digit = digits[text[end]] {
            digitValue /= 10
            reading.value += digitValue * Decimal(digit)
            end += 1
        }
        reading.end = end
        // 三点五万
        while let unit = units[text[reading.end]], reading.end - end < 2 {
            reading.value *= Decimal(unit)
            reading.scale *= Decimal(unit)
            reading.end += 1
        }
        return isNumeral(text[reading.end]) ? .unreadable(end: runEnd(reading.end, in: text)) : reading
    }

    /// 多, 几, 来 and 余 behind a number: 一百多, 十几, 二十来个, 百余; and the 万 behind them.
    static func withRest(_ reading: NumberReading, in text: ScannedText) -> NumberReading {
        // 1千克 is a kilogram.
        if text[reading.end - 1] == "千", "克米瓦卡".unicodeScalars.contains(text[reading.end]) {
            return .unreadable(end: reading.end)
        }
        guard reading.isExact else { return reading }
        let next = text[reading.end + 1]
        let isRest =
            switch text[reading.end] {
            case "多": !"少谢久".unicodeScalars.contains(next)
            case "几": reading.value >= 10
            case "来":
                reading.value >= 10
                    && (NumberScanner.measures.contains(next) || "万亿元岁".unicodeScalars.contains(next))
            case "+": !text.isLetterOrDigit(reading.end + 1)
            case "余": next != "额" && reading.value >= 10
            default: false
            }
        guard isRest else { return reading }
        var rest = reading
        rest.end += 1
        rest.isAtLeast = true
        rest.isVague = false
        if let unit = units[text[rest.end]], unit >= 10_000 {
            rest.value *= Decimal(unit)
            rest.scale *= Decimal(unit)
            rest.end += 1
        }
        return isNumeral(text[rest.end]) ? .unreadable(end: runEnd(rest.end, in: text)) : rest
    }

    /// Where numerals and the digits among them end; looks at 64 scalars.
    static func runEnd(_ start: Int, in text: ScannedText) -> Int {
        var end = start
        while end - start < 64,
            isNumeral(text[end]) || text.isDigit(end) || (text[end] == "." || text[end] == ",") && text.isDigit(end + 1)
        { end += 1 }
        return max(end, start)
    }
}
