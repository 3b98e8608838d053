import Access
import ConversationDomain
import Foundation
import Wire

/// What a client can say.
enum ClientFrame: Hashable {
    case start(ConversationRequest, PageProof)
    case resume(ConversationID, after: Int, PageProof)
    case message(InboundContent, clientMessageID: String)
    case feedback(messageID: String, rating: Feedback.Rating, comment: String?)
    case typing(Bool)
    case ping
    case desk(DeskFrame)
}

/// What a page shows for a conversation, and says of its visitor.
struct PageProof: Hashable {
    var resumeToken: String?
    /// Who the visitor is, as the shop's own server vouches.
    var visitorToken: String?
    /// The visitor's open conversation is wanted, if there is one.
    var continues = false
    /// Is added to what is known of the conversation.
    var metadata: JSONValue?
}

/// What the server says, each as one JSON object in a text frame.
enum ServerFrame: Encodable {
    /// - Parameter resumeToken: of a conversation that was just started.
    case ready(ConversationID, lastSeq: Int, heartbeat: Int, resumeToken: String? = nil)
    case message(Message, DecisionView?)
    case acceptedMessage(clientMessageID: String?, seq: Int)
    case acceptedFeedback(MessageID)
    /// - Parameter agent: the person who writes; nil for the bot.
    case typing(Bool, agent: String? = nil)
    case read(ConversationSide, seq: Int)
    case follower(FollowerFrame)
    case visitorPresence(VisitorPresence)
    case status(ConversationStatus, agent: String?)
    case error(ChatError, clientMessageID: String?)
    case pong

    enum Keys: String, CodingKey {
        case type, message, decision, seq, on, status, agent, code, by
        case conversationID = "conversation_id"
        case lastSeq = "last_seq"
        case heartbeat = "heartbeat_s"
        case clientMessageID = "client_message_id"
        case messageID = "message_id"
        case resumeToken = "resume_token"
    }

    func encode(to encoder: any Encoder) throws {
        if case .follower(let frame) = self { return try frame.encode(to: encoder) }
        if case .visitorPresence(let frame) = self { return try frame.encode(to: encoder) }
        var container = encoder.container(keyedBy: Keys.self)
        switch self {
        case .follower, .visitorPresence: break
        case .read(let side, let seq):
            try container.encode("read", forKey: .type)
            try container.encode(side, forKey: .by)
            try container.encode(seq, forKey: .seq)
        case .ready(let id, let lastSeq, let heartbeat, let resumeToken):
            try container.encode("ready", forKey: .type)
            try container.encode(id, forKey: .conversationID)
            try container.encode(lastSeq, forKey: .lastSeq)
            try container.encode(heartbeat, forKey: .heartbeat)
            try container.encodeIfPresent(resumeToken, forKey: .resumeToken)
        case .message(let message, let decision):
            try container.encode("message", forKey: .type)
            try container.encode(message, forKey: .message)
            try container.encode(decision, forKey: .decision)
        case .acceptedMessage(let clientMessageID, let seq):
            try container.encode("ack", forKey: .type)
            try container.encode(clientMessageID, forKey: .clientMessageID)
            try container.encode(seq, forKey: .seq)
        case .acceptedFeedback(let id):
            try container.encode("ack", forKey: .type)
            try container.encode(id, forKey: .messageID)
        case .typing(let isOn, let agent):
            try container.encode("typing", forKey: .type)
            try container.encode(isOn, forKey: .on)
            try container.encodeIfPresent(agent, forKey: .agent)
        case .status(let status, let agent):
            try container.encode("status", forKey: .type)
            try container.encode(status, forKey: .status)
            try container.encodeIfPresent(agent, forKey: .agent)
        case .error(let error, let clientMessageID):
            try container.encode("error", forKey: .type)
            try container.encode(error.code, forKey: .code)
            try container.encode(error.message, forKey: .message)
            try container.encodeIfPresent(clientMessageID, forKey: .clientMessageID)
        case .pong: try container.encode("pong", forKey: .type)
        }
    }
}

/// A frame that is not of the wire format, with the client's message id if that could be read.
struct BadFrame: Error {
    let error: ChatError
    var clientMessageID: String?
}

extension ClientFrame {
    /// What `type` may have.
    private static let typeBytes = 256

    /// - Throws: ``BadFrame``.
    init(_ text: Data, reader: RequestReader) throws {
        var clientMessageID: String?
        do {
            var fields = try JSONFields(try JSONValue.parse(text))
            let type = try fields.requiredString("type", atMost: Self.typeBytes)
            if let frame = try DeskFrame(type, &fields) {
                try fields.finish()
                self = .desk(frame)
                return
            }
            switch type {
            case "start":
                let request = try reader.conversation(&fields, defaultChannel: .web)
                var proof = PageProof(visitorToken: try Self.visitorToken(&fields))
                proof.continues = try fields.bool("continue") ?? false
                self = .start(request, proof)
            case "resume": self = try Self.resume(&fields, reader)
            case "message":
                clientMessageID = try reader.clientMessageID.take(from: &fields)
                guard let id = clientMessageID else {
                    throw ChatError(.invalidRequest, "'client_message_id' is required")
                }
                self = .message(try reader.content(&fields), clientMessageID: id)
            case "feedback": self = try Self.feedback(&fields, reader)
            case "typing":
                guard let isOn = try fields.bool("on") else { throw ChatError(.invalidRequest, "'on' is required") }
                self = .typing(isOn)
            case "ping": self = .ping
            default:
                throw ChatError(
                    .invalidRequest,
                    "unknown type '\(UTF8Text(type).beginning(32))'; expected start, resume, message, feedback, typing, ping, \(DeskFrame.types)"
                )
            }
            try fields.finish()
        } catch let error as ChatError {
            throw BadFrame(error: error, clientMessageID: clientMessageID)
        }
    }

    private static func visitorToken(_ fields: inout JSONFields) throws -> String? {
        try fields.string("visitor_token", atMost: VisitorTokens.limit)
    }

    private static func resume(_ fields: inout JSONFields, _ reader: RequestReader) throws -> ClientFrame {
        let text = try fields.requiredString("conversation_id")
        guard let after = try fields.integer("after", in: 0...Int.max) else {
            throw ChatError(.invalidRequest, "'after' is required: the seq of the last message that was seen, or 0")
        }
        var proof = PageProof(
            resumeToken: try fields.string("resume_token", atMost: ResumeToken.limit),
            visitorToken: try visitorToken(&fields))
        proof.metadata = try reader.metadata.take(from: &fields)
        guard proof.metadata == nil || proof.visitorToken != nil else {
            throw ChatError(.invalidRequest, "'metadata' goes with 'visitor_token' here")
        }
        guard let id = ConversationID(text) else { throw ChatError(.notFound, "there is no such conversation") }
        return .resume(id, after: after, proof)
    }

    private static func feedback(_ fields: inout JSONFields, _ reader: RequestReader) throws -> ClientFrame {
        let messageID = try fields.requiredString(reader.messageID.name)
        return .feedback(
            messageID: messageID, rating: try reader.rating.require(from: &fields),
            comment: try reader.comment.take(from: &fields))
    }
}

/// Why a socket is closed by the server.
enum CloseCode: UInt16 {
    case goingAway = 1001
    case protocolError = 1002
    case invalidText = 1007
    case tooBig = 1009
    case badFrames = 4400
    case unauthorized = 4401
    case forbidden = 4403
    case noHeartbeat = 4408
    case tooFast = 4429
}
