import ConversationDomain
import Foundation
import Testing

@testable import Entities

/// Today is Monday, 2026-11-23.
private let extractor = EntityExtractor(now: Date(timeIntervalSince1970: 1_795_435_200 + 3600))

private func dates(_ text: String, _ locale: BotLocale? = nil) -> [String] {
    extractor.entities(in: text, locale: locale).filter { $0.entity == .date }.map(\.value)
}

@Suite("Forms of dates")
struct DateFormTests {
    @Test(
        "traditional characters",
        arguments: [
            ("後天送", "2026-11-25"), ("大後天", "2026-11-26"), ("五天後", "2026-11-28"), ("兩週前", "2026-11-09"),
            ("三個月前", "2026-08-23"), ("下週二", "2026-12-01"), ("上週四", "2026-11-19"), ("這週六", "2026-11-28"),
            ("上個月7號", "2026-10-07"), ("十月八號", "2026-10-08"), ("下個禮拜三", "2026-12-02"), ("兩個禮拜前", "2026-11-09"),
            ("尋日", "2026-11-22"), ("聽日", "2026-11-24"),
        ])
    func traditional(text: String, value: String) { #expect(dates(text) == [value]) }

    @Test(
        "days without 日 or 号",
        arguments: [
            ("10月9付的款", "2026-10-09"), ("十月二十一收到的", "2026-10-21"), ("2026.10.14买的", "2026-10-14"),
            ("10-14下单", "2026-10-14"),
            ("10/14买的", "2026-10-14"), ("20261014下的单", "2026-10-14"), ("ordered on 10/14", "2026-10-14"),
            ("since 20261014", "2026-10-14"), ("二五年三月四日", "2025-03-04"), ("一年前", "2025-11-23"),
        ])
    func bare(text: String, value: String) { #expect(dates(text) == [value]) }

    @Test(
        "what only looks like a day",
        arguments: [
            "10月3件", "12月2次", "5月5000元", "3号", "10-14", "from 11-20 people", "两三天前", "2-3天后", "2 to 3 days ago",
            "十月二十三四号", "20261014",
        ])
    func none(text: String) { #expect(dates(text) == []) }

    @Test(
        "what was bought lies behind, what is wanted ahead",
        arguments: [
            ("周四买的", "2026-11-19"), ("周四能送到吗", "2026-11-26"), ("12月20买的", "2025-12-20"), ("12月20日送到", "2026-12-20"),
            ("5號買的", "2026-11-05"), ("I bought it on Thursday", "2026-11-19"), ("by Thursday", "2026-11-26"),
            ("I paid on 4 Feb", "2026-02-04"),
        ])
    func sides(text: String, value: String) { #expect(dates(text) == [value]) }

    @Test(
        "asked for, a month and a day are enough", arguments: ["11-20", "11/20", "11.20", "20261120", "11月20", "20號"])
    func asked(text: String) {
        #expect(extractor.value(for: .date, in: text)?.value == "2026-11-20")
    }

    @Test(
        "today is the day of the time zone",
        arguments: [
            ("Asia/Shanghai", "2026-11-24"), ("America/Los_Angeles", "2026-11-23"),
            ("Pacific/Kiritimati", "2026-11-24"),
            ("GMT", "2026-11-23"),
        ])
    func timeZones(name: String, value: String) throws {
        let zone = try #require(TimeZone(identifier: name))
        // 2026-11-23 18:00 in UTC.
        let now = Date(timeIntervalSince1970: 1_795_435_200 + 6 * 3600)
        let today = EntityExtractor(now: now, timeZone: zone).entities(in: "今天").map(\.value)
        #expect(today == [value])
        let reader = EntitySlotReader(timeZone: zone, now: { now })
        guard case .found(let found) = reader.read(.date, in: "today", locale: nil) else {
            Issue.record("no date")
            return
        }
        #expect(found.value == value)
    }

    @Test("the day changes at the zone's midnight, at the turn of the year too")
    func midnight() throws {
        let zone = try #require(TimeZone(identifier: "Asia/Tokyo"))
        // 2026-12-31 15:00 in UTC.
        let midnight = 1_795_435_200.0 + 38 * 86_400 + 3 * 3600
        for (shift, value) in [(-1.0, "2026-12-31"), (0.0, "2027-01-01")] {
            let extractor = EntityExtractor(now: Date(timeIntervalSince1970: midnight + shift), timeZone: zone)
            #expect(extractor.entities(in: "today").map(\.value) == [value])
        }
    }
}
