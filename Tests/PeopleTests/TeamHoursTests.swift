import ConversationDomain
import Foundation
import People
import Testing

@Suite("The hours of a team") struct TeamHoursTests {
    private static let zurich = "Europe/Zurich"

    private static func time(_ text: String) throws -> Date { try Date(text, strategy: .iso8601) }

    private static func hours(
        _ hours: [Weekday: [String]]?, zone: String? = zurich, holidays: [String] = []
    ) -> TeamHours {
        TeamHours(
            Team(
                name: TeamName(trusted: "t"), hours: hours?.mapValues { $0.compactMap(OpenTime.init) }, timeZone: zone,
                holidays: holidays.compactMap { CalendarDay($0) }), botZone: .gmt)
    }

    @Test(
        "they are those of the team's clock, the end exclusive",
        arguments: [
            ("2026-11-30T07:59:59Z", false), ("2026-11-30T08:00:00Z", true), ("2026-11-30T10:59:59Z", true),
            ("2026-11-30T11:00:00Z", false), ("2026-11-30T12:00:00Z", true), ("2026-11-29T12:00:00Z", false),
            // In summer the clock is an hour further.
            ("2026-06-29T07:00:00Z", true), ("2026-06-29T06:59:00Z", false), ("2026-12-01T22:59:00Z", true),
            ("2026-12-01T23:00:00Z", false), ("2026-12-07T09:00:00Z", false),
        ])
    func open(time: String, isOpen: Bool) throws {
        let hours = Self.hours(
            [.monday: ["09:00-12:00", "13:00-17:00"], .tuesday: ["00:00-24:00"]], holidays: ["2026-12-07"])
        #expect(hours.isOpen(at: try Self.time(time)) == isOpen)
    }

    @Test("a team that names no time zone has the bot's, one without hours is always there but on its days off")
    func always() throws {
        let gmt = Self.hours([.monday: ["09:00-10:00"]], zone: nil)
        #expect(gmt.isOpen(at: try Self.time("2026-11-30T09:30:00Z")))
        #expect(!gmt.isOpen(at: try Self.time("2026-11-30T08:30:00Z")))
        let always = Self.hours(nil, holidays: ["2026-12-25"])
        #expect(always.isOpen(at: try Self.time("2026-12-24T22:59:00Z")))
        #expect(!always.isOpen(at: try Self.time("2026-12-24T23:00:00Z")))
    }

    @Test("the next opening is found over weekends, days off and changes of the clock")
    func opening() throws {
        let week = Self.hours(
            [.friday: ["13:00-17:00", "09:00-12:00"], .monday: ["09:00-12:00"]], holidays: ["2026-11-30", "2026-12-04"])
        for (now, next) in [
            ("2026-11-27T07:00:00Z", "2026-11-27T08:00:00Z"), ("2026-11-27T11:30:00Z", "2026-11-27T12:00:00Z"),
            ("2026-11-27T16:00:00Z", "2026-12-07T08:00:00Z"),
            // The last Friday of summer time: Monday is an hour later by the world's clock.
            ("2026-10-23T15:00:00Z", "2026-10-26T08:00:00Z"),
        ] { #expect(week.opening(after: try Self.time(now)) == (try Self.time(next)), "\(now)") }
        #expect(Self.hours(nil).opening(after: try Self.time("2026-11-27T16:00:00Z")) == nil)
        let never = Self.hours([.monday: ["09:00-12:00"]], holidays: [])
        let days = try #require(never.opening(after: try Self.time("2026-11-27T23:30:00Z")))
        #expect(never.days(from: try Self.time("2026-11-27T22:30:00Z"), to: days) == 3)
        #expect(never.days(from: try Self.time("2026-11-27T23:30:00Z"), to: days) == 2 && never.minute(of: days) == 540)
    }

    @Test(
        "a day off without hours ends with the day",
        arguments: [("2026-12-25T12:00:00Z", "2026-12-26T23:00:00Z")])
    func dayOff(now: String, next: String) throws {
        let always = Self.hours(nil, holidays: ["2026-12-25", "2026-12-26"])
        #expect(always.opening(after: try Self.time(now)) == (try Self.time(next)))
    }

    @Test(
        "times and days are read as they are written, and nothing else",
        arguments: [
            ("09:00-17:30", true), ("00:00-24:00", true), ("9:00-17:00", false), ("17:00-09:00", false),
            ("09:00-09:00", false), ("09:00-24:01", false), ("09:60-10:00", false), ("09:00", false), ("", false),
            ("09:00-10:00-11:00", false), ("٠٩:٠٠-١٠:٠٠", false),
        ])
    func times(text: String, isTime: Bool) {
        #expect(OpenTime(text)?.description == (isTime ? text : nil))
    }

    @Test(
        "days are those of the calendar",
        arguments: [
            ("2026-12-25", true), ("2028-02-29", true), ("2027-02-29", false), ("2100-02-29", false),
            ("2026-13-01", false), ("2026-00-10", false), ("2026-04-31", false), ("26-12-25", false),
            ("2026-1-01", false), ("1999-01-01", false),
        ])
    func days(text: String, isDay: Bool) { #expect(CalendarDay(text)?.description == (isDay ? text : nil)) }
}

@Suite("An e-mail address in a message") struct EmailAddressTests {
    @Test(
        "is found wherever it stands",
        arguments: [
            ("ann@mail.example", "ann@mail.example"), ("It's Ann.B+c@Mail.Example.", "Ann.B+c@mail.example"),
            ("<a@b.ch>, thanks", "a@b.ch"), ("mailto:a@b.ch", "a@b.ch"), ("我的邮箱a@b.cn谢谢", "a@b.cn"),
            ("ａ＠ｂ．ｃｎ", "a@b.cn"), ("a@b or c@d.ch", "c@d.ch"), ("'a@b.ch'", "a@b.ch"), ("a@x-y.co.uk-", "a@x-y.co.uk"),
            ("a@münchen.xn--p1ai b@xn--mnchen-3ya.xn--p1ai", "b@xn--mnchen-3ya.xn--p1ai"),
        ])
    func found(text: String, address: String) { #expect(EmailAddress.first(in: text) == address) }

    @Test("is told from what is written beside it")
    func rest() {
        #expect(EmailAddress.find(in: "我的邮箱a@b.cn谢谢")?.rest == "我的邮箱 谢谢")
        #expect(EmailAddress.find(in: "a@b.ch")?.rest == "")
    }

    @Test(
        "is none when it cannot be one, and long texts are looked at within bounds",
        arguments: [
            "", "@", "a@", "@b.ch", "a@b", "a@b.c", "a@b.1", "a@b..ch", "a..b@c.ch", "a.@b.ch", "a@@b.ch", "a@b@c.ch",
            "a@-b.ch", "a@b-.ch", "ann at mail.example", String(repeating: "a", count: 65) + "@b.ch",
            "a@" + String(repeating: "b", count: 64) + ".ch", "a@" + String(repeating: "b.", count: 130) + "ch",
            String(repeating: "@", count: 100_000) + "a@b.ch", String(repeating: "a", count: 100_000) + " a@b.ch",
        ])
    func none(text: String) { #expect(EmailAddress.first(in: text) == nil) }
}
