public import ConversationDomain
import Foundation
public import People

// How conversations and what people do in them look in JSON.

/// A conversation as REST shows it: what everybody sees, and for secret keys what is known of the visitor and who has it.
public struct ConversationView: Encodable, Sendable {
    private let conversation: Conversation
    private let kind: KeyKind
    private let resumeToken: String?

    /// - Parameter resumeToken: of a conversation that was just started.
    public init(_ conversation: Conversation, for kind: KeyKind, resumeToken: String? = nil) {
        self.conversation = conversation
        self.kind = kind
        self.resumeToken = resumeToken
    }

    enum Keys: String, CodingKey {
        case id, status, locale, channel, agent, team, assignee, handoff, visitor, metadata, read
        case lastSeq = "last_seq"
        case createdAt = "created_at"
        case externalID = "external_id"
        case resumeToken = "resume_token"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encodeIfPresent(resumeToken, forKey: .resumeToken)
        try container.encode(conversation.id, forKey: .id)
        try container.encode(conversation.status, forKey: .status)
        try container.encode(conversation.locale, forKey: .locale)
        try container.encode(conversation.channel, forKey: .channel)
        try container.encode(conversation.lastSeq, forKey: .lastSeq)
        try container.encode(conversation.createdAt, forKey: .createdAt)
        try container.encode(conversation.agentName, forKey: .agent)
        try container.encode(conversation.read, forKey: .read)
        guard kind == .secret else { return }
        try container.encode(conversation.externalID, forKey: .externalID)
        try container.encode(conversation.team, forKey: .team)
        try container.encode(conversation.assignee, forKey: .assignee)
        try container.encode(HandoffView(conversation), forKey: .handoff)
        try container.encode(conversation.visitor.map(VisitorView.init), forKey: .visitor)
        try container.encode(conversation.metadata, forKey: .metadata)
    }
}

/// That a person was asked for: `{reason, at, missed_at}`.
private struct HandoffView: Encodable {
    let reason: String
    let at: Date?
    let missedAt: Date?

    init?(_ conversation: Conversation) {
        guard let reason = conversation.handoffReason else { return nil }
        self.reason = reason
        at = conversation.handoffAt
        missedAt = conversation.handoffMissedAt
    }

    enum Keys: String, CodingKey {
        case reason, at
        case missedAt = "missed_at"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(reason, forKey: .reason)
        try container.encode(at, forKey: .at)
        try container.encode(missedAt, forKey: .missedAt)
    }
}

/// What is known of a visitor: `{id, name, email}`.
private struct VisitorView: Encodable {
    let visitor: Visitor

    enum Keys: String, CodingKey {
        case id, name, email
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(visitor.id, forKey: .id)
        try container.encode(visitor.name, forKey: .name)
        try container.encode(visitor.email, forKey: .email)
    }
}

extension Suggestion: Encodable {
    enum WireKeys: String, CodingKey {
        case kind, text, question, probability, similarity, intent, knowledge, link
        case conversation = "conversation_id"
    }

    public func encode(to encoder: any Encoder) throws {
        func rounded(_ share: Double) -> Double { (share * 1e6).rounded() / 1e6 }
        var container = encoder.container(keyedBy: WireKeys.self)
        try container.encode(kind, forKey: .kind)
        try container.encode(text, forKey: .text)
        try container.encode(question, forKey: .question)
        try container.encode(probability.map(rounded), forKey: .probability)
        try container.encode(similarity.map(rounded), forKey: .similarity)
        try container.encode(intent, forKey: .intent)
        try container.encode(knowledge, forKey: .knowledge)
        try container.encode(link, forKey: .link)
        try container.encode(conversation, forKey: .conversation)
    }
}

extension Note: Encodable {
    enum WireKeys: String, CodingKey {
        case id, author, text
        case createdAt = "created_at"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: WireKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(author, forKey: .author)
        try container.encode(text, forKey: .text)
        try container.encode(createdAt, forKey: .createdAt)
    }
}

