import ConversationDomain
import Foundation
import People
import Synchronization

/// Which agents are connected.
final class AgentAttendance: Sendable {
    private let present = Mutex<[AppName: [UUID: Assignee]]>([:])

    /// There until the attendance ends, and as often as one is begun.
    func begin(_ agent: Assignee, of app: AppName) -> Attendance {
        let id = UUID()
        present.withLock { $0[app, default: [:]][id] = agent }
        return Attendance { [weak self] in
            self?.present.withLock { present in
                present[app]?[id] = nil
                if present[app]?.isEmpty == true { present[app] = nil }
            }
        }
    }

    /// Each once, by their names.
    /// - Parameter app: nil for those of all apps.
    func agents(of app: AppName?) -> [Assignee] {
        let all = present.withLock { present in
            app.map { Array((present[$0] ?? [:]).values) } ?? present.values.flatMap(\.values)
        }
        return Set(all).sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }
}
