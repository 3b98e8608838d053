/// Who answers when the bot does not, as the owner wrote it: the teams, and which conversations are handed over to whom.
public struct Teams: Hashable, Sendable, Codable {
    /// At least one.
    public let teams: [Team]
    /// Whose people are asked for where no rule names others.
    public let usual: TeamName
    /// In the order in which they are tried.
    public let rules: [HandoverRule]

    public static let teamLimit = 200
    public static let ruleLimit = 500

    public init(teams: [Team], usual: TeamName, rules: [HandoverRule] = []) {
        self.teams = teams
        self.usual = usual
        self.rules = rules
    }

    public subscript(name: TeamName) -> Team? { teams.first { $0.name == name } }
}

/// People who answer, and when they do.
public struct Team: Hashable, Sendable, Codable {
    public let name: TeamName
    public let title: [BotLocale: String]
    /// When they work; a day without times is a day off. Nil for always.
    public let hours: [Weekday: [OpenTime]]?
    /// Whose clock the hours are of, such as `Europe/Zurich`; nil for the bot's own.
    public let timeZone: String?
    /// Days off, whatever weekday they are; in order.
    public let holidays: [CalendarDay]
    /// Minutes in which somebody takes a conversation; the visitor is told when nobody has. Nil for no such promise.
    public let takeWithin: Int?

    /// Bounds of the minutes, and of what one team may have.
    public static let takeWithins = 1...10_080
    public static let timesOfDay = 8
    public static let holidayLimit = 1_000

    public init(
        name: TeamName, title: [BotLocale: String] = [:], hours: [Weekday: [OpenTime]]? = nil, timeZone: String? = nil,
        holidays: [CalendarDay] = [], takeWithin: Int? = nil
    ) {
        self.name = name
        self.title = title
        self.hours = hours
        self.timeZone = timeZone
        self.holidays = holidays
        self.takeWithin = takeWithin
    }
}

public enum Weekday: String, CaseIterable, Hashable, Sendable, Codable, CodingKeyRepresentable {
    case monday, tuesday, wednesday, thursday, friday, saturday, sunday
}

/// A time of the day in which people work: `09:00-17:30`, the end exclusive. It does not go beyond midnight.
public struct OpenTime: Hashable, Sendable, Codable, CustomStringConvertible {
    /// Minutes since midnight, 0 to 1,440.
    public let start: Int
    public let end: Int

    public static let wholeDay = OpenTime(start: 0, end: 1_440)

    private init(start: Int, end: Int) {
        self.start = start
        self.end = end
    }

    /// Nil for anything but `HH:MM-HH:MM` with the first before the second.
    public init?(_ text: String) {
        guard text.utf8.count <= 16 else { return nil }
        let times = text.split(separator: "-", omittingEmptySubsequences: false).map(Self.minutes)
        guard times.count == 2, let start = times[0], let end = times[1], start < end else { return nil }
        self.init(start: start, end: end)
    }

    private static func minutes(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60, hour * 60 + minute <= 1_440
        else { return nil }
        return hour * 60 + minute
    }

    /// `09:00`.
    public static func clock(_ minutes: Int) -> String { twoDigits(minutes / 60) + ":" + twoDigits(minutes % 60) }

    public var description: String { Self.clock(start) + "-" + Self.clock(end) }

    fileprivate static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

/// A day of the calendar: `2026-12-25`.
public struct CalendarDay: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    public let year: Int
    public let month: Int
    public let day: Int

    public init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// Nil for anything but `YYYY-MM-DD`, from 2000 to 2999, that the calendar has.
    public init?(_ text: String) {
        guard text.utf8.count == 10 else { return nil }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2],
            parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]), (2000...2999).contains(year),
            (1...12).contains(month)
        else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1...days[month - 1]).contains(day) else { return nil }
        self.init(year: year, month: month, day: day)
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }

    public var description: String { "\(year)-\(OpenTime.twoDigits(month))-\(OpenTime.twoDigits(day))" }
}

/// The name of a rule, as the decision trace shows it after `handover.`.
public struct RuleName: ChosenName {
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
}

/// A conversation in which all this holds is handed over to a team.
public struct HandoverRule: Hashable, Sendable, Codable {
    /// The best label of a classifier, and how sure it must be.
    public struct Label: Hashable, Sendable, Codable {
        public let label: LabelName
        /// The least confidence; nil for any.
        public let above: Double?

        public init(label: LabelName, above: Double? = nil) {
            self.label = label
            self.above = above
        }
    }

    public enum Hours: String, CaseIterable, Hashable, Sendable, Codable { case open, closed }

    public let name: RuleName
    public let team: TeamName
    /// One of these; none for all.
    public let intents: [IntentName]
    public let channels: [ChannelName]
    /// The confidence of the decision: at least, and less than. Nil for no bound.
    public let above: Double?
    public let below: Double?
    public let labels: [ClassifierName: Label]
    /// Whether the rule's team works now.
    public let hours: Hours?

    /// Intents or channels of one rule, and classifiers.
    public static let listLimit = 100

    public init(
        name: RuleName, team: TeamName, intents: [IntentName] = [], channels: [ChannelName] = [], above: Double? = nil,
        below: Double? = nil, labels: [ClassifierName: Label] = [:], hours: Hours? = nil
    ) {
        self.name = name
        self.team = team
        self.intents = intents
        self.channels = channels
        self.above = above
        self.below = below
        self.labels = labels
        self.hours = hours
    }

    /// Whether it asks for nothing, and so would take every message.
    public var isUnconditional: Bool {
        intents.isEmpty && channels.isEmpty && above == nil && below == nil && labels.isEmpty && hours == nil
    }
}
