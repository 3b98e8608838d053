import Foundation

/// A day of the Gregorian calendar, as days since 1970-01-01. Conversions after H. Hinnant, "chrono-compatible
/// low-level date algorithms".
struct CivilDay: Hashable, Comparable, Sendable {
    let number: Int

    init(number: Int) { self.number = number }

    /// The day that a clock in the time zone shows.
    init(date: Date, timeZone: TimeZone) {
        let seconds = date.timeIntervalSince1970 + Double(timeZone.secondsFromGMT(for: date))
        number = Int((seconds / 86_400).rounded(.down))
    }

    /// Nil when there is no such day, or the year is not within 1900 to 2199.
    init?(year: Int, month: Int, day: Int) {
        guard (1900...2199).contains(year), (1...12).contains(month), (1...Self.days(in: month, of: year)).contains(day)
        else { return nil }
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        number = era * 146_097 + dayOfEra - 719_468
    }

    var components: (year: Int, month: Int, day: Int) {
        let shifted = number + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// 0 for Monday to 6 for Sunday.
    var weekday: Int { ((number + 3) % 7 + 7) % 7 }

    static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    func adding(days: Int) -> CivilDay { CivilDay(number: number + days) }

    /// The same day of another month, or its last day.
    func adding(months: Int) -> CivilDay? {
        let (year, month, day) = components
        let count = year * 12 + month - 1 + months
        let (newYear, newMonth) = (count / 12, count % 12 + 1)
        return CivilDay(year: newYear, month: newMonth, day: min(day, Self.days(in: newMonth, of: newYear)))
    }

    /// The day of the week that is `weeks` after this one; weeks begin on Monday.
    func weekday(_ weekday: Int, weeks: Int) -> CivilDay { adding(days: weekday - self.weekday + 7 * weeks) }

    /// The day with this month and day that is closest to this one, of those on a side of it.
    func nearest(month: Int, day: Int, side: DateSide = .either) -> CivilDay? {
        let year = components.year
        return nearest(among: (year - 1...year + 1).compactMap { CivilDay(year: $0, month: month, day: day) }, side)
    }

    /// The same of a day of the month alone.
    func nearest(day: Int, side: DateSide = .either) -> CivilDay? {
        let month = components.year * 12 + components.month - 1
        let days = (month - 2...month + 2).compactMap { CivilDay(year: $0 / 12, month: $0 % 12 + 1, day: day) }
        return nearest(among: days, side)
    }

    private func nearest(among days: [CivilDay], _ side: DateSide) -> CivilDay? {
        days.filter { side != .behind || $0 <= self }
            .min { (abs($0.number - number), $0) < (abs($1.number - number), $1) }
    }

    /// `2026-11-23`
    var text: String {
        let (year, month, day) = components
        func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(year)-\(padded(month))-\(padded(day))"
    }

    static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}
