import ConversationDomain
import Foundation
import SQLiteModels
import SQLiteStore
import Wire

/// A fresh database in a folder of its own that goes when the fixture does.
final class StoreFixture: Sendable {
    let folder: URL
    let database: SQLiteDatabase

    var file: URL { folder.appending(path: "frontdesk.sqlite") }
    var conversations: SQLiteConversationStore { SQLiteConversationStore(database) }
    var contents: SQLiteContentStore { SQLiteContentStore(database, now: { StoreFixture.time }) }
    var models: SQLiteModelStore { SQLiteModelStore(database) }
    var keys: SQLiteKeyStore { SQLiteKeyStore(database) }

    static let time = Date(timeIntervalSince1970: 1_780_000_000.25)
    static let ids = IdentifierGenerator(now: { time })

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "store-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        database = try SQLiteDatabase(url: folder.appending(path: "frontdesk.sqlite"))
    }

    deinit {
        try? database.close()
        try? FileManager.default.removeItem(at: folder)
    }

    /// A stored conversation without messages.
    func conversation() async throws -> Conversation {
        let conversation = Conversation(
            id: Self.ids.next(), app: AppName(trusted: "shop"), locale: .chinese, channel: .web,
            visitor: Visitor(id: "v1", name: "王芳"),
            metadata: .object(["page": .string("/cart"), "items": .integer(3)]),
            createdAt: Self.time)
        try await conversations.create(conversation)
        return conversation
    }

    /// One message with one reply, as it would be committed after `conversation.lastSeq`.
    static func commit(_ text: String, to conversation: Conversation, clientMessageID: String? = nil) throws
        -> TurnCommit
    {
        var after = conversation
        after.lastSeq += 2
        let message = Message(
            id: ids.next(), seq: conversation.lastSeq + 1, from: .visitor, text: text, createdAt: time)
        let reply = Message(
            id: ids.next(), seq: conversation.lastSeq + 2, from: .bot, text: "“\(text)”?",
            buttons: [Button(title: "转人工", intent: .agentRequest)], inReplyTo: message.id, createdAt: time)
        let decision = Decision(
            action: .clarify, intent: IntentName(trusted: "order.status"), confidence: 0.5, threshold: 0.75,
            ranking: [IntentScore(intent: IntentName(trusted: "order.status"), confidence: 0.5)], rule: "intents.close",
            template: nil, knowledge: nil, model: nil, elapsedMilliseconds: 1.5)
        let turn = Turn(
            id: ids.next(), conversation: conversation.id, message: message, replies: [reply], decision: decision,
            status: .bot,
            clientMessageID: clientMessageID)
        let stored = StoredTurn(turn: turn, content: .text(text), body: turn.encodedBody())
        return TurnCommit(
            stored: stored, conversation: after, previousSeq: conversation.lastSeq,
            state: DialogueState(slots: ["order_number": "A1234567"], misses: 1))
    }
}
