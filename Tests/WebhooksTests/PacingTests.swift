import ConversationDomain
import Foundation
import Outbox
import Testing
import WebhookReceiver

@testable import Webhooks

@Suite("Deliveries while visitors are answered", .timeLimit(.minutes(1)))
struct PacingTests {
    @Test(
        "requests begin as far as a share of one core lasts, whatever each of them takes",
        arguments: [0.0002, 0.001, 0.02])
    func share(cost: Double) {
        var ledger = PacingLedger()
        let start = ContinuousClock.now
        ledger.begin(at: start, used: 7)
        var used = 0.0
        for tick in 1...12_000 {
            used += Double(ledger.requests(at: start + .milliseconds(5 * tick), used: 7 + used)) * cost
        }
        // A minute: the share, and no less than nine tenths of it.
        #expect((54 * PacingLedger.share...60 * PacingLedger.share + 0.02 + 1e-9).contains(used), "\(used) s")
    }

    @Test("what was saved up is little, and what is owed is bounded")
    func bounds() {
        var ledger = PacingLedger()
        let start = ContinuousClock.now
        ledger.begin(at: start, used: 0)
        #expect(ledger.requests(at: start + .seconds(3_600), used: 0) <= 20)
        // A second of work at once is forgiven within two.
        #expect(ledger.requests(at: start + .seconds(3_601), used: 1) == 0)
        #expect(ledger.requests(at: start + .seconds(3_603), used: 1) > 0)
    }

    @Test("while visitors are being answered all the time, everything arrives all the same, once and in order")
    func arrival() async throws {
        var fixture = try DeliveryFixture()
        let work = EventCommits()
        fixture.activity = {
            work.note()
            return work.count
        }
        defer { fixture.remove() }
        let made = fixture
        let target = try await WebhookReceiver.start()
        try await made.delivering { desk in
            var request = WebhookRequest()
            request.url = target.url
            request.events = [.messageCreated]
            _ = try await desk.create(request, as: DeliveryFixture.admin)
            var conversations = [try await made.conversation(), try await made.conversation()]
            for number in 0..<20 {
                let place = number % 2
                conversations[place] = try await made.say("\(number)", in: conversations[place])
            }
            await target.wait { $0.taken.count == 40 }
        }
        for some in Dictionary(grouping: target.taken, by: \.conversation).values {
            let numbers = some.compactMap { $0.text("message", "text") }.filter { Int($0) != nil }.compactMap {
                Int($0)
            }
            #expect(numbers.count == 10 && numbers == numbers.sorted())
        }
        #expect(Set(target.taken.map(\.event)).count == 40)
        await target.close()
    }
}
