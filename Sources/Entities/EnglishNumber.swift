import Foundation

/// Reads twenty-five, one hundred and twenty, a dozen, two thousand, two and a half.
enum EnglishNumber {
    static let small: [String: Int] = [
        "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
        "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
        "seventeen": 17, "eighteen": 18, "nineteen": 19,
    ]
    private static let tens: [String: Int] = [
        "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
    ]
    private static let scales: [String: Int] = [
        "dozen": 12, "hundred": 100, "thousand": 1000, "lakh": 100_000, "million": 1_000_000, "crore": 10_000_000,
        "billion": 1_000_000_000,
    ]

    static func read(at start: Int, in text: ScannedText) -> NumberReading? {
        guard text.isWordStart(start), !isPartOfPhrase(start, in: text) else { return nil }
        var total = 0
        var section: Int?
        var lastScale = Int.max
        var end = start
        var next = start
        var count = 0
        while count < 12 {
            let word = text.word(at: next)
            let wordEnd = next + word.utf8.count
            guard !word.isEmpty, !text.isLetterOrDigit(wordEnd) else { break }
            if let value = small[word] ?? tens[word], fits(value, behind: section) {
                section = (section ?? 0) + value
            } else if let scale = scales[word], scale == 100 || section != nil || total == 0 {
                guard count > 0 else { return nil }
                let amount = (section ?? 1) * scale
                guard amount <= 1_000_000_000_000, scale == 100 || scale < lastScale else { break }
                if scale == 100 { section = amount } else { (total, section, lastScale) = (total + amount, nil, scale) }
            } else if word == "and", section.map({ $0 % 100 == 0 }) ?? (total > 0), count > 0 {
                // Only counts if a number follows.
            } else if count > 0 || word != "a" {
                break
            }
            count += 1
            if word != "and", word != "a" { end = wordEnd }
            next = text[wordEnd] == " " || text[wordEnd] == "-" ? wordEnd + 1 : text.count
        }
        guard end > start else { return nil }
        var reading = NumberReading(value: Decimal(total + (section ?? 0)), end: end)
        reading.isVague = text.slice(start, end) == "one"
        reading.scale = Decimal(
            lastScale == Int.max ? (section ?? 0) % 100 == 0 && (section ?? 0) > 0 ? 100 : 1 : lastScale)
        return withHalf(reading, in: text)
    }

    /// "two and a half", "one and a half thousand".
    private static func withHalf(_ reading: NumberReading, in text: ScannedText) -> NumberReading {
        guard text.hasPrefix(" and a half", at: reading.end), !text.isLetterOrDigit(reading.end + 11) else {
            return reading
        }
        guard reading.scale == 1 else { return .unreadable(end: reading.end + 11) }
        var whole = NumberReading(value: reading.value + Decimal(5) / 10, end: reading.end + 11)
        let next = text.skippingSpaces(whole.end)
        let word = text.word(at: next)
        if let scale = scales[word], !text.isLetterOrDigit(next + word.utf8.count) {
            whole.value *= Decimal(scale)
            whole.end = next + word.utf8.count
        }
        return whole
    }

    /// "half a million", "a few thousand": what stands before changes the number.
    private static func isPartOfPhrase(_ start: Int, in text: ScannedText) -> Bool {
        text[start - 1] == " "
            && ["half", "quarter", "few", "several", "couple"].contains(text.words(before: start, limit: 1).first ?? "")
    }

    /// "twenty five" and "hundred five" go on, "five five" and "twenty eleven" do not.
    private static func fits(_ value: Int, behind section: Int?) -> Bool {
        guard let section else { return true }
        let rest = section % 100
        return rest == 0 && section > 0 || (rest >= 20 && rest % 10 == 0 && (1...9).contains(value))
    }
}
