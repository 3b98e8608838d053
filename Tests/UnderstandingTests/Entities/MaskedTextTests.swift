import Testing

@testable import Entities

@Suite("Masked text")
struct MaskedTextTests {
    @Test(
        "personal numbers and addresses become fixed ones, everything else stays",
        arguments: [
            ("where is B7654321?", "where is A1234567?"), ("订单99887766554到哪了", "订单A1234567到哪了"),
            ("call 138 1234 5678 👍🏽 or mail me@x.org", "call 13800138000 👍🏽 or mail name@example.com"),
            ("I paid $49.99 on 2026-11-02 for 3", "I paid $49.99 on 2026-11-02 for 3"), ("", ""),
        ])
    func masking(text: String, masked: String) { #expect(MaskedText.masking(text) == masked) }

    @Test("a text longer than scanners read keeps its end")
    func long() {
        let tail = String(repeating: "end ", count: 2000)
        #expect(MaskedText.masking("B7654321 " + tail) == "A1234567 " + tail)
    }
}
