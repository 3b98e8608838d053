import ConversationDomain

/// Days in figures, English and Chinese; the value is `2026-11-02`.
///
/// A day without a year is the one closest to today. Weeks begin on Monday: "next Friday" and 下周五 lie in the following
/// week, "this Friday" and 周五 in this one, 上周五 in the week before; "last Friday" is the most recent one, "Friday" alone
/// the next.
struct DateScanner: EntityScanner {
    let entity = EntityName.date
    let today: CivilDay

    func match(at start: Int, in text: ScannedText, locale: BotLocale?, isAsked: Bool) -> EntityMatch? {
        guard text.canBegin(start) else { return nil }
        guard let reading = read(at: start, in: text, locale: locale, isAsked: isAsked), text.canEnd(reading.end)
        else { return nil }
        return EntityMatch(value: reading.day.text, start: start, end: reading.end)
    }

    /// The longest reading; English dates begin with letters or digits, Chinese ones with digits or other characters.
    private func read(at start: Int, in text: ScannedText, locale: BotLocale?, isAsked: Bool) -> DateReading? {
        if text.isLetter(start) { return EnglishDate(today: today, text: text).read(at: start) }
        let chinese = ChineseDate(today: today, text: text).read(at: start, isAsked: isAsked)
        guard text.isDigit(start) else { return chinese }
        return [
            numeric(at: start, in: text, locale: locale, isAsked: isAsked),
            EnglishDate(today: today, text: text).read(at: start), chinese,
        ].compactMap { $0 }.max { $0.end < $1.end }
    }

    /// `2026-11-02`, `2026/11/2`, `11/02/2026`, `2.11.2026`; `11/2` only when asked for.
    private func numeric(at start: Int, in text: ScannedText, locale: BotLocale?, isAsked: Bool) -> DateReading? {
        let separators: [Unicode.Scalar] = ["-", "/", "."]
        guard text.isDigit(start), !(separators.contains(text[start - 1]) && text.isDigit(start - 2)) else {
            return nil
        }
        let first = text.digits(from: start, limit: 5)
        var end = start + first.utf8.count
        let separator = text[end]
        guard separators.contains(separator), let one = Int(first) else { return nil }
        let second = text.digits(from: end + 1, limit: 3)
        guard (1...2).contains(second.utf8.count), let two = Int(second) else { return nil }
        end += 1 + second.utf8.count
        let third = text[end] == separator ? text.digits(from: end + 1, limit: 5) : ""
        guard let three = Int(third) else {
            guard isAsked, separator == "/", first.utf8.count <= 2 else { return nil }
            let (month, day) = Self.order(one, two, dayFirst: Self.isDayFirst(locale))
            return today.nearest(month: month, day: day).map { DateReading(day: $0, end: end) }
        }
        end += 1 + third.utf8.count
        guard !(separators.contains(text[end]) && text.isDigit(end + 1)) else { return nil }
        if first.utf8.count == 4, third.utf8.count <= 2 {
            return CivilDay(year: one, month: two, day: three).map { DateReading(day: $0, end: end) }
        }
        guard first.utf8.count <= 2, third.utf8.count == 4 || third.utf8.count == 2 else { return nil }
        let (month, day) = Self.order(one, two, dayFirst: separator == "." || Self.isDayFirst(locale))
        let year = third.utf8.count == 2 ? 2000 + three : three
        return CivilDay(year: year, month: month, day: day).map { DateReading(day: $0, end: end) }
    }

    private static func order(_ one: Int, _ two: Int, dayFirst: Bool) -> (month: Int, day: Int) {
        if one > 12 { return (two, one) }
        if two > 12 { return (one, two) }
        return dayFirst ? (two, one) : (one, two)
    }

    /// English without a region, American English and East Asian languages put the month first.
    private static func isDayFirst(_ locale: BotLocale?) -> Bool {
        guard let locale else { return false }
        return !(["en", "en-US", "en-PH"].contains(locale.rawValue) || ["zh", "ja", "ko"].contains(locale.language))
    }
}

/// A day that stands in a text.
struct DateReading: Hashable, Sendable {
    let day: CivilDay
    let end: Int
}
