import ConversationDomain

/// Reads days in figures: `2026-11-02`, `2026/11/2`, `11/02/2026`, `2.11.2026`; where a date must be meant also `11-20` and
/// `20261120`.
struct NumericDate {
    let today: CivilDay
    let text: ScannedText
    let locale: BotLocale?

    private static let separators: [Unicode.Scalar] = ["-", "/", "."]

    func read(at start: Int, isAsked: Bool) -> DateReading? {
        guard text.isDigit(start), !(Self.separators.contains(text[start - 1]) && text.isLetterOrDigit(start - 2))
        else {
            return nil
        }
        let first = text.digits(from: start, limit: 9)
        var end = start + first.utf8.count
        if first.utf8.count == 8 { return compact(first, at: start, isAsked: isAsked) }
        let separator = text[end]
        guard Self.separators.contains(separator), let one = Int(first), first.utf8.count <= 4 else { return nil }
        let second = text.digits(from: end + 1, limit: 3)
        guard (1...2).contains(second.utf8.count), let two = Int(second) else { return nil }
        end += 1 + second.utf8.count
        let third = text[end] == separator ? text.digits(from: end + 1, limit: 5) : ""
        guard let three = Int(third) else {
            guard first.utf8.count <= 2, !text.isLetterOrDigit(end), !continues(end) else { return nil }
            return monthAndDay(one, two, separator, start: start, end: end, isAsked: isAsked)
        }
        end += 1 + third.utf8.count
        guard !continues(end) else { return nil }
        if first.utf8.count == 4, third.utf8.count <= 2 {
            return CivilDay(year: one, month: two, day: three).map { DateReading(day: $0, end: end) }
        }
        guard first.utf8.count <= 2, third.utf8.count == 4 || third.utf8.count == 2 else { return nil }
        let (month, day) = Self.order(one, two, dayFirst: separator == "." || isDayFirst)
        let year = third.utf8.count == 2 ? 2000 + three : three
        return CivilDay(year: year, month: month, day: day).map { DateReading(day: $0, end: end) }
    }

    private func continues(_ end: Int) -> Bool { Self.separators.contains(text[end]) && text.isDigit(end + 1) }

    /// 11/2, 11-20, 11.20 without a year: asked for, with something that is done on the day, or behind "on".
    private func monthAndDay(
        _ one: Int, _ two: Int, _ separator: Unicode.Scalar, start: Int, end: Int, isAsked: Bool
    ) -> DateReading? {
        let isChinese = DateSide.isFollowedByVerb(end, in: text)
        let isCertain = one > 12 || two > 12
        guard
            isAsked || isChinese
                || separator != "."
                    && isBehindPreposition(start, isCertain ? Self.firm : separator == "/" ? ["on"] : [])
        else { return nil }
        let dayFirst = isChinese ? false : separator == "." && !isEastAsian || isDayFirst
        let (month, day) = Self.order(one, two, dayFirst: dayFirst)
        let side: DateSide =
            isChinese ? DateSide.chinese(behind: end, in: text) : DateSide.english(before: start, in: text)
        return today.nearest(month: month, day: day, side: side).map { DateReading(day: $0, end: end) }
    }

    /// 20261120: a row of eight digits is a date where one is asked for or something is done on it.
    private func compact(_ digits: String, at start: Int, isAsked: Bool) -> DateReading? {
        let end = start + 8
        guard let day = Self.compactDay(digits),
            isAsked || DateSide.isFollowedByVerb(end, in: text) || isBehindPreposition(start, Self.prepositions)
        else { return nil }
        return DateReading(day: day, end: end)
    }

    /// A day of this century or the last years of the one before.
    static func compactDay(_ digits: String) -> CivilDay? {
        guard digits.utf8.count == 8, let number = Int(digits), (19_900_101...20_991_231).contains(number) else {
            return nil
        }
        return CivilDay(year: number / 10_000, month: number / 100 % 100, day: number % 100)
    }

    private static let firm: Set<String> = ["on", "since", "dated", "date"]
    private static let prepositions: Set<String> = firm.union([
        "from", "until", "till", "before", "after", "by", "ordered", "bought", "purchased", "placed",
    ])

    /// Whether a row of digits is a date by what is said of it: "on 20261123", 20261123买的.
    static func isDate(_ start: Int, _ end: Int, in text: ScannedText) -> Bool {
        let digits = text.slice(start, end)
        // 11232026 and 23112026 are no form that is read, but no order number either.
        let year = String(digits.suffix(4))
        let turned = [year + digits.prefix(4), year + digits.dropFirst(2).prefix(2) + digits.prefix(2)]
        guard ([digits] + turned).contains(where: { compactDay($0) != nil }) else { return false }
        return DateSide.isFollowedByVerb(end, in: text) || isBehindPreposition(start, prepositions, in: text)
    }

    private func isBehindPreposition(_ start: Int, _ words: Set<String>) -> Bool {
        Self.isBehindPreposition(start, words, in: text)
    }

    private static func isBehindPreposition(_ start: Int, _ words: Set<String>, in text: ScannedText) -> Bool {
        guard text[start - 1] == " " || text[start - 1] == ":", let word = text.words(before: start, limit: 1).first
        else {
            return false
        }
        return words.contains(word)
    }

    private static func order(_ one: Int, _ two: Int, dayFirst: Bool) -> (month: Int, day: Int) {
        if one > 12 { return (two, one) }
        if two > 12 { return (one, two) }
        return dayFirst ? (two, one) : (one, two)
    }

    private var isEastAsian: Bool { ["zh", "ja", "ko"].contains(locale?.language ?? "") }

    /// English without a region, American English and East Asian languages put the month first.
    private var isDayFirst: Bool {
        guard let locale else { return false }
        return !(["en", "en-US", "en-PH"].contains(locale.rawValue) || isEastAsian)
    }
}
