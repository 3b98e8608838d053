import Foundation

/// Reads twenty-five, one hundred and twenty, a dozen, two thousand.
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
        "dozen": 12, "hundred": 100, "thousand": 1000, "million": 1_000_000,
    ]

    static func read(at start: Int, in text: ScannedText) -> NumberReading? {
        guard text.isWordStart(start) else { return nil }
        var total = 0
        var section: Int?
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
                guard amount <= 1_000_000_000 else { break }
                if scale == 100 { section = amount } else { (total, section) = (total + amount, nil) }
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
        return NumberReading(
            value: Decimal(total + (section ?? 0)), end: end, isVague: text.slice(start, end) == "one")
    }

    /// "twenty five" and "hundred five" go on, "five five" and "twenty eleven" do not.
    private static func fits(_ value: Int, behind section: Int?) -> Bool {
        guard let section else { return true }
        let rest = section % 100
        return rest == 0 && section > 0 || (rest >= 20 && rest % 10 == 0 && (1...9).contains(value))
    }
}
