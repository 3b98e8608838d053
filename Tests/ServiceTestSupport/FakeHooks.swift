public import ConversationDomain
public import Outbox

/// One connector that takes whatever it is told.
public struct FakeHooks: HookService {
    public static let id = "conn_038G7BH5JAB3CEWEESP168NR6FZ5W"
    public let bodyLimit = 64 * 1024

    public init() {}

    public func admit(_ connector: String) async throws -> Principal {
        guard connector == Self.id else { throw ChatError(.notFound, "there is no such connector") }
        return Principal(
            key: KeyID(trusted: Self.id), kind: .secret, app: AppName(trusted: "shop"), scopes: [.chat, .agent])
    }

    public func receive(_ hook: IncomingHook) async throws -> HookOutcome { hook.body.isEmpty ? .ignored : .taken }
}
