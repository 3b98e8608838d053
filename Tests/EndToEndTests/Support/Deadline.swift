import Foundation

/// Something that was waited for did not happen in time.
struct TooLate: Error, CustomStringConvertible {
    let description: String
}

/// Asks again and again until there is an answer.
/// - Throws: ``TooLate`` with what was waited for, when there is none within `seconds`.
func eventually<Value>(
    _ expectation: String, within seconds: Double = 10, _ probe: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
        if let value = try await probe() { return value }
        guard ContinuousClock.now < deadline else {
            throw TooLate(description: "not within \(seconds) s: \(expectation)")
        }
        // Another process gives no signal of what is waited for; the pause only keeps the asking from taking its processor.
        try await Task.sleep(for: .milliseconds(5))
    }
}
