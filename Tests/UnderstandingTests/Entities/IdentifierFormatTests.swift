import ConversationDomain
import Foundation
import Patterns
import Testing

@testable import Entities

@Suite("Formats of the owner's identifiers")
struct IdentifierFormatTests {
    @Test(
        "a value has the format's case and marks, however it is written",
        arguments: [
            ("[WW-]######", "WW-123456", "WW-123456"), ("[WW-]######", "ww 123 456", "WW-123456"),
            ("[WW-]######", "１２３４５６", "WW-123456"), ("[WW-]######", "WW123456", "WW-123456"),
            ("[WW-]######", "ww–123456", "WW-123456"), ("@@####-##", "ab1234 56", "AB1234-56"),
            ("@@####-##", "AB 1234/56", "AB1234-56"), ("########[##]", "1234567890", "1234567890"),
            ("########[##]", "12345678", "12345678"), ("R***-####", "r2d2-0001", "R2D2-0001"),
            ("单号######", "单号123456", "单号123456"),
        ])
    func normalises(format: String, text: String, value: String) throws {
        #expect(try IdentifierFormat(format).value(of: text) == value)
    }

    @Test(
        "what does not fit whole is none",
        arguments: ["12345", "1234567", "WX-123456", "AWW-123456", "WW-123456-7", "WW-12345x", "", "WW-"])
    func refuses(text: String) throws {
        #expect(try IdentifierFormat("[WW-]######").value(of: text) == nil)
    }

    @Test(
        "a format that says too little, or is written wrong, is refused with the reason",
        arguments: [
            ("##", "at least 3"), ("WW-", "at least 3"), ("[###", "without ']'"), ("###]", "without '['"),
            ("[[###]]", "brackets in brackets"), ("[A][B][C][D][E]###", "4 pairs"),
            (String(repeating: "#", count: 61), "60 characters"),
        ])
    func faults(format: String, reason: String) throws {
        let fault = #expect(throws: TextPattern.Fault.self) { try IdentifierFormat(format) }
        #expect(fault?.message.contains(reason) == true, "\(fault?.message ?? "")")
    }

    private static let lexicon = EntityLexicon([
        EntityDefinition(name: .orderNumber, formats: ["[WW-]######"]),
        EntityDefinition(name: EntityName(trusted: "customer_number"), formats: ["K-####"]),
    ])

    private func found(_ text: String) -> [String] {
        EntityExtractor(now: Date(timeIntervalSince1970: 0), lexicon: Self.lexicon).entities(in: text, locale: .english)
            .filter { [.orderNumber, EntityName(trusted: "customer_number")].contains($0.entity) }.map(\.value)
    }

    @Test(
        "the owner's formats take the place of the built-in ones of their kind",
        arguments: [
            ("where is ww123456", ["WW-123456"]), ("where is A1234567", []), ("order 123456 please", ["WW-123456"]),
            ("客户号 K-1234 订单 WW-654321", ["K-1234", "WW-654321"]), ("my phone number is 123456", []),
            ("it was 123456 euros", []), ("ref WW-123456-99", []),
        ])
    func replaces(text: String, values: [String]) {
        #expect(found(text) == values)
    }

    @Test("what the bot has asked for is read in the owner's formats alone, and its place is that of the text")
    func asked() throws {
        let live = LiveLexicon()
        live.follow([EntityDefinition(name: .orderNumber, formats: ["[WW-]######"])])
        let reader = EntitySlotReader(lexicon: live)
        guard case .found(let entity) = reader.read(.orderNumber, in: "👍 it's ww 123 456!", locale: .english) else {
            Issue.record("nothing was found")
            return
        }
        #expect(entity.value == "WW-123456" && entity.text == "ww 123 456")
        #expect(entity.start == 7 && entity.end == 17)
        #expect(reader.read(.orderNumber, in: "A1234567", locale: .english) == .absent)
    }

    @Test("a long message takes a time that grows with its length alone")
    func time() throws {
        let text = String(repeating: "1 2 3 4 5 ", count: 2_000)
        let clock = ContinuousClock()
        #expect(clock.measure { _ = found(text) } < .seconds(2))
    }
}
