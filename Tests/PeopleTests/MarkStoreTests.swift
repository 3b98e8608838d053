import ConversationDomain
import Foundation
import People
import SQLiteMarks
import SQLiteStore
import Testing
import WebSocketTestClient
import Wire

@Suite("Marks in the database")
struct MarkStoreTests {
    @Test("marks that are set at once end at the greatest, and never beyond the last message")
    func greatest() async throws {
        try await Desk.run { desk in
            let path = try await desk.started()
            for _ in 0..<10 { try await desk.say("hours?", in: path) }
            let id = ConversationID(trusted: String(path.split(separator: "/").last ?? ""))
            let store = SQLiteMarkStore(desk.database)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for seq in (1...18).shuffled() {
                    group.addTask { _ = try await store.markRead(id, upTo: seq, by: .agent) }
                }
                try await group.waitForAll()
            }
            #expect(try await store.markRead(id, upTo: 3, by: .agent) == ReadMarks(visitor: 0, agent: 18))
            #expect(try await store.markRead(id, upTo: 99, by: .visitor) == ReadMarks(visitor: 20, agent: 18))
            // A turn leaves the marks as they are.
            try await desk.say("hours?", in: path)
            #expect(try await desk.store.conversation(id)?.read == ReadMarks(visitor: 20, agent: 18))
            #expect(try await store.markRead(IdentifierGenerator().next(), upTo: 1, by: .agent) == nil)
        }
    }

    @Test("the newest replies come first, as many as are wanted, with the message that they answer")
    func past() async throws {
        try await Desk.run { desk in
            for number in 1...4 {
                let path = try await desk.started()
                try await desk.call("POST", path + "/take", as: .mia)
                try await desk.call("POST", path + "/replies", #"{"text":"first"}"#, as: .mia)
                try await desk.say("question \(number)", in: path)
                for part in 1...5 {
                    try await desk.call("POST", path + "/replies", #"{"text":"answer \#(part)"}"#, as: .mia)
                }
            }
            let store = SQLiteMarkStore(desk.database)
            let app = AppName(trusted: "shop")
            let found = try await store.pastReplies(in: app, besides: IdentifierGenerator().next(), limit: 3)
            #expect(found.map(\.question) == ["question 4", "question 3", "question 2"])
            #expect(Set(found.map(\.text)) == ["answer 1\n\nanswer 2\n\nanswer 3"])
            let others = try await store.pastReplies(in: app, besides: found[0].conversation, limit: 1)
            #expect(others.map(\.question) == ["question 3"])
            #expect(
                try await store.pastReplies(
                    in: AppName(trusted: "other"), besides: found[0].conversation, limit: 3) == [])
        }
    }
}
