public import ConversationDomain
import Foundation

/// Reads what both chat transports accept, with the same bounds and the same words of refusal.
public struct RequestReader: Sendable {
    public let limits: Limits

    public init(limits: Limits = Limits()) { self.limits = limits }

    /// Takes `locale`, `channel`, `visitor` and `metadata` out of the fields.
    public func conversation(_ fields: inout JSONFields, defaultChannel: ChannelName) throws -> ConversationRequest {
        var request = ConversationRequest(channel: defaultChannel)
        if let text = try fields.string("locale") {
            guard let locale = BotLocale(text) else {
                throw ChatError(.invalidRequest, "'locale' must be a language tag such as en or zh-CN")
            }
            request.locale = locale
        }
        if let text = try fields.string("channel") {
            guard let channel = ChannelName(text) else {
                throw ChatError(
                    .invalidRequest, "'channel' must be a name of at most 128 letters, digits and . _ - / :")
            }
            request.channel = channel
        }
        if var visitor = try fields.object("visitor") {
            request.visitor = Visitor(
                id: try visitorField("id", &visitor), name: try visitorField("name", &visitor),
                email: try visitorField("email", &visitor))
            try visitor.finish()
        }
        if let metadata = fields.take("metadata") { request.metadata = try bounded(metadata) }
        return request
    }

    /// Takes `text`, or `intent` and `slots`, or `knowledge` out of the fields.
    public func content(_ fields: inout JSONFields) throws -> InboundContent {
        let text = try fields.freeText("text")
        let intent = try fields.string("intent")
        let knowledge = try fields.string("knowledge")
        let slots = try fields.stringMap("slots", limit: limits.buttonSlots)
        if let given = text == nil ? knowledge.map({ _ in "knowledge" }) : "text", intent == nil, slots != nil {
            throw ChatError(.invalidRequest, "'slots' goes with 'intent', not with '\(given)'")
        }
        switch (text, intent, knowledge) {
        case (let text?, nil, nil): return .text(try self.text(text))
        case (nil, nil, let knowledge?):
            guard let id = KnowledgeID(knowledge) else {
                throw ChatError(.invalidRequest, "'knowledge' is not the id of a knowledge entry")
            }
            return .knowledge(id)
        case (nil, let intent?, nil):
            guard let name = IntentName(intent) else {
                throw ChatError(.invalidRequest, "'intent' is not an intent's name")
            }
            for (slot, value) in slots ?? [:] {
                guard SlotName.isValid(slot) else {
                    throw ChatError(.invalidRequest, "'slots' has a name that no slot can have")
                }
                guard value.unicodeScalars.count <= limits.slotValue else {
                    throw ChatError(.invalidRequest, "'slots.\(slot)' is longer than \(limits.slotValue) characters")
                }
            }
            return .button(intent: name, slots: slots ?? [:])
        case (nil, nil, nil): throw ChatError(.invalidRequest, "'text', 'intent' or 'knowledge' is required")
        default: throw ChatError(.invalidRequest, "send one of 'text', 'intent' and 'knowledge', not several")
        }
    }

    /// A message's text: not blank, within bounds, no control characters but tab and line ends, no endless marks.
    public func text(_ text: String, field: String = "text") throws -> String {
        guard text.unicodeScalars.count <= limits.messageText else {
            throw ChatError(.tooLarge, "'\(field)' is longer than \(limits.messageText) characters")
        }
        guard !MarkRuns.areTooLong(in: text) else {
            throw ChatError(.tooLarge, "'\(field)' has more than \(MarkRuns.limit) combining marks in a row")
        }
        guard
            !text.unicodeScalars.contains(where: {
                isControl($0) && !"\t\n\r".unicodeScalars.contains($0)
            })
        else { throw ChatError(.invalidRequest, "'\(field)' has control characters") }
        guard
            text.unicodeScalars.contains(where: {
                !$0.properties.isWhitespace && !$0.properties.isDefaultIgnorableCodePoint
            })
        else {
            throw ChatError(.invalidRequest, "'\(field)' is empty")
        }
        return text
    }

    /// Unicode's category Cc, which never changes.
    private func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }

    public func clientMessageID(_ fields: inout JSONFields) throws -> String? {
        guard let id = try fields.freeText("client_message_id") else { return nil }
        guard (1...limits.clientMessageID).contains(id.unicodeScalars.count) else {
            throw ChatError(.invalidRequest, "'client_message_id' must have 1 to \(limits.clientMessageID) characters")
        }
        return id
    }

    /// Takes `message_id`, `rating` and `comment` out of the fields.
    public func feedback(_ fields: inout JSONFields, in conversation: ConversationID) throws -> Feedback {
        guard let message = MessageID(try fields.requiredString("message_id")) else {
            throw ChatError(.notFound, "there is no such message in this conversation")
        }
        guard let rating = Feedback.Rating(rawValue: try fields.requiredString("rating")) else {
            throw ChatError(.invalidRequest, "'rating' must be \"up\" or \"down\"")
        }
        let comment = try comment(&fields)
        return Feedback(conversation: conversation, message: message, rating: rating, comment: comment)
    }

    /// Takes `comment` out of the fields.
    public func comment(_ fields: inout JSONFields) throws -> String? {
        let comment = try fields.freeText("comment")
        guard (comment?.unicodeScalars.count ?? 0) <= limits.comment else {
            throw ChatError(.invalidRequest, "'comment' is longer than \(limits.comment) characters")
        }
        return comment
    }

    private func visitorField(_ name: String, _ fields: inout JSONFields) throws -> String? {
        guard let text = try fields.freeText(name) else { return nil }
        guard text.unicodeScalars.count <= limits.visitorField else {
            throw ChatError(.invalidRequest, "'visitor.\(name)' is longer than \(limits.visitorField) characters")
        }
        return text
    }

    private func bounded(_ metadata: JSONValue) throws -> JSONValue {
        guard case .object = metadata else { throw ChatError(.invalidRequest, "'metadata' must be an object") }
        guard metadata.depth <= limits.metadataDepth else {
            throw ChatError(.invalidRequest, "'metadata' is nested deeper than \(limits.metadataDepth) levels")
        }
        guard let bytes = try? JSONEncoder.frontdesk().encode(metadata), bytes.count <= limits.metadataBytes else {
            throw ChatError(.invalidRequest, "'metadata' is larger than \(limits.metadataBytes) bytes")
        }
        return metadata
    }
}

extension JSONValue {
    /// Levels of nesting; 0 for a plain value.
    var depth: Int {
        switch self {
        case .null, .bool, .integer, .number, .string: 0
        case .array(let elements): 1 + (elements.map(\.depth).max() ?? 0)
        case .object(let members): 1 + (members.values.map(\.depth).max() ?? 0)
        }
    }
}
