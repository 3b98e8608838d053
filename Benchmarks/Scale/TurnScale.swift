import ConversationDomain
import Dialogue
import Foundation
import GRDB
import SQLiteStore
import Wording

/// Durable turns, without HTTP and the encoder, on databases that hold more and more messages.
enum TurnScale {
    /// Turns of a round on one database.
    private static let batch = 40

    struct Line: Encodable {
        let part = "turn"
        let messages: Int
        let gigabytes: Double
        /// Of a conversation that has just begun, and of one of the stored ones, chosen at random.
        let newP50: Double
        let newP99: Double
        let storedP50: Double
        let storedP99: Double
        /// To the empty database.
        let newRatio: Double
        let storedRatio: Double
    }

    static func run(sizes: [Int], rounds: Int, scratch: URL) async throws {
        let manager = FileManager.default
        try manager.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? manager.removeItem(at: scratch) }
        let needed = sizes.reduce(0, +) * 3_000
        let free = try manager.attributesOfFileSystem(forPath: scratch.path)[.systemFreeSize] as? Int ?? 0
        guard free > needed + 1 << 30 else {
            throw ScaleBench.Failure("\(scratch.path): \(needed >> 30) GB are needed, \(free >> 30) are free")
        }
        var bots: [StoredBot] = []
        for (index, size) in ([0] + sizes).enumerated() {
            bots.append(try await StoredBot(messages: size, file: scratch.appending(path: "bot-\(index).sqlite")))
        }
        var new = [[Double]](repeating: [], count: bots.count)
        var stored = new
        var slowest = [(new: Samples, stored: Samples)](repeating: (Samples(), Samples()), count: bots.count)
        for round in 0..<rounds {
            for (index, bot) in bots.enumerated() {
                var samples = (new: Samples(), stored: Samples())
                let conversation = try await bot.start()
                for _ in 0..<batch {
                    let time = try await bot.turn(in: conversation)
                    samples.new.add(time)
                    slowest[index].new.add(time)
                }
                for turn in 0..<batch {
                    let time = try await bot.turn(in: try await bot.conversation(round * batch + turn))
                    samples.stored.add(time)
                    slowest[index].stored.add(time)
                }
                new[index].append(samples.new.percentile(0.5))
                stored[index].append(samples.stored.percentile(0.5))
            }
        }
        for (index, bot) in bots.enumerated() {
            try ScaleBench.tell(
                Line(
                    messages: bot.messages, gigabytes: try bot.gigabytes, newP50: median(new[index]),
                    newP99: slowest[index].new.percentile(0.99), storedP50: median(stored[index]),
                    storedP99: slowest[index].stored.percentile(0.99),
                    newRatio: median(new[index]) / median(new[0]),
                    storedRatio: median(stored[index]) / median(stored[0])))
            try bot.close()
        }
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}

/// A bot with one answer, on a database with many stored conversations of ten messages.
final class StoredBot: Sendable {
    let messages: Int
    private let file: URL
    let database: SQLiteDatabase
    private let engine: ConversationEngine
    private let first: Conversation

    private static let principal = Principal(
        key: IdentifierGenerator().next(), kind: .secret, app: AppName(trusted: "shop"), scopes: [.chat])

    /// - Parameter age: how long ago, in seconds, the stored messages were written.
    init(messages: Int, file: URL, age: Int = 0) async throws {
        self.messages = messages
        self.file = file
        database = try SQLiteDatabase(url: file)
        engine = ConversationEngine(
            EngineParts(
                store: SQLiteConversationStore(database), classifier: FixedClassifier(), knowledge: NoKnowledge(),
                content: OneAnswer()))
        first = try await engine.start(ConversationRequest(locale: .english, channel: .api), as: Self.principal)
        _ = try await turn(in: first)
        if messages > 0 { try Self.fill(file, conversations: messages / 10, age: age) }
    }

    var gigabytes: Double {
        get throws { Double(try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0) / 1e9 }
    }

    /// How many of those that were there before are left.
    func storedConversations() async throws -> Int {
        let queue = try DatabaseQueue(path: file.path)
        defer { try? queue.close() }
        return try await queue.read { database in
            try Int.fetchOne(
                database, sql: "SELECT count(*) FROM conversation WHERE id < 'conv_' || printf('%029d', 9999999999)")
                ?? 0
        }
    }

    func close() throws { try database.close() }

    func start() async throws -> Conversation {
        try await engine.start(ConversationRequest(locale: .english, channel: .api), as: Self.principal)
    }

    /// One of those that were there before, spread over all of them; new ones where there are none.
    func conversation(_ number: Int) async throws -> Conversation {
        guard messages >= 10 else { return try await start() }
        let id = ConversationID(trusted: "conv_" + Self.padded((number * 7_919_317) % (messages / 10)))
        return try await engine.conversation(id, as: Self.principal)
    }

