public import ConversationDomain
public import Foundation
import Wire

/// What a client of Rasa's REST channel sends: `{sender, message, input_channel?, metadata?}`. Like Rasa, other fields are passed over.
public struct RasaMessage: Sendable {
    /// What is to be done about it.
    public enum Wish: Sendable {
        /// Said by the visitor, or pressed.
        case say(InboundContent)
        /// `/session_start`: the conversation is there, and nothing is said.
        case begin
        /// `/restart`: what was said is over.
        case restart
    }

    /// Characters of a sender's id.
    static let senderLength = 1...128

    public let sender: String
    public let wish: Wish
    /// What a conversation that begins with it is made with.
    public let request: ConversationRequest

    /// - Throws: `ChatError` that names the field which is wrong.
    public init(_ body: Data, limits: Limits) throws {
        let fields = try RasaBody.fields(body)
        let reader = RequestReader(limits: limits)
        sender = try Self.sender(fields["sender"])
        guard let message = fields["message"], case .string(let text) = message else {
            throw ChatError(.invalidRequest, "'message' must be a text")
        }
        switch RasaPayload(text) {
        case .command("restart"): wish = .restart
        case .command("session_start"): wish = .begin
        case .command, nil: wish = .say(.text(try reader.text(text, field: "message")))
        case .pressed(let members):
            var pressed = try JSONFields(.object(members))
            wish = .say(try reader.content(&pressed))
        }
        var opening: [String: JSONValue] = [:]
        if let channel = fields["input_channel"], channel != .null { opening["channel"] = channel }
        if let metadata = fields["metadata"], metadata != .null, metadata != .object([:]) {
            opening["metadata"] = metadata
        }
        var members = try JSONFields(.object(opening))
        request = try reader.conversation(&members, defaultChannel: ChannelName(trusted: "rest"))
    }

    /// Rasa calls a visitor `default` whom the client does not name.
    private static func sender(_ value: JSONValue?) throws -> String {
        switch value {
        case nil, .null: return "default"
        case .integer(let number): return "\(number)"
        case .string(let text)
        where senderLength.contains(text.unicodeScalars.count)
            && !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }):
            return text
        default:
            throw ChatError(
                .invalidRequest, "'sender' must be a text of 1 to \(senderLength.upperBound) characters")
        }
    }
}

/// A body of Rasa's interface, whatever it was declared to be.
enum RasaBody {
    static func fields(_ body: Data) throws -> [String: JSONValue] {
        guard case .object(let fields) = try JSONValue.parse(body) else {
            throw ChatError(.invalidRequest, "the body must be a JSON object")
        }
        return fields
    }
}

/// A message that stands for a pressed button: `/intent`, `/intent{"slot": "value"}`.
enum RasaPayload: Equatable {
    /// One of Rasa's own commands, without its slash.
    case command(String)
    /// The members of a message as our own interface has them.
    case pressed([String: JSONValue])

    /// Not the name of an intent, so that no bot can have one of this name.
    static let knowledge = "@knowledge"
    private static let commands: Set<String> = ["restart", "session_start"]
    /// Bytes of a payload; longer texts are texts.
    private static let limit = 8_192

    /// Nil for what a visitor wrote.
    init?(_ text: String) {
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard trimmed.utf8.first == UInt8(ascii: "/"), trimmed.utf8.count <= Self.limit else { return nil }
        let rest = trimmed.dropFirst()
        let brace = rest.utf8.firstIndex(of: UInt8(ascii: "{")) ?? rest.endIndex
        var name = String(rest[..<brace])
        var members: [String: JSONValue] = [:]
        if brace != rest.endIndex {
            guard case .object(let read)? = try? JSONValue.parse(Data(rest[brace...].utf8)) else { return nil }
            members = read
        }
        if name == Self.knowledge {
            guard case .string(let id)? = members["id"], KnowledgeID(id) != nil else { return nil }
            self = .pressed(["knowledge": .string(id)])
            return
        }
        // Rasa lets a test say how sure it is: `/greet@0.9`.
        if let at = name.firstIndex(of: "@") {
            guard Double(name[name.index(after: at)...]) != nil else { return nil }
            name = String(name[..<at])
        }
        if members.isEmpty, Self.commands.contains(name) {
            self = .command(name)
            return
        }
        guard IntentName.isValid(name) else { return nil }
        self = .pressed(
            members.isEmpty
                ? ["intent": .string(name)]
                : ["intent": .string(name), "slots": .object(members.filter { $0.value != .null })])
    }
}
