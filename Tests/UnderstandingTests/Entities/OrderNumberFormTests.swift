import ConversationDomain
import Foundation
import Testing

@testable import Entities

/// Today is Monday, 2026-11-23.
private let extractor = EntityExtractor(now: Date(timeIntervalSince1970: 1_795_435_200 + 3600))

private func orders(_ text: String) -> [String] {
    extractor.entities(in: text).filter { $0.entity == .orderNumber }.map(\.value)
}

private func asked(_ text: String) -> String? { extractor.value(for: .orderNumber, in: text)?.value }

@Suite("Forms of order numbers")
struct OrderNumberFormTests {
    @Test(
        "forms as shops have them are taken whole",
        arguments: [
            ("113-7654321-7654321", "113-7654321-7654321"), ("ORD-54321 is late", "ORD-54321"),
            ("so-2025-0077", "SO-2025-0077"), ("B-7654321", "B-7654321"), ("我的订单是B765 4321，什么时候到", "B7654321"),
            ("#2044", "2044"), ("B765\u{200B}4321", "B7654321"), ("\u{202A}B7654321\u{202C}", "B7654321"),
            ("Ｂ７６５４３２１", "B7654321"), ("b7654321", "B7654321"), ("CD34EF56", "CD34EF56"),
            ("order CD34EF56 please", "CD34EF56"),
            ("order no. 55501", "55501"), ("订单号是 88231", "88231"), ("order 2025550143", "2025550143"),
            ("order 20261105", "20261105"), ("where is 20261105", "20261105"),
            ("我的快递20261105112233到哪了", "20261105112233"),
            ("the delivery address of B7654321 is wrong", "B7654321"), ("change the colour on B7654321", "B7654321"),
            ("B7654321的发票", "B7654321"), ("invoice 20251102334455", "20251102334455"),
            ("B7654321-still nothing", "B7654321"), ("单号B7654321块点", "B7654321"), ("the order—12345678", "12345678"),
        ])
    func forms(text: String, value: String) {
        #expect(orders(text) == [value])
        #expect(asked(text) == value)
    }

    @Test(
        "what is no order number, asked for or not",
        arguments: [
            "my zip is 10115", "zip code: 10115", "10115 is my postcode", "邮编100020", "my phone is 2025550143",
            "call me at 2025550143", "我的手机号13912345678行吗", "0044 20 7946 0958", "I bought it on 20261105", "20261105买的",
            "2026-11-05", "5.11.2026", "my flat number is 10045", "I live at 10023 Main Street", "room #1203",
            "我住12034室",
            "房间号12034", "I paid 12999", "¥12345678", "花了15000", "12345678元", "coupon SAVE2026", "身份证号123456789012",
            "user_12345678", "12345678@example.com", "1234567.50", "100-200", "6222-0212-3456-7890", "90210-1234",
            "I live in Berlin, 10115", "I want to return my WH1000XM4", "I ordered on 11202026",
            "ordered 20261105", "order date 20261105", "下单日期20261105", "1234 5678 9012 3456", "+14155550143",
            "covid-19",
        ])
    func foreign(text: String) {
        #expect(orders(text) == [])
        #expect(asked(text) == nil)
    }

    @Test(
        "some forms count only because they were asked for",
        arguments: [
            ("b 765 4321", "B7654321"), ("i think its b 7654321 ?", "B7654321"), ("哦找到了 b 765 4321", "B7654321"),
            ("654321", "654321"), ("2044", "2044"), ("it's 654321, thanks", "654321"), ("是654321", "654321"),
            ("ab1234", "AB1234"),
            ("20261105", "20261105"), ("2025550143", "2025550143"), ("1234 5678 9012", "123456789012"),
            ("2026-000123", "2026-000123"), ("12345-A", "12345-A"),
            ("number 1001", "1001"),
        ])
    func onlyAsked(text: String, value: String) {
        #expect(asked(text) == value)
        #expect(orders(text) == [])
    }

    @Test(
        "a message that corrects itself has both, in order",
        arguments: [
            "B7654321 sorry C1234567", "it's not B7654321, it's C1234567", "不是B7654321，是C1234567",
            "B7654321 → C1234567",
        ])
    func corrections(text: String) { #expect(orders(text) == ["B7654321", "C1234567"]) }

    @Test("places count the caller's scalars, with the marks inside")
    func places() {
        let found = extractor.entities(in: "👍🏽 \u{202A}B765\u{200B}4321\u{202C}!")
        #expect(found.map(\.value) == ["B7654321"])
        #expect(found.map { [$0.start, $0.end] } == [[4, 13]])
        #expect(found.map(\.text) == ["B765\u{200B}4321"])
    }

    @Test("the owner's own forms win over a part of them")
    func owned() {
        let lexicon = LiveLexicon()
        lexicon.follow([EntityDefinition(name: .orderNumber, patterns: ["shop/[0-9]{4}-[a-z]{2} [0-9]{6}"])])
        let reader = EntitySlotReader(lexicon: lexicon, now: { Date(timeIntervalSince1970: 0) })
        guard case .found(let found) = reader.read(.orderNumber, in: "it is SHOP/2026-EU 123456", locale: nil) else {
            Issue.record("nothing was found")
            return
        }
        #expect(found.value == "SHOP/2026-EU 123456")
    }

    @Test("a telephone number is one by what is said before it")
    func phones() {
        #expect(extractor.entities(in: "my phone is 5550143").map(\.entity) == [.phone])
        #expect(extractor.entities(in: "order number 13912345678").map(\.entity) == [.orderNumber])
    }
}