    /// How long a turn takes until it is on disk.
    func turn(in conversation: Conversation) async throws -> Duration {
        let message = InboundMessage(
            conversation: conversation.id, content: .text("where is my parcel, please"),
            clientMessageID: UUID().uuidString)
        let begin = ContinuousClock.now
        _ = try await engine.respond(to: message, as: Self.principal)
        return ContinuousClock.now - begin
    }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 29 - digits.count) + digits
    }

    /// Copies the one real turn under other identifiers, which sort by time as real ones do.
    private static func fill(_ file: URL, conversations: Int, age: Int) throws {
        let queue = try DatabaseQueue(path: file.path)
        try queue.writeWithoutTransaction { database in
            try database.execute(
                sql: "PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -500000")
            for begin in stride(from: 0, to: conversations, by: 50_000) {
                try database.inTransaction {
                    try database.execute(sql: numbers(begin..<min(begin + 50_000, conversations)))
                    try database.execute(sql: copies(age: age * 1_000))
                    return .commit
                }
                try database.execute(sql: "DROP TABLE temp.number")
            }
            try database.checkpoint(.truncate)
        }
        try queue.close()
    }

    private static func numbers(_ range: Range<Int>) -> String {
        """
        CREATE TEMP TABLE number (conv TEXT NOT NULL, base INTEGER NOT NULL);
        INSERT INTO number
            WITH RECURSIVE n (value) AS (VALUES (\(range.lowerBound)) UNION ALL SELECT value + 1 FROM n WHERE value + 1 < \(range.upperBound))
            SELECT 'conv_' || printf('%029d', value), value * 10 FROM n;
        """
    }

    /// - Parameter age: milliseconds.
    private static func copies(age: Int) -> String {
        """
        INSERT INTO conversation (id, app, status, locale, locale_is_fixed, channel, visitor, metadata, last_seq, state,
                handoff_reason, created_at)
            SELECT conv, app, status, locale, locale_is_fixed, channel, visitor, metadata, 10, state, handoff_reason, created_at
            FROM number, (SELECT * FROM conversation WHERE last_seq = 2 LIMIT 1) AS model;
        CREATE TEMP TABLE place (seq INTEGER);
        INSERT INTO place VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10);
        INSERT INTO message (conversation_id, seq, id, sender, text, buttons, in_reply_to, created_at)
            SELECT conv, place.seq, 'msg_' || printf('%029d', base + place.seq), sender, text, buttons,
                CASE WHEN in_reply_to IS NOT NULL THEN 'msg_' || printf('%029d', base + place.seq - 1) END,
                created_at - \(age)
            FROM number, place JOIN (SELECT * FROM message WHERE conversation_id =
                (SELECT id FROM conversation WHERE last_seq = 2 LIMIT 1)) AS model ON model.seq = 2 - place.seq % 2
            ORDER BY conv, place.seq;
        INSERT INTO turn (conversation_id, seq, id, client_message_id, content, action, intent, confidence, model, decision,
                body, created_at)
            SELECT conv, place.seq, 'turn_' || printf('%029d', base + place.seq), 'm' || place.seq, content, action, intent,
                confidence, model, decision, body, created_at
            FROM number, place, (SELECT * FROM turn WHERE conversation_id =
                (SELECT id FROM conversation WHERE last_seq = 2 LIMIT 1)) AS model
            WHERE place.seq % 2 = 1 ORDER BY conv, place.seq;
        DROP TABLE temp.place;
        """
    }
}

/// Understands everything alike, at no cost: only what is stored is to be measured.
private struct FixedClassifier: IntentClassifier {
    private static let intents = ["order.status", "order.change", "delivery.time", "refund", "complaint"]

    func understand(_ texts: [String], visitor: BotLocale?) -> [MessageUnderstanding] {
        texts.map { _ in
            MessageUnderstanding(
                model: ModelVersionID(trusted: "model_" + String(repeating: "0", count: 29)),
                ranking: Self.intents.enumerated().map { index, name in
                    IntentScore(intent: IntentName(trusted: name), confidence: index == 0 ? 0.9642 : 0.0071)
                },
                threshold: 0.5, verdict: .accepted, entities: [], embedding: [])
        }
    }
}

private struct NoKnowledge: KnowledgeBase {
    func search(_ query: String, embedding: [Float]?, model: ModelVersionID?, locale: BotLocale?, limit: Int)
        -> [KnowledgeHit]
    { [] }
}

private struct OneAnswer: LiveContent {
    func current() -> ContentSnapshot {
        let intent = IntentName(trusted: "order.status")
        let answer = AnswerTemplate(
            intent: intent, ordinal: 1, version: 1, condition: AnswerCondition(),
            text: [.english: "You can follow your order at any time under My orders on our site."], buttons: [])
        return ContentSnapshot(
            revision: 1,
            content: BotContent(intents: [
                Intent(
                    name: intent, description: "Where an order is",
                    examples: [Example(text: "where is my order", locale: .english)], answers: [answer])
            ]))
    }
}
