import Foundation
import Synchronization
import Testing

@testable import BERT

@Suite("Team of an encoder")
struct TeamTests {
    /// How many divide a step, which one of the helpers holds up if it is slow.
    private func members(of team: Team, isSlow: Bool = false) -> Int {
        let members = Atomic<Int>(0)
        team.divide { member in
            if member.index == 0 {
                members.store(member.count, ordering: .relaxed)
            } else if isSlow {
                usleep(20_000)
            }
        }
        return members.load(ordering: .relaxed)
    }

    @Test(
        "the caller goes on alone when a helper is held up in a step, in this pass and for a while",
        .timeLimit(.minutes(1)))
    func alone() {
        let team = Team(count: 2)
        var counts: [Int] = []
        while counts.isEmpty {
            team.gather {
                for _ in 0..<1_000 where counts.isEmpty {
                    guard members(of: team, isSlow: true) == 2 else { continue }
                    counts = [members(of: team)]
                }
            }
        }
        team.gather { counts.append(members(of: team)) }
        #expect(counts == [1, 1])
    }

    @Test("nobody helps while a team is disbanded, and whoever comes afterwards does")
    func disbanded() {
        let team = Team(count: 2)
        let total = Atomic<Int>(0)
        team.gather {
            for _ in 0..<200 {
                team.disband(for: { total.add(1, ordering: .relaxed) })
                team.divide { member in
                    total.add(member.share(of: 1_000).count, ordering: .relaxed)
                }
            }
        }
        #expect(total.load(ordering: .relaxed) == 200 * 1_001)
    }
}
