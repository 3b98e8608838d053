import ConversationDomain
import Foundation
import Testing

@Suite("Sizes, times and networks as people write them")
struct QuantityTests {
    @Test(
        "a size is read with or without a unit, decimal and binary",
        arguments: [
            ("4096", 4_096), ("20MB", 20_000_000), ("20 mb", 20_000_000), ("1.5GiB", 1_610_612_736), ("500kB", 500_000),
            ("0", 0), ("7b", 7), ("1TB", 1_000_000_000_000),
        ])
    func sizes(text: String, bytes: Int) { #expect(ByteCount(text)?.bytes == bytes) }

    @Test(
        "what is no size is none",
        arguments: [
            "", "MB", "-1MB", "1 parsec", ".5MB", "1.2.3MB", "1e9", "٣MB", "2000TB", "20MB extra",
            String(repeating: "9", count: 40),
        ])
    func noSizes(text: String) { #expect(ByteCount(text) == nil) }

    @Test("a size is told in its largest unit")
    func description() {
        let texts = [900, 20_000_000, 1_500_000_000, 2_000_000_000_000].map { "\(ByteCount($0))" }
        #expect(texts == ["900 bytes", "20 MB", "1.5 GB", "2 TB"])
    }

    @Test(
        "a time is a whole number of hours, days or weeks",
        arguments: [("36h", 129_600), ("400d", 34_560_000), ("2w", 1_209_600)])
    func times(text: String, seconds: Int) { #expect(KeepingTime(text)?.seconds == seconds) }

    @Test("what is no time is none", arguments: ["", "d", "0d", "-3d", "1.5d", "400", "1y", "36500000d", "99999w"])
    func noTimes(text: String) { #expect(KeepingTime(text) == nil) }

    @Test("an IPv6 address counts as its /64 network, an IPv4 address as itself, however it is written")
    func networks() {
        #expect(ClientNetwork("2001:db8:0:7::1") == ClientNetwork("2001:DB8::7:ffff:ffff:ffff:ffff"))
        #expect(ClientNetwork("2001:db8:0:7::1") != ClientNetwork("2001:db8:0:8::1"))
        #expect(ClientNetwork("fe80::1%eth0") == ClientNetwork("fe80::2%eth1"))
        #expect(ClientNetwork("::ffff:192.0.2.1") == ClientNetwork("192.0.2.1"))
        #expect(ClientNetwork("192.0.2.1") != ClientNetwork("192.0.2.2"))
        #expect(ClientNetwork("2001:db8:0:7::1").description == "2001:db8:0:7::/64")
        #expect(ClientNetwork("unknown").description == "unknown")
        #expect(ClientNetwork(String(repeating: "x", count: 10_000)).description.utf8.count == 64)
    }

    @Test("the first identifier of a time sorts after everything earlier and before everything later")
    func firstIdentifier() {
        let time = Date(timeIntervalSince1970: 1_780_000_000)
        let first = IdentifierGenerator.first(at: time, ConversationID.self)
        let before = IdentifierGenerator(now: { time.addingTimeInterval(-0.001) }, random: { .max })
        #expect(before.next(ConversationID.self) < first)
        #expect(first <= IdentifierGenerator(now: { time }).next(ConversationID.self))
    }
}
