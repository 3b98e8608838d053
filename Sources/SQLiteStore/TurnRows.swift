internal import ConversationDomain
internal import GRDB
import Wire

/// The rows of a turn. They are made before the writer takes them, so that its thread, which all turns share, only writes.
struct TurnRows: Sendable {
    private typealias Values = [DatabaseValue]

    /// The conversation's row when the turn is the first and creates it.
    private let creation: Values?
    private let update: Values
    private let messages: [Values]
    private let turn: Values
    private let usage: StorageAccount?
    /// Where the conversation stands with people, when the turn changed that.
    private let people: Values?
    /// What happened, for the journal.
    let events: [ConversationEvent]
    /// About how many bytes the turn adds to the file: its values, and for each row what SQLite adds in the table and its index.
    let bytes: Int

    init(_ commit: TurnCommit) throws {
        let after = commit.conversation
        creation = commit.createsConversation ? try ConversationRow.values(after, state: commit.state) : nil
        update = Self.values([
            after.status.rawValue, after.locale.rawValue, after.lastSeq, commit.state.jsonText(), after.handoffReason,
            after.id.rawValue, commit.previousSeq, commit.events.contains(.statusChanged(from: .closed)),
        ])
        let turn = commit.stored.turn
        messages = ([turn.message] + turn.replies).map { MessageRow.values($0, of: turn.conversation) }
        self.turn = Self.values([
            turn.conversation.rawValue, turn.message.seq, turn.id.rawValue, turn.clientMessageID,
            commit.stored.content.jsonText(), turn.decision?.action.rawValue, turn.decision?.intent?.rawValue,
            turn.decision?.confidence, turn.decision?.model?.rawValue, turn.decision?.jsonText(),
            turn.clientMessageID == nil ? nil : commit.stored.body, RowTime.milliseconds(turn.message.createdAt),
        ])
        usage = commit.account
        people = commit.events.isEmpty ? nil : try ConversationRow.people(after)
        events = (commit.createsConversation ? [.created] : []) + [.turn(turn)] + commit.events
        let review = commit.reviewReason == nil ? 0 : RowBytes.review(textBytes: turn.message.text.utf8.count)
        bytes =
            (messages + [self.turn] + (creation.map { [$0] } ?? [])).reduce(0) { $0 + RowBytes.count($1) } + review
    }

    private static func values(_ values: [(any DatabaseValueConvertible)?]) -> Values {
        values.map { $0?.databaseValue ?? .null }
    }

    /// A closed conversation is changed only by the turn that opens it again.
    private static let change = """
        UPDATE conversation SET status = ?, locale = ?, last_seq = ?, state = ?, handoff_reason = ?
        WHERE id = ? AND last_seq = ? AND (status <> 'closed' OR ?)
        """

