/// A format of dates and times such as `d.m.yyyy hh:mm`.
struct DateFormat {
    private enum Part: Hashable {
        case literal(String)
        case field(Character, Int)
        case elapsed(Character)
        case halfDay
    }

    private var parts: [Part] = []

    /// Whether a format has parts of a date or a time outside quotes.
    static func isDate(_ code: String) -> Bool {
        DateFormat(code).parts.contains { part in
            switch part {
            case .literal: false
            case .field, .elapsed, .halfDay: true
            }
        }
    }

    init(_ code: String) {
        var rest = Substring(code.split(separator: ";", omittingEmptySubsequences: false).first ?? "")
        if code.lowercased().contains("general") || code == "@" { return }
        while let character = rest.first {
            let letter = Character(character.lowercased())
            if "ymdhs".contains(letter) {
                let run = rest.prefix { $0.lowercased() == String(letter) }
                parts.append(.field(letter, run.count))
                rest = rest[run.endIndex...]
                continue
            }
            if rest.lowercased().hasPrefix("am/pm") || rest.lowercased().hasPrefix("a/p") {
                parts.append(.halfDay)
                rest = rest.dropFirst(rest.lowercased().hasPrefix("am/pm") ? 5 : 3)
                continue
            }
            rest.removeFirst()
            switch character {
            case "\"":
                parts.append(.literal(String(rest.prefix { $0 != "\"" })))
                rest = rest.drop { $0 != "\"" }.dropFirst()
            case "\\": parts.append(.literal(rest.popFirst().map(String.init) ?? ""))
            case "_", "*": _ = rest.popFirst()
            case "[":
                let inside = rest.prefix { $0 != "]" }.lowercased()
                rest = rest.drop { $0 != "]" }.dropFirst()
                if let first = inside.first, "hms".contains(first), inside.allSatisfy({ $0 == first }) {
                    parts.append(.elapsed(first))
                }
            default: parts.append(.literal(String(character)))
            }
        }
        markMinutes()
    }

    /// `m` beside hours or seconds is minutes, here called `n`.
    private mutating func markMinutes() {
        let fields = parts.indices.filter { if case .literal = parts[$0] { false } else { true } }
        for (position, index) in fields.enumerated() {
            guard case .field("m", let count) = parts[index], count <= 2 else { continue }
            let before = position > 0 ? parts[fields[position - 1]] : nil
            let after = position + 1 < fields.count ? parts[fields[position + 1]] : nil
            if Self.isTime(before, "h") || Self.isTime(after, "s") { parts[index] = .field("n", count) }
        }
    }

    private static func isTime(_ part: Part?, _ letter: Character) -> Bool {
        switch part {
        case .field(let field, _), .elapsed(let field): field == letter
        default: false
        }
    }

    /// - Parameter serial: days since 30 December 1899; the fraction is the time.
    func shown(_ serial: Double) -> String {
        guard serial >= 0, serial < 2_958_466 else { return NumberFormat.general(serial) }
        let seconds = Int((serial * 86_400).rounded())
        let date = CivilDate(day: seconds / 86_400)
        let time = seconds % 86_400
        let hasHalves = parts.contains(.halfDay)
        return parts.map { part in
            switch part {
            case .literal(let text): text
            case .halfDay: time < 43_200 ? "AM" : "PM"
            case .elapsed("h"): String(seconds / 3_600)
            case .elapsed("m"): String(seconds / 60)
            case .elapsed: String(seconds)
            case .field("y", let count): count <= 2 ? Self.padded(date.year % 100, 2) : String(date.year)
            case .field("m", let count):
                count >= 3 ? Self.name(CivilDate.months[date.month - 1], count) : Self.padded(date.month, count)
            case .field("d", let count):
                count >= 3 ? Self.name(CivilDate.weekdays[date.weekday], count) : Self.padded(date.day, count)
            case .field("h", let count):
                Self.padded(hasHalves ? (time / 3_600 + 11) % 12 + 1 : time / 3_600, count)
            case .field("n", let count): Self.padded(time / 60 % 60, count)
            case .field(_, let count): Self.padded(time % 60, count)
            }
        }.joined()
    }

    private static func padded(_ value: Int, _ count: Int) -> String {
        let text = String(value)
        return count >= 2 && text.count < 2 ? "0" + text : text
    }

    private static func name(_ name: String, _ count: Int) -> String { count == 3 ? String(name.prefix(3)) : name }
}

/// A day of the Gregorian calendar.
private struct CivilDate {
    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    static let weekdays = ["Saturday", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]

    let year: Int
    let month: Int
    let day: Int
    let weekday: Int

    /// - Parameter serial: days since 30 December 1899, a Saturday. The arithmetic counts from 1 March of year 0 in periods of
    ///   400 years (H. Hinnant, "chrono-compatible low-level date algorithms").
    init(day serial: Int) {
        weekday = serial % 7
        let days = serial + 693_899
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shifted + 2) / 5 + 1
        month = shifted < 10 ? shifted + 3 : shifted - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}
