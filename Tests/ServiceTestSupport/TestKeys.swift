import Access
public import ConversationDomain
import Foundation

/// The keys that tests call with, minted for real, in a store in memory.
public struct TestKeys: Sendable {
    public let store: MemoryKeyStore
    /// Scopes chat, classify and search; app `shop`.
    public let secret: String
    /// Scope chat only; app `other`.
    public let otherApp: String
    /// From `https://shop.example` and the server's own pages; app `shop`.
    public let publishable: String
    /// Scope agent only; app `shop`.
    public let agent: String
    public let agentID: KeyID
    public let secretID: KeyID
    public let publishableID: KeyID

    public init() async throws {
        let minter = KeyMinter()
        let secret = try minter.mint(
            KeyRequest(
                name: "tests", app: AppName(trusted: "shop"), kind: .secret, scopes: [.chat, .classify, .search]))
        let other = try minter.mint(
            KeyRequest(name: "other", app: AppName(trusted: "other"), kind: .secret, scopes: [.chat]))
        let publishable = try minter.mint(
            KeyRequest(
                name: "page", app: AppName(trusted: "shop"), kind: .publishable, scopes: [.chat],
                origins: ["https://shop.example", "self"]))
        let agent = try minter.mint(
            KeyRequest(name: "agent", app: AppName(trusted: "shop"), kind: .secret, scopes: [.agent]))
        store = MemoryKeyStore([secret.record, other.record, publishable.record, agent.record])
        self.secret = secret.secret
        otherApp = other.secret
        self.publishable = publishable.secret
        self.agent = agent.secret
        agentID = agent.record.id
        secretID = secret.record.id
        publishableID = publishable.record.id
    }
}