    /// - Throws: `ChatError(.conflict)` when the conversation is not as the turn found it.
    func write(to database: Database) throws {
        if let creation {
            try ConversationRow.insert(creation, database)
        } else {
            try ConversationRow.keepingNamesApart {
                try database.cachedStatement(sql: Self.change).execute(arguments: StatementArguments(update))
            }
        }
        guard database.changesCount == 1 else {
            throw ChatError(.conflict, "the conversation was closed or changed while the message was being answered")
        }
        let insertion = try database.cachedStatement(sql: MessageRow.insertion)
        for message in messages { try insertion.execute(arguments: StatementArguments(message)) }
        try database.cachedStatement(
            sql: """
                INSERT INTO turn (conversation_id, seq, id, client_message_id, content, action, intent, confidence, model,
                    decision, body, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: StatementArguments(turn))
        if let people {
            try database.cachedStatement(sql: ConversationRow.peopleChange).execute(
                arguments: StatementArguments(people))
        }
        if let usage { try StorageUseRow.add(bytes, to: usage, database) }
    }
}

/// The row of a message.
enum MessageRow {
    static let insertion = """
        INSERT INTO message (conversation_id, seq, id, sender, text, buttons, in_reply_to, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """

    static func values(_ message: Message, of conversation: ConversationID) -> [DatabaseValue] {
        let values: [(any DatabaseValueConvertible)?] = [
            conversation.rawValue, message.seq, message.id.rawValue, message.from.rawValue, message.text,
            message.buttons.isEmpty ? nil : message.buttons.jsonText(), message.inReplyTo?.rawValue,
            RowTime.milliseconds(message.createdAt),
        ]
        return values.map { $0?.databaseValue ?? .null }
    }
}

/// The row of a conversation.
enum ConversationRow {
    /// In the order in which ``conversation(_:)`` takes them by their index.
    static let columns = """
        app, status, locale, locale_is_fixed, channel, visitor, metadata, last_seq, created_at, handoff_reason, id,
        external_id, team, assignee, assignee_name, handoff_at, handoff_missed_at, status_at, resume_hash,
        visitor_is_proven, read_by_visitor, read_by_agent
        """
    static let columnCount = 22

    static func conversation(_ row: Row) throws -> Conversation {
        var conversation = Conversation(
            id: ConversationID(trusted: row[10]), app: AppName(trusted: row[0]),
            status: try RowJSON.enumeration(row[1]),
            locale: BotLocale(trusted: row[2]), localeIsFixed: row[3], channel: ChannelName(trusted: row[4]),
            visitor: try (row[5] as String?).map { try RowJSON.value($0) },
            metadata: try (row[6] as String?).map { try RowJSON.value($0) }, lastSeq: row[7],
            createdAt: RowTime.date(row[8]), handoffReason: row[9], externalID: row[11])
        conversation.team = (row[12] as String?).map(TeamName.init(trusted:))
        conversation.assignee = SQLiteConversationStore.assignee(row[13], row[14])
        conversation.handoffAt = (row[15] as Int64?).map(RowTime.date)
        conversation.handoffMissedAt = (row[16] as Int64?).map(RowTime.date)
        conversation.statusAt = (row[17] as Int64?).map(RowTime.date)
        (conversation.resumeHash, conversation.visitorIsProven) = (row[18], row[19])
        conversation.read = ReadMarks(visitor: row[20], agent: row[21])
        return conversation
    }

    static func values(_ conversation: Conversation, state: DialogueState) throws -> [DatabaseValue] {
        let values: [(any DatabaseValueConvertible)?] = [
            conversation.id.rawValue, conversation.app.rawValue, conversation.status.rawValue,
            conversation.locale.rawValue, conversation.localeIsFixed, conversation.channel.rawValue,
            try conversation.visitor.map(RowJSON.text), try conversation.metadata.map(RowJSON.text),
            conversation.lastSeq, state.jsonText(), conversation.handoffReason,
            RowTime.milliseconds(conversation.createdAt), conversation.externalID, conversation.visitor?.id,
            conversation.resumeHash, conversation.visitorIsProven,
        ]
        return values.map { $0?.databaseValue ?? .null }
    }

    static let insertion = """
        INSERT INTO conversation (id, app, status, locale, locale_is_fixed, channel, visitor, metadata, last_seq,
            state, handoff_reason, created_at, external_id, visitor_id, resume_hash, visitor_is_proven)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """

    /// Changes nothing when there is a conversation of that id.
    static func insert(_ values: [DatabaseValue], _ database: Database) throws {
        try database.cachedStatement(sql: insertion + " ON CONFLICT (id) DO NOTHING").execute(
            arguments: StatementArguments(values))
    }

    /// - Throws: `ChatError(.conflict)` when `body` would give two open conversations one external id.
    static func keepingNamesApart(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE {
            throw ChatError(.conflict, "another open conversation has this external_id")
        }
    }

    // MARK: Who has it

    static let peopleChange = """
        UPDATE conversation SET team = ?, assignee = ?, assignee_name = ?, handoff_at = ?, handoff_missed_at = ?,
            status_at = ? WHERE id = ?
        """

    /// The values of ``peopleChange``.
    static func people(_ after: Conversation) throws -> [DatabaseValue] {
        place(after).map { $0?.databaseValue ?? .null } + [after.id.rawValue.databaseValue]
    }

    private static func place(_ after: Conversation) -> [(any DatabaseValueConvertible)?] {
        [
            after.team?.rawValue, after.assignee?.id, after.assignee?.name, after.handoffAt.map(RowTime.milliseconds),
            after.handoffMissedAt.map(RowTime.milliseconds), after.statusAt.map(RowTime.milliseconds),
        ]
    }

    static let change = """
        UPDATE conversation SET team = ?, assignee = ?, assignee_name = ?, handoff_at = ?, handoff_missed_at = ?,
            status_at = ?, status = ?, last_seq = ?, handoff_reason = ?, external_id = ?, visitor = ?, visitor_id = ?,
            metadata = ?, visitor_is_proven = ?
        WHERE id = ? AND last_seq = ? AND status = ?
        """

    /// The values of ``change``.
    static func changed(_ after: Conversation, before: Conversation) throws -> [DatabaseValue] {
        let values: [(any DatabaseValueConvertible)?] =
            place(after) + [
                after.status.rawValue, after.lastSeq, after.handoffReason, after.externalID,
                try after.visitor.map(RowJSON.text), after.visitor?.id, try after.metadata.map(RowJSON.text),
                after.visitorIsProven,
                after.id.rawValue, before.lastSeq, before.status.rawValue,
            ]
        return values.map { $0?.databaseValue ?? .null }
    }
}
