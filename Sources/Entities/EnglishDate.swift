/// Reads "2 Nov", "November 2nd, 2026", "yesterday", "next Friday", "three days ago", "in 2 weeks".
struct EnglishDate {
    let today: CivilDay
    let text: ScannedText

    /// 1 to 12 by name, by its first three letters, and by "sept".
    private static let months: [String: Int] = {
        let names = [
            "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
            "november",
            "december",
        ]
        var months = ["sept": 9]
        for (index, name) in names.enumerated() {
            months[name] = index + 1
            months[String(name.prefix(3))] = index + 1
        }
        return months
    }()
    private static let weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    /// The words that a date may begin with.
    private static let openers = Set(months.keys).union(weekdays).union(EnglishNumber.small.keys).union([
        "a", "day", "in", "last", "next", "the", "this", "today", "tomorrow", "tonight", "yesterday",
    ])

    func read(at start: Int) -> DateReading? {
        if text.isDigit(start) { return dayThenMonth(at: start) ?? span(at: start) }
        guard text.isLetter(start), text.isWordStart(start), Self.openers.contains(text.word(at: start)) else {
            return nil
        }
        return monthThenDay(at: start) ?? named(at: start) ?? weekday(at: start) ?? span(at: start)
    }

    // MARK: Month names

    /// A month's number, and where its name ends.
    private func month(at start: Int) -> (number: Int, end: Int)? {
        let word = text.word(at: start)
        guard let number = Self.months[word] else { return nil }
        let end = start + word.utf8.count
        return (number, text[end] == "." && word.utf8.count <= 4 ? end + 1 : end)
    }

    /// A day of the month with its ending: 2, 2nd, 11th.
    private func dayOfMonth(at start: Int) -> (number: Int, end: Int)? {
        let digits = text.digits(from: start, limit: 3)
        guard (1...2).contains(digits.utf8.count), let day = Int(digits) else { return nil }
        let end = start + digits.utf8.count
        let suffix = text.word(at: end)
        if suffix.isEmpty { return (day, end) }
        return ["st", "nd", "rd", "th"].contains(suffix) ? (day, end + 2) : nil
    }

    private func dayThenMonth(at start: Int) -> DateReading? {
        guard let (day, dayEnd) = dayOfMonth(at: start) else { return nil }
        var next = text[dayEnd] == "-" ? dayEnd + 1 : text.skippingSpaces(dayEnd)
        if text.word(at: next) == "of" { next = text.skippingSpaces(next + 2) }
        guard let (month, monthEnd) = month(at: next), !text.isLetterOrDigit(monthEnd) else { return nil }
        return reading(month: month, day: day, start: start, end: monthEnd)
    }

    private func monthThenDay(at start: Int) -> DateReading? {
        guard let (month, monthEnd) = month(at: start) else { return nil }
        var next = text.skippingSpaces(monthEnd)
        if text.word(at: next) == "the" { next = text.skippingSpaces(next + 3) }
        guard next > monthEnd, let (day, dayEnd) = dayOfMonth(at: next), !text.isLetterOrDigit(dayEnd) else {
            return nil
        }
        return reading(month: month, day: day, start: start, end: dayEnd)
    }

    /// Takes a year of four digits that follows.
    private func reading(month: Int, day: Int, start: Int, end: Int) -> DateReading? {
        var next = text[end] == "," || text[end] == "-" ? end + 1 : end
        next = text.skippingSpaces(next)
        let digits = text.digits(from: next, limit: 5)
        if digits.utf8.count == 4, next > end, let year = Int(digits),
            let full = CivilDay(year: year, month: month, day: day)
        {
            return DateReading(day: full, end: next + 4)
        }
        return today.nearest(month: month, day: day, side: DateSide.english(before: start, in: text)).map {
            DateReading(day: $0, end: end)
        }
    }

    // MARK: Relative to today

    private func named(at start: Int) -> DateReading? {
        let phrases: [(String, Int)] = [
            ("the day before yesterday", -2), ("day before yesterday", -2), ("the day after tomorrow", 2),
            ("day after tomorrow", 2), ("yesterday", -1), ("today", 0), ("tonight", 0), ("tomorrow", 1),
        ]
        for (phrase, days) in phrases where text.hasPrefix(phrase, at: start) {
            let end = start + phrase.utf8.count
            guard !text.isLetterOrDigit(end) else { continue }
            return DateReading(day: today.adding(days: days), end: end)
        }
        return nil
    }

    private func weekday(at start: Int) -> DateReading? {
        let word = text.word(at: start)
        let end = start + word.utf8.count
        if let day = Self.weekdays.firstIndex(of: word) {
            let days = (day - today.weekday + 7) % 7
            let isBehind = DateSide.english(before: start, in: text) == .behind
            return DateReading(day: today.adding(days: isBehind ? days - 7 : days), end: end)
        }
        guard ["last", "next", "this"].contains(word) else { return nil }
        let next = text.skippingSpaces(end)
        let name = text.word(at: next)
        guard
            let day = Self.weekdays.firstIndex(where: {
                $0 == name || (name.utf8.count >= 3 && name.utf8.count <= 5 && $0.hasPrefix(name))
            })
        else { return nil }
        let found =
            switch word {
            case "last": today.adding(days: -((today.weekday - day + 6) % 7 + 1))
            case "next": today.weekday(day, weeks: 1)
            default: today.weekday(day, weeks: 0)
            }
        return DateReading(day: found, end: next + name.utf8.count)
    }

    /// "3 days ago", "a week ago", "in two weeks", "two months from now"
    private func span(at start: Int) -> DateReading? {
        let isFuture = text.word(at: start) == "in"
        let begin = isFuture ? text.skippingSpaces(start + 2) : start
        guard !text.isSecondOfRange(start), let (count, countEnd) = count(at: begin) else { return nil }
        let unitStart = text.skippingSpaces(countEnd)
        let unit = text.word(at: unitStart)
        let unitEnd = unitStart + unit.utf8.count
        guard let days = ["day": 1, "days": 1, "week": 7, "weeks": 7, "month": 0, "months": 0][unit] else { return nil }
        if isFuture { return shifted(count, days: days, end: unitEnd) }
        let next = text.skippingSpaces(unitEnd)
        if text.word(at: next) == "ago" { return shifted(-count, days: days, end: next + 3) }
        for phrase in ["from now", "from today"] where text.hasPrefix(phrase, at: next) {
            return shifted(count, days: days, end: next + phrase.utf8.count)
        }
        return nil
    }

    private func count(at start: Int) -> (Int, Int)? {
        let digits = text.digits(from: start, limit: 4)
        if (1...3).contains(digits.utf8.count), let value = Int(digits) { return (value, start + digits.utf8.count) }
        let word = text.word(at: start)
        guard let value = word == "a" ? 1 : EnglishNumber.small[word] else { return nil }
        return (value, start + word.utf8.count)
    }

    /// - Parameter days: days of the unit; 0 for months.
    private func shifted(_ count: Int, days: Int, end: Int) -> DateReading? {
        let day = days == 0 ? today.adding(months: count) : today.adding(days: count * days)
        return day.map { DateReading(day: $0, end: end) }
    }
}
