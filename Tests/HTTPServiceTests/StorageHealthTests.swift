import ConversationDomain
import Testing
import WebSocketTestClient

@testable import HTTPService

@Suite("Readiness and storage")
struct StorageHealthTests {
    private struct Storage: StorageHealth {
        let reason: String?
        func fault() async -> String? { reason }
    }

    @Test("a server that cannot store is alive and not ready, and says why")
    func fault() async throws {
        try await TestAPI.run({ $0.storage = Storage(reason: "the database file was deleted") }) { api in
            let ready = try await api.call("GET", "/health/ready", key: .some(nil))
            #expect(try ready.problem() == "503 not_ready")
            #expect(try ready.field("detail") == .string("the database file was deleted"))
            #expect(ready.headers["retry-after"] == "5")
            #expect(try await api.call("GET", "/health/live", key: .some(nil)).status == 200)
        }
    }

    @Test("a server that can store is ready")
    func sound() async throws {
        try await TestAPI.run({ $0.storage = Storage(reason: nil) }) { api in
            let ready = try await api.call("GET", "/health/ready", key: .some(nil))
            #expect(ready.status == 200)
        }
    }
}
