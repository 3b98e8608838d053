public import ConversationDomain
internal import DataFolder
internal import Dispatch
internal import GRDB
internal import Synchronization

/// Watches whether the database can still take writes: its files are those that were opened, the disk has room, and a small
/// change reaches it. What is found is kept a few seconds, so that asking often costs nothing, and nobody who asks waits
/// for a disk that hangs.
public final class DatabaseWatch: StorageHealth {
    /// How long a probe's outcome holds.
    private static let freshness = Duration.seconds(3)
    /// How long whoever asks waits for what is running; after that the last outcome is given.
    private static let patience = DispatchTimeInterval.milliseconds(1000)
    /// A probe that takes longer than this is a fault by itself. Longer than a statement may wait for another process's lock.
    private static let overdue = Duration.seconds(7)
    /// Less room than this, and a turn may not fit.
    private static let leastFreeBytes = 1 << 20
    /// More callers than this do not wait.
    private static let waiterLimit = 64

    private struct State {
        var fileFault: String?
        var writeFault: String?
        var isLooking: ContinuousClock.Instant?
        var isProbing: ContinuousClock.Instant?
        var probed: ContinuousClock.Instant?
        var probes = 0
        /// What `onChange` heard last.
        var told: String?
        var waiters: [Waiter] = []

        var isSettled: Bool { isLooking == nil && isProbing == nil }

        /// Those who wait, once there is nothing more to wait for.
        mutating func settledWaiters() -> [Waiter] {
            guard isSettled else { return [] }
            defer { waiters = [] }
            return waiters
        }
    }

    private let database: SQLiteDatabase
    private let onChange: @Sendable (_ fault: String?) -> Void
    private let state = Mutex(State())
    private let thread = DispatchQueue(label: "frontdesk.store.watch", qos: .utility)

    /// - Parameter onChange: hears every change, nil when all is well again; on any thread.
    public init(_ database: SQLiteDatabase, onChange: @escaping @Sendable (_ fault: String?) -> Void) {
        self.database = database
        self.onChange = onChange
    }

    public func fault() async -> String? {
        look()
        beginProbe()
        await waitUntilSettled()
        return verdict()
    }

    /// Begins to look at the files and the room on the disk, without writing; returns at once.
    public func look() {
        let mustLook = state.withLock { state in
            guard state.isLooking == nil else { return false }
            state.isLooking = .now
            return true
        }
        guard mustLook else { return tellChange() }
        thread.async { [self] in
            let fault = lookAtFiles()
            let waiters = state.withLock { state in
                state.fileFault = fault
                state.isLooking = nil
                return state.settledWaiters()
            }
            tellChange()
            for waiter in waiters { waiter.resume() }
        }
    }

    private func lookAtFiles() -> String? {
        if let fault = database.files.fault() { return fault.rawValue }
        guard database.files.isWritable else { return "the database file is read-only" }
        if let free = database.files.freeBytes, free < Self.leastFreeBytes { return "the server's disk is full" }
        return nil
    }

    /// Begins a probe if none is running and the last one is too old.
    private func beginProbe() {
        let number: Int? = state.withLock { state in
            if state.isProbing != nil { return nil }
            if let probed = state.probed, .now - probed < Self.freshness { return nil }
            state.isProbing = .now
            state.probes += 1
            return state.probes
        }
        guard let number else { return }
        Task {
            let outcome = await write(number)
            let fault = lookAtFiles()
            let waiters = state.withLock { state in
                if case .decided(let fault) = outcome { state.writeFault = fault }
                state.fileFault = fault
                state.isProbing = nil
                state.probed = .now
                return state.settledWaiters()
            }
            tellChange()
            for waiter in waiters { waiter.resume() }
        }
    }

    private enum Outcome {
        case decided(String?)
        /// A lock that another process keeps for a while says nothing about the disk; files that were lost are looked at
        /// for themselves, since they may be back by now.
        case undecided
    }

    /// Changes one number in the file's header, which takes the way of every change: the write-ahead log, and a sync.
    /// The schema's version has a table of its own, so this number is free.
    private func write(_ number: Int) async -> Outcome {
        do {
            try await database.write { try $0.execute(sql: "PRAGMA user_version = \(number % 1_000_000 + 1)") }
            return .decided(nil)
        } catch let error as ChatError
            where error.code == .overloaded || DatabaseFiles.Fault(rawValue: error.message) != nil
        {
            return .undecided
        } catch let error as ChatError {
            return .decided(error.message)
        } catch {
            return .decided("the database takes no writes (\(error))")
        }
    }

    /// Waits for the look and the probe that are running.
    private func waitUntilSettled() async {
        await withCheckedContinuation { continuation in
            let waiter = Waiter(continuation)
            let mustWait = state.withLock { state in
                guard !state.isSettled, state.waiters.count < Self.waiterLimit else { return false }
                state.waiters.append(waiter)
                return true
            }
            guard mustWait else { return waiter.resume() }
            DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience) { waiter.resume() }
        }
    }

    private func verdict() -> String? { state.withLock { Self.verdict($0) } }

    private static func verdict(_ state: State) -> String? {
        if let fault = state.fileFault ?? state.writeFault { return fault }
        let begun = [state.isLooking, state.isProbing].compactMap { $0 }.min()
        if let begun, .now - begun > overdue { return "the server's disk does not answer" }
        return nil
    }

    private func tellChange() {
        let change: String?? = state.withLock { state in
            let verdict = Self.verdict(state)
            guard verdict != state.told else { return .none }
            state.told = verdict
            return .some(verdict)
        }
        if case .some(let fault) = change { onChange(fault) }
    }

    /// Resumed by the probe or by the clock, whichever is first.
    private final class Waiter: Sendable {
        private let continuation: Mutex<CheckedContinuation<Void, Never>?>

        init(_ continuation: CheckedContinuation<Void, Never>) {
            self.continuation = Mutex(continuation)
        }

        func resume() {
            continuation.withLock { continuation in
                defer { continuation = nil }
                return continuation
            }?.resume()
        }
    }
}
