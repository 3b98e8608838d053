internal import Synchronization

/// A number of places, so that no more than so many do the same thing at once; who comes too late waits in line.
package final class Slots: Sendable {
    private struct State {
        var free: Int
        /// In the order of their coming; resumed with whether a place was given.
        var line: [(ticket: Int, place: CheckedContinuation<Bool, Never>)] = []
        var tickets = 0
        /// Those that gave up before they stood in line.
        var left: Set<Int> = []
    }

    private let state: Mutex<State>
    private let lineLimit: Int

    package init(_ count: Int, lineLimit: Int = 4_096) {
        state = Mutex(State(free: count))
        self.lineLimit = lineLimit
    }

    /// Runs `body` in a place.
    /// - Throws: `CancellationError` when the task is cancelled before there is one or too many wait; what `body` throws.
    package func run<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        guard await enter() else { throw CancellationError() }
        defer { leave() }
        return try await body()
    }

    private func enter() async -> Bool {
        let ticket = state.withLock { state in
            state.tickets += 1
            return state.tickets
        }
        let isIn = await withTaskCancellationHandler {
            await withCheckedContinuation { place in
                // Nil while there is none.
                let isIn = state.withLock { state -> Bool? in
                    if state.left.remove(ticket) != nil { return false }
                    guard state.free > 0 else {
                        guard state.line.count < lineLimit else { return false }
                        state.line.append((ticket, place))
                        return nil
                    }
                    state.free -= 1
                    return true
                }
                if let isIn { place.resume(returning: isIn) }
            }
        } onCancel: {
            let place = state.withLock { state -> CheckedContinuation<Bool, Never>? in
                guard let index = state.line.firstIndex(where: { $0.ticket == ticket }) else {
                    state.left.insert(ticket)
                    return nil
                }
                return state.line.remove(at: index).place
            }
            place?.resume(returning: false)
        }
        _ = state.withLock { $0.left.remove(ticket) }
        return isIn
    }

    private func leave() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard !state.line.isEmpty else {
                state.free += 1
                return nil
            }
            return state.line.removeFirst().place
        }
        next?.resume(returning: true)
    }
}
