public import Foundation
import Synchronization

/// A clock that stands still until it is told to go on.
public final class FixedClock: Sendable {
    private let time: Mutex<Date>

    public init(_ time: Date = Date(timeIntervalSince1970: 1_780_000_000.123)) {
        self.time = Mutex(time)
    }

    public var now: Date { time.withLock { $0 } }

    public func advance(by seconds: Double) { time.withLock { $0 += seconds } }
}

/// Numbers that look random and are the same in every run (SplitMix64).
public final class SeededNumbers: Sendable {
    private let state: Mutex<UInt64>

    public init(seed: UInt64 = 1) {
        state = Mutex(seed)
    }

    public func next() -> UInt64 {
        state.withLock { state in
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}
