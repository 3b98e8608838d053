public import ConversationDomain
public import Foundation

/// A request that another system makes to tell what has happened there.
public struct IncomingHook: Sendable {
    /// What names the connector in the path, as it came: its id, and behind a full stop its secret where it has one there.
    public let connector: String
    /// By lower-case name; those that say from whom it is.
    public let headers: [String: String]
    public let body: Data

    public init(connector: String, headers: [String: String], body: Data) {
        self.connector = connector
        self.headers = headers
        self.body = body
    }

    /// - Parameter header: gives the value of a header by its lower-case name.
    public init(connector: String, body: Data, header: (String) -> String?) {
        let told = Self.told.compactMap { name in header(name).map { (name, $0) } }
        self.init(connector: connector, headers: Dictionary(uniqueKeysWithValues: told), body: body)
    }

    /// The headers that are passed on.
    private static let told = [
        "x-hub-signature", "x-zammad-delivery", "x-chatwoot-signature", "x-chatwoot-timestamp", "x-chatwoot-delivery",
    ]
}

/// Whether what another system told changed anything here.
public enum HookOutcome: String, Hashable, Sendable, CaseIterable {
    case taken, ignored
}

/// Takes what other systems tell.
public protocol HookService: Sendable {
    /// Bytes of a body.
    var bodyLimit: Int { get }
    /// Whose doing a request would be, before its body is read.
    /// - Throws: `ChatError(.notFound)` for no connector's path, `ChatError(.unauthorized)` for one without its secret.
    func admit(_ connector: String) async throws -> Principal
    /// When it returns, what the request told is on disk; a request that comes twice is taken once.
    /// - Throws: `ChatError(.unauthorized)` when the request does not prove from whom it is.
    func receive(_ hook: IncomingHook) async throws -> HookOutcome
}