/// What an agent's reply is answered with: `{message, status}`.
public struct PostView: Encodable, Sendable {
    private let message: Message
    private let status: ConversationStatus

    public init(_ result: PostResult) {
        message = result.message
        status = result.status
    }
}

/// `{conversations, next_cursor}`.
public struct ConversationPageView: Encodable, Sendable {
    private let page: ConversationPage

    public init(_ page: ConversationPage) { self.page = page }

    enum Keys: String, CodingKey {
        case conversations
        case next = "next_cursor"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(page.conversations.map { ConversationView($0, for: .secret) }, forKey: .conversations)
        try container.encode(page.next, forKey: .next)
    }
}

// MARK: - Transcripts

/// How a transcript is written.
public enum TranscriptFormat: String, Hashable, Sendable, CaseIterable {
    case json, csv, text
}

extension Transcript {
    /// One line of a conversation as people read it: a message, or a note, which has no seq.
    private struct Line {
        let time: Date
        let seq: Int?
        let from: String
        let name: String?
        let text: String
    }

    /// Messages and notes in the order of their times; a note stands behind the message before it.
    private var lines: [Line] {
        let said = messages.map { message in
            Line(
                time: message.createdAt, seq: message.seq, from: message.from.rawValue,
                name: message.from == .visitor ? conversation.visitor?.name : authors[message.id]?.name,
                text: message.text)
        }
        let noted = notes.map { Line(time: $0.createdAt, seq: nil, from: "note", name: $0.author.name, text: $0.text) }
        var (all, rest) = ([Line](), noted[...])
        for line in said {
            while let note = rest.first, note.time < line.time {
                all.append(note)
                rest = rest.dropFirst()
            }
            all.append(line)
        }
        return all + rest
    }

    /// `time,seq,from,name,text` with a header, lines ended by CR LF as RFC 4180 has it. A field that a spreadsheet would take for a
    /// formula gets an apostrophe before it.
    public var csv: String {
        let rows = lines.map { line in
            [Timestamp.text(line.time), line.seq.map(String.init) ?? "", line.from, line.name ?? "", line.text]
        }
        return ([["time", "seq", "from", "name", "text"]] + rows).map { row in
            row.map(Self.field).joined(separator: ",") + "\r\n"
        }.joined()
    }

    static func field(_ text: String) -> String {
        let beginsFormula = text.unicodeScalars.first { !" \u{A0}\u{3000}".unicodeScalars.contains($0) }.map {
            "=+-@\t\r\n＝＋－＠".unicodeScalars.contains($0)
        }
        let safe = beginsFormula == true ? "'" + text : text
        guard safe.utf8.contains(where: { [UInt8(ascii: ","), UInt8(ascii: "\""), 10, 13].contains($0) }) else {
            return safe
        }
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }

    /// A line for each message: `2026-11-23T08:15:30.123Z  agent (Mia): …`.
    public var plainText: String {
        lines.map { line in
            "\(Timestamp.text(line.time))  \(line.from)\(line.name.map { " (\($0))" } ?? ""): \(line.text)\n"
        }.joined()
    }
}

extension Transcript: Encodable {
    enum WireKeys: String, CodingKey {
        case conversation, messages, notes
    }

    /// A message with the agent who wrote it.
    private struct Authored: Encodable {
        let message: Message
        let author: Assignee?

        enum Keys: String, CodingKey {
            case author
        }

        func encode(to encoder: any Encoder) throws {
            try message.encode(to: encoder)
            var container = encoder.container(keyedBy: Keys.self)
            try container.encode(author, forKey: .author)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: WireKeys.self)
        try container.encode(ConversationView(conversation, for: .secret), forKey: .conversation)
        try container.encode(messages.map { Authored(message: $0, author: authors[$0.id]) }, forKey: .messages)
        try container.encode(notes, forKey: .notes)
    }
}
