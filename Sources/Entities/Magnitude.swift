import Foundation

/// What multiplies the figures before it: `1.5k`, `2 million`, `3 lakh`, `2 Mio`, `3w元`.
enum Magnitude {
    private static let words: [String: Int] = [
        "dozen": 12, "hundred": 100, "thousand": 1000, "tausend": 1000, "mille": 1000, "lakh": 100_000,
        "lakhs": 100_000,
        "million": 1_000_000, "millions": 1_000_000, "millionen": 1_000_000, "mio": 1_000_000, "mln": 1_000_000,
        "crore": 10_000_000, "crores": 10_000_000, "billion": 1_000_000_000, "billions": 1_000_000_000,
        "bn": 1_000_000_000,
    ]

    static func scaled(_ reading: NumberReading, in text: ScannedText) -> NumberReading {
        if let letter = letter(behind: reading, in: text) { return letter }
        var result = reading
        var smallest = Decimal(Int.max)
        var next = reading
        var total = Decimal(0)
        // 2 million 300 thousand
        for _ in 0..<3 {
            let start = text.skippingSpaces(next.end)
            let word = text.word(at: start)
            guard start - next.end <= 1, let factor = words[word], !text.isLetterOrDigit(start + word.utf8.count),
                Decimal(factor) < smallest
            else { break }
            total += next.value * Decimal(factor)
            smallest = Decimal(factor)
            result = NumberReading(value: total, end: start + word.utf8.count)
            result.scale = smallest
            let following = text.skippingSpaces(result.end)
            guard text.isDigit(following) else { break }
            next = DigitGroups.read(at: following, in: text)
            guard next.isReadable, next.value < smallest else { break }
        }
        return result
    }

    /// `k` right behind the figures; `m` only behind money, see `AmountScanner`; `w` for 万 before a Chinese currency.
    private static func letter(behind reading: NumberReading, in text: ScannedText) -> NumberReading? {
        let end = reading.end
        guard !text.isLetterOrDigit(end + 1) else { return nil }
        let factor: Decimal
        switch text[end] {
        case "k": factor = 1000
        case "w" where "元块".unicodeScalars.contains(text[end + 1]): factor = 10_000
        default: return nil
        }
        var result = NumberReading(value: reading.value * factor, end: end + 1)
        result.scale = factor
        if reading.doubt == .point || reading.doubt == .comma { result.doubt = reading.doubt }
        if reading.value < 10, reading.value == Decimal(Int(truncating: reading.value as NSDecimalNumber)) {
            result.doubt = .letter
        }
        return result
    }
}
