import ConversationDomain
import Foundation
import Testing

@testable import Entities

/// Today is Monday, 2026-11-23.
private let extractor = EntityExtractor(now: Date(timeIntervalSince1970: 1_795_435_200 + 3600))

private func found(_ text: String, _ locale: BotLocale? = nil) -> [String] {
    extractor.entities(in: text, locale: locale).map { "\($0.entity)=\($0.value)" }
}

@Suite("Entities")
struct EntityTests {
    @Test(
        "order numbers",
        arguments: [
            ("where is A1234567", "A1234567"), ("订单a1234567还没到", "A1234567"), ("订单号Ａ１２３４５６７", "A1234567"),
            ("my order is 20261102334455", "20261102334455"), ("#SF1234567890?", "SF1234567890"),
            ("A123456.", "A123456"),
        ])
    func orderNumbers(text: String, value: String) { #expect(found(text) == ["order_number=\(value)"]) }

    @Test(
        "telephone numbers",
        arguments: [
            ("call +44 (0)20 7946 0958", "442079460958"), ("我的电话是13812345678", "13812345678"),
            ("手机 138 1234 5678", "13812345678"), ("138-1234-5678", "13812345678"), ("+86 13812345678", "8613812345678"),
            ("(415) 555-2671", "4155552671"), ("1-800-555-0199", "18005550199"), ("010-12345678", "01012345678"),
            ("400-820-8820", "4008208820"), ("020 7946 0958.", "02079460958"),
            ("call 0044 20 7946 0958", "00442079460958"),
        ])
    func phones(text: String, value: String) { #expect(found(text) == ["phone=\(value)"]) }

    @Test(
        "e-mail addresses",
        arguments: [
            ("mail Jane.Doe+shop@Example.co.uk.", "jane.doe+shop@example.co.uk"), ("邮箱是li@mail.cn，谢谢", "li@mail.cn"),
            ("<a_b@x-y.org>", "a_b@x-y.org"),
        ])
    func emails(text: String, value: String) { #expect(found(text) == ["email=\(value)"]) }

    @Test(
        "what looks like an e-mail address but is none",
        arguments: ["me@home", "a..b@example.com", "@name", "x@-a.com"])
    func noEmails(text: String) { #expect(!found(text).contains { $0.hasPrefix("email") }) }

    @Test(
        "days in figures",
        arguments: [
            ("2026-11-02", "en", "2026-11-02"), ("on 2026/1/9", "en", "2026-01-09"), ("11/02/2026", "en", "2026-11-02"),
            ("11/02/2026", "en-GB", "2026-02-11"), ("11/02/2026", "de", "2026-02-11"),
            ("25/12/2026", "en-US", "2026-12-25"),
            ("2.11.2026", "en", "2026-11-02"), ("11/2/26", "en", "2026-11-02"),
        ])
    func numericDates(text: String, locale: String, value: String) {
        #expect(found(text, BotLocale(locale)) == ["date=\(value)"])
    }

    @Test(
        "days in English",
        arguments: [
            ("on 2 Nov", "2026-11-02"), ("2nd of November, 2025", "2025-11-02"), ("Nov 2", "2026-11-02"),
            ("November 2nd, 2026", "2026-11-02"), ("5 Jan", "2027-01-05"), ("since yesterday", "2026-11-22"),
            ("the day before yesterday", "2026-11-21"), ("tomorrow please", "2026-11-24"), ("by Friday", "2026-11-27"),
            ("next Friday", "2026-12-04"), ("last Friday", "2026-11-20"), ("last monday", "2026-11-16"),
            ("this wed", "2026-11-25"), ("3 days ago", "2026-11-20"), ("a week ago", "2026-11-16"),
            ("in two weeks", "2026-12-07"), ("two months ago", "2026-09-23"), ("31 Oct", "2026-10-31"),
        ])
    func englishDates(text: String, value: String) { #expect(found(text) == ["date=\(value)"]) }

    @Test(
        "days in Chinese",
        arguments: [
            ("昨天买的", "2026-11-22"), ("大前天", "2026-11-20"), ("11月2号下的单", "2026-11-02"), ("十一月二日", "2026-11-02"),
            ("2025年11月2日", "2025-11-02"), ("二〇二六年一月九日", "2026-01-09"), ("去年12月31号", "2025-12-31"),
            ("上周五", "2026-11-20"), ("下周一送", "2026-11-30"), ("下下个星期天", "2026-12-13"), ("这周三", "2026-11-25"),
            ("礼拜六", "2026-11-28"), ("三天前", "2026-11-20"), ("2周后", "2026-12-07"), ("两个月前", "2026-09-23"),
            ("上个月5号", "2026-10-05"), ("１１月２日", "2026-11-02"),
        ])
    func chineseDates(text: String, value: String) { #expect(found(text, .chinese) == ["date=\(value)"]) }

    @Test("days that do not exist are no dates", arguments: ["2026-02-30", "13月40号", "31/31/2026", "Feb 30"])
    func noDates(text: String) { #expect(!found(text).contains { $0.hasPrefix("date") }) }

    @Test(
        "amounts",
        arguments: [
            ("$49.99", "49.99"), ("49,99 €", "49.99"), ("1.234,56 €", "1234.56"), ("¥120", "120.00"),
            ("￥1,200.5", "1200.50"),
            ("50元", "50.00"), ("三百块", "300.00"), ("三块五", "3.50"), ("三块五毛", "3.50"), ("5毛", "0.50"),
            ("1.5万元", "15000.00"),
            ("twenty dollars", "20.00"), ("USD 20", "20.00"), ("20 euros", "20.00"), ("一百二十块钱", "120.00"),
            ("￥１２０元", "120.00"),
            ("99 cents", "0.99"), ("£5", "5.00"),
        ])
    func amounts(text: String, value: String) { #expect(found(text) == ["amount=\(value)"]) }

    @Test(
        "numbers",
        arguments: [
            ("I bought 3 of them", "3"), ("1,234.50", "1234.5"), ("twenty-five", "25"),
            ("one hundred and twenty boxes", "120"),
            ("a dozen", "12"), ("two thousand five hundred", "2500"), ("三十五个", "35"), ("两千零五", "2005"),
            ("一万二", "12000"),
            ("一百五", "150"), ("两箱", "2"), ("3万", "30000"), ("一亿三千万", "130000000"), ("三点五", "3.5"), ("十二件", "12"),
        ])
    func numbers(text: String, value: String) { #expect(found(text) == ["number=\(value)"]) }

    @Test(
        "words that only look like numbers",
        arguments: [
            "等一下", "十分感谢", "千万别", "一定要", "which one is it", "万一", "统一", "a question", "someone", "百度",
        ])
    func noNumbers(text: String) { #expect(found(text) == []) }

    @Test("of overlapping finds the longest wins, and offsets count scalars of the caller's text")
    func mixed() {
        let text = "👍🏽 订单A1234567昨天扣了$49.99, 电话13812345678, a@b.co"
        let entities = extractor.entities(in: text, locale: .chinese)
        let scalars = Array(text.unicodeScalars)
        #expect(
            entities.map { "\($0.entity)=\($0.value)" } == [
                "order_number=A1234567", "date=2026-11-22", "amount=49.99", "phone=13812345678", "email=a@b.co",
            ])
        for entity in entities {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars[entity.start..<entity.end])
            #expect(String(view) == entity.text)
        }
        #expect(entities.first?.start == 5)
    }

    @Test(
        "an asked-for value may come in looser forms",
        arguments: [
            ("order_number", "it is 123456", "123456"), ("order_number", "ab1234", "AB1234"),
            ("number", "just one", "1"),
            ("number", "一", "1"), ("phone", "5552671", "5552671"), ("phone", "415 555 2671", "4155552671"),
            ("date", "3号", "2026-12-03"),
            ("date", "11/2", "2026-11-02"), ("amount", "about 50", "50.00"), ("amount", "五十", "50.00"),
        ])
    func asked(entity: String, text: String, value: String) {
        #expect(extractor.value(for: EntityName(trusted: entity), in: text)?.value == value)
    }

    @Test("nothing is found for a kind that the extractor does not know, or that the message does not have")
    func nothing() {
        #expect(extractor.value(for: EntityName(trusted: "colour"), in: "blue 3") == nil)
        #expect(extractor.value(for: .email, in: "no address here") == nil)
        #expect(extractor.entities(in: "") == [])
    }

    @Test(
        "long runs of look-alikes take time that grows with their length alone",
        arguments: [
            String(repeating: "1", count: 4000), String(repeating: "@", count: 4000),
            String(repeating: "a@", count: 2000),
            String(repeating: "一", count: 4000), String(repeating: "1,1.", count: 1000),
            String(repeating: "(1) ", count: 1000),
            String(repeating: "twenty ", count: 600), String(repeating: "上上个", count: 1000),
            String(repeating: "a.b@c.", count: 700),
        ])
    func bounded(text: String) {
        let clock = ContinuousClock()
        let elapsed = clock.measure { _ = extractor.entities(in: text) }
        #expect(elapsed < .seconds(1))
    }

    @Test("civil days and their numbers are each other's inverse over three centuries")
    func civilDays() {
        var previous = CivilDay(year: 1900, month: 1, day: 1)?.number ?? 0
        #expect(CivilDay(year: 1970, month: 1, day: 1)?.number == 0)
        for year in 1900...2199 {
            for month in 1...12 {
                for day in 1...CivilDay.days(in: month, of: year) {
                    guard let civil = CivilDay(year: year, month: month, day: day) else {
                        Issue.record("no day \(year)-\(month)-\(day)")
                        return
                    }
                    guard civil.components == (year, month, day), civil.number - previous <= 1 else {
                        Issue.record("\(civil) is not \(year)-\(month)-\(day)")
                        return
                    }
                    previous = civil.number
                }
            }
        }
        #expect(CivilDay(number: 0).weekday == 3)
        #expect(CivilDay(year: 2026, month: 1, day: 31)?.adding(months: 1)?.text == "2026-02-28")
    }
}
