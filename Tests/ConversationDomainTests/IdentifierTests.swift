import ConversationDomain
import Foundation
import Synchronization
import Testing

@Suite("Identifiers")
struct IdentifierTests {
    /// A clock that is set by hand.
    private final class Clock: Sendable {
        let milliseconds = Atomic<Int>(1_700_000_000_000)
        var now: Date { Date(timeIntervalSince1970: Double(milliseconds.load(ordering: .relaxed)) / 1000) }
    }

    @Test("identifiers of one generator sort by the order in which they were made, whatever the clock does")
    func order() {
        let clock = Clock()
        let generator = IdentifierGenerator(now: { clock.now })
        var made: [String] = []
        for step in 0..<20_000 {
            // The clock stands still most of the time, goes on at times, and is set back now and then.
            if step % 500 == 499 { clock.milliseconds.add(step % 2000 == 1999 ? -5 : 3, ordering: .relaxed) }
            let copy = generator
            made.append((copy.next() as MessageID).rawValue)
        }
        #expect(made == made.sorted())
        #expect(Set(made).count == made.count)
    }

    @Test("neighbours of one millisecond are a random step apart")
    func steps() {
        let clock = Clock()
        let generator = IdentifierGenerator(now: { clock.now })
        let ids = (0..<200).map { _ in (generator.next() as MessageID).rawValue }
        // The step has 63 random bits, so the first of the last twelve characters (60 bits) hardly ever stays.
        let tails = ids.map { $0.suffix(12) }
        #expect(zip(tails, tails.dropFirst()).allSatisfy { $0 != $1 })
        #expect(Set(tails.map { $0.prefix(6) }).count > 190)
    }

    @Test("with the largest random numbers the order holds, and the text stays well formed")
    func overflow() throws {
        let generator = IdentifierGenerator(now: { Date(timeIntervalSince1970: 1) }, random: { .max })
        let ids = (0..<5).map { _ in generator.next() as TurnID }
        #expect(ids == ids.sorted() && Set(ids).count == 5)
        for id in ids { #expect(TurnID(id.rawValue) == id) }
    }

    @Test("generators in several threads make no identifier twice")
    func threads() async {
        let generator = IdentifierGenerator()
        let all = await withTaskGroup(of: [TurnID].self) { group in
            for _ in 0..<4 { group.addTask { (0..<2_000).map { _ in generator.next() } } }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(all).count == 8_000)
    }
}
