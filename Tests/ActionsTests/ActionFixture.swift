import ActionCalls
import Actions
import ConversationDomain
import Foundation
import Logging
import Outbox
import SQLiteActions
import SQLiteStore
import Synchronization
import WebhookReceiver
import Webhooks

/// A database with what calls one service on this machine, for one test.
struct ActionFixture: Sendable {
    static let target = ActionName(trusted: "order_status")
    static let secret = "whsec_1"
    static let found = Data(#"{"found": true, "status": "shipped"}"#.utf8)

    /// What the caller's clock says.
    final class Clock: Sendable {
        private let time = Mutex(Date())
        var now: Date { time.withLock { $0 } }
        func advance(_ seconds: TimeInterval) { time.withLock { $0 += seconds } }
    }

    /// What the caller told its observer.
    final class Ended: ActionObserver {
        private let all = Mutex<[ActionFailure?]>([])
        var failures: [ActionFailure?] { all.withLock { $0 } }
        func actionEnded(target: ActionName, failure: ActionFailure?, seconds: Double) {
            all.withLock { $0.append(failure) }
        }
    }

    let folder: URL
    let database: SQLiteDatabase
    let clock = Clock()
    let ended = Ended()
    let conversation: Conversation
    var policy = ActionPolicy()
    var rules = TargetRules(allowed: AddressRange("127.0.0.1").map { [$0] } ?? [])

    var store: SQLiteActionStore { SQLiteActionStore(database) }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "actions-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        database = try SQLiteDatabase(url: folder.appending(path: "frontdesk.sqlite"))
        var conversation = Conversation(
            id: IdentifierGenerator().next(), app: AppName(trusted: "shop"), locale: .english, channel: .web,
            visitor: Visitor(id: "7", name: "Ann"), metadata: .object([:]), createdAt: Date())
        conversation.visitorIsProven = true
        self.conversation = conversation
        policy.pauseBeforeRetry = 0.01
    }

    func remove() {
        try? database.close()
        try? FileManager.default.removeItem(at: folder)
    }

    func set(_ url: String) async throws {
        try await store.put([
            ActionTarget(
                name: Self.target, url: url, secrets: WebhookSecrets(current: Self.secret), createdAt: clock.now)
        ])
    }

    func caller() -> HTTPActionCaller {
        var logger = Logger(label: "actions")
        logger.logLevel = .critical
        return HTTPActionCaller(
            store: store, journal: store, client: TargetClient(TargetResolver(rules)), policy: policy, logger: logger,
            observer: ended, now: { [clock] in clock.now })
    }

    /// - Parameters:
    ///   - message: the client message id.
    ///   - seq: the conversation's last message before it.
    ///   - timeout: so long that a busy machine does not make a call late which a test wants answered.
    func request(
        _ number: String = "A1", message: String? = "m1", after seq: Int = 0, timeout: Double = 600,
        isIdempotent: Bool = false, send: [SlotName]? = nil
    ) -> ActionRequest {
        let intent = Intent(
            name: IntentName(trusted: "order.status"), examples: [],
            slots: ["order_number", "note"].map {
                SlotDefinition(name: SlotName(trusted: $0), entity: EntityName(trusted: $0), ask: [:])
            })
        let action = IntentAction(
            target: Self.target, send: send, fields: [SlotName(trusted: "found"), SlotName(trusted: "status")],
            timeout: timeout, isIdempotent: isIdempotent)
        let call = ActionCall(action, of: intent, known: ["order_number": number, "note": "n", "other": "o"])
        var conversation = conversation
        conversation.lastSeq = seq
        return ActionRequest(call, in: conversation, locale: .chinese, clientMessageID: message)
    }
}
