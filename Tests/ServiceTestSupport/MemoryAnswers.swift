import ConversationDomain
public import Foundation
public import People
import Synchronization

/// Kept answers in memory.
public final class MemoryAnswers: AnswerStore {
    private let answers = Mutex<[RepeatableRequest: (answer: KeptAnswer, at: Date)]>([:])

    public init() {}

    public var count: Int { answers.withLock { $0.count } }

    private static func name(_ request: RepeatableRequest) -> RepeatableRequest {
        RepeatableRequest(key: request.key, name: request.name, body: Data())
    }

    public func answer(to request: RepeatableRequest, keptSince time: Date) async throws -> KeptAnswer? {
        answers.withLock { answers in answers[Self.name(request)].flatMap { $0.at >= time ? $0.answer : nil } }
    }

    public func keep(_ answer: KeptAnswer, to request: RepeatableRequest, at time: Date) async throws {
        answers.withLock { $0[Self.name(request)] = (answer, time) }
    }

    public func removeAnswers(keptBefore time: Date) async throws -> Int {
        answers.withLock { answers in
            let old = answers.filter { $0.value.at < time }
            for request in old.keys { answers[request] = nil }
            return old.count
        }
    }
}
