import ConversationDomain
import Foundation
import Testing

@testable import Entities

private let extractor = EntityExtractor(now: Date(timeIntervalSince1970: 1_795_435_200))

private func found(_ text: String, _ locale: BotLocale? = nil) -> [String] {
    extractor.entities(in: text, locale: locale).map { "\($0.entity)=\($0.value)" }
}

@Suite("Forms of numbers and amounts")
struct NumberFormTests {
    @Test(
        "digits with several Chinese units are one number",
        arguments: [
            ("付了4万8千元", "amount=48000.00"), ("押金3千2百块", "amount=3200.00"), ("扣了7千万元", "amount=70000000.00"),
            ("3万4千1百块", "amount=34100.00"), ("五万2千块", "amount=52000.00"), ("8万零3百元", "amount=80300.00"),
            ("2,300万元", "amount=23000000.00"), ("全款37万4千", "number=374000"), ("20万6", "number=206000"),
            ("5千7", "number=5700"), ("2千零35", "number=2035"), ("6万5000元", "amount=65000.00"),
            ("2.5千万", "number=25000000"),
            ("三点五万", "number=35000"), ("一百十五个", "number=115"),
        ])
    func mixed(text: String, value: String) { #expect(found(text) == [value]) }

    @Test(
        "traditional and financial numerals",
        arguments: [
            ("三萬五千塊", "amount=35000.00"), ("貳仟叁佰元", "amount=2300.00"), ("伍佰圓整", "amount=500.00"),
            ("壹萬貳仟參佰肆拾伍元", "amount=12345.00"), ("兩百塊", "amount=200.00"), ("陸拾柒個", "number=67"),
            ("六億", "number=600000000"),
        ])
    func traditional(text: String, value: String) { #expect(found(text) == [value]) }

    @Test(
        "tenths and hundredths behind a currency",
        arguments: [
            ("十八块七毛五", "18.75"), ("二十六塊四毛三分", "26.43"), ("七块八", "7.80"), ("八毛", "0.80"), ("两毛五", "0.25"),
            ("四块零五", "4.05"),
            ("十块零五分", "10.05"), ("六块半", "6.50"), ("12块50", "12.50"), ("6元5角2分", "6.52"), ("8块8包邮", "8.80"),
            ("5 dollars and 20 cents", "5.20"), ("3 Euro 50", "3.50"), ("99¢", "0.99"),
        ])
    func tails(text: String, value: String) { #expect(found(text) == ["amount=\(value)"]) }

    @Test("what is counted behind an amount is no tenth of it", arguments: ["9块3个", "5元2件"])
    func counted(text: String) { #expect(found(text).count == 2) }

    @Test(
        "groups of digits as countries write them",
        arguments: [
            ("₹2,50,000 paid", "amount=250000.00"), ("Rs 34,56,789", "amount=3456789.00"),
            ("扣了6,00,000元", "amount=600000.00"),
            ("4,56,789 items", "number=456789"), ("CHF 2'345.60", "amount=2345.60"), ("8’765.40 EUR", "amount=8765.40"),
            ("3 456,70 €", "amount=3456.70"), ("€98 765.40", "amount=98765.40"),
            ("2\u{202F}345,60 €", "amount=2345.60"),
            ("7.654,32 €", "amount=7654.32"), ("1.500 €", "amount=1500.00"), ("1.234.567 €", "amount=1234567.00"),
            ("49,- €", "amount=49.00"), ("￥１，２００", "amount=1200.00"),
        ])
    func groups(text: String, value: String) { #expect(found(text) == [value]) }

    @Test("a single separator before three digits is read as the language writes it")
    func locales() {
        #expect(found("1.234 Stück", BotLocale("de")) == ["number=1234"])
        #expect(found("1,234 Stück", BotLocale("de")) == ["number=1.234"])
        #expect(found("1,234 pieces", .english) == ["number=1234"])
    }

    @Test(
        "magnitudes",
        arguments: [
            ("1.5k dollars", "amount=1500.00"), ("$2 million", "amount=2000000.00"), ("$3m", "amount=3000000.00"),
            ("2.5 million euros", "amount=2500000.00"), ("10k steps", "number=10000"), ("3w块", "amount=30000.00"),
            ("2 lakh rupees", "amount=200000.00"), ("two and a half", "number=2.5"),
            ("three billion", "number=3000000000"),
        ])
    func magnitudes(text: String, value: String) { #expect(found(text) == [value]) }

    @Test(
        "currencies before and behind",
        arguments: [
            ("HK$640", "640.00"), ("NT$1,250", "1250.00"), ("A$75", "75.00"), ("299 kr", "299.00"),
            ("kr 349", "349.00"),
            ("CHF 45", "45.00"), ("6000円", "6000.00"), ("75歐元", "75.00"), ("港幣800", "800.00"), ("$60 USD", "60.00"),
            ("Rs. 500", "500.00"), ("90塊錢", "90.00"),
        ])
    func currencies(text: String, value: String) { #expect(found(text) == ["amount=\(value)"]) }

    @Test(
        "ranges and approximate numbers keep both ends or say what they are",
        arguments: [
            ("四五百块", "amount=400.00-500.00"), ("三四十", "number=30-40"), ("300-500元", "amount=300.00-500.00"),
            ("30 to 40 euros", "amount=30.00-40.00"), ("$30-$40", "amount=30.00-40.00"),
            ("3-4万元", "amount=30000.00-40000.00"),
            ("两三个", "number=2-3"), ("十五六块", "amount=15.00-16.00"), ("between 10 and 20 dollars", "amount=10.00-20.00"),
            ("两百多块", "amount=200.00+"), ("60多块", "amount=60.00+"), ("十几个", "number=10+"), ("四块多", "amount=4.00+"),
            ("about 70 dollars", "amount=~70.00"), ("600块左右", "amount=~600.00"), ("大概八百块", "amount=~800.00"),
            ("2-3 days", "number=2-3"),
        ])
    func ranges(text: String, value: String) { #expect(found(text) == [value]) }

    @Test(
        "what cannot be read whole gives nothing, no part of it either",
        arguments: [
            "几百块", "百八十块", "1,2,3", "2,34,5678元", "$1.234", "3千4千块", "三万五万元", "half a million", "555-0199", "1/2",
            "7点5", "2千克",
        ])
    func unreadable(text: String) { #expect(found(text) == []) }

    @Test("two numbers stay two", arguments: ["买了3，5天没到", "change 2 to 3", "周二20个，30条"])
    func two(text: String) { #expect(found(text).count { $0.hasPrefix("number") } == 2) }

    @Test("what a question about an amount may be answered with")
    func asked() {
        func amount(_ text: String) -> String? { extractor.value(for: .amount, in: text)?.value }
        #expect(amount("3万5") == "35000.00")
        #expect(amount("1 234,50") == "1234.50")
        #expect(amount("100-200") == "100.00-200.00")
        #expect(amount("2026-11-02") == nil)
        #expect(amount("两三") == nil)
    }

    @Test("places count the caller's scalars, those that nobody sees too")
    func places() {
        let found = extractor.entities(in: "\u{202A}共\u{200B}3万\u{200B}5千元\u{202C}").first
        #expect(found?.value == "35000.00")
        #expect(found.map { [$0.start, $0.end] } == [3, 9])
        #expect(found?.text == "3万\u{200B}5千元")
    }
}
