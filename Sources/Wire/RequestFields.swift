public import ConversationDomain
import Foundation

/// A field of a request: its name, what it may hold, and how it is read. Whoever shows what a call takes and whoever reads it use
/// one value, so that they cannot differ.
public struct RequestField<Value: Sendable>: Sendable {
    /// As the description of the interface shows it.
    public let member: Shape.Member
    private let read: @Sendable (inout JSONFields, String) throws -> Value?

    /// - Parameters:
    ///   - isRequired: an optional field may be absent or null.
    ///   - read: takes the field of this name out; nil when it is not there.
    public init(
        _ name: String, _ shape: Shape, _ note: String, isRequired: Bool = false,
        read: @escaping @Sendable (inout JSONFields, String) throws -> Value?
    ) {
        member = Shape.Member(name, shape, note, isRequired ? .always : .optional)
        self.read = read
    }

    public var name: String { member.name }

    /// Takes the field out; nil when it is absent or null.
    /// - Throws: `ChatError` that names the field and says what was expected.
    public func take(from fields: inout JSONFields) throws -> Value? { try read(&fields, name) }

    /// Takes out a field that must be there.
    public func require(from fields: inout JSONFields) throws -> Value {
        guard let value = try take(from: &fields) else { throw fields.missing(name) }
        return value
    }
}

extension RequestField {
    /// A name, an identifier or a word to choose from.
    /// - Parameters:
    ///   - parse: nil for a text that is none.
    ///   - refusal: what is said then, from the field's name.
    public static func word(
        _ name: String, _ shape: Shape, _ note: String, isRequired: Bool = false,
        _ parse: @escaping @Sendable (String) -> Value?, refusal: @escaping @Sendable (String) -> ChatError
    ) -> RequestField {
        RequestField(name, shape, note, isRequired: isRequired) { fields, name in
            guard let text = try fields.string(name) else { return nil }
            guard let value = parse(text) else { throw refusal(name) }
            return value
        }
    }
}

extension RequestField where Value == Int {
    /// A whole number of a range.
    public static func integer(_ name: String, in range: ClosedRange<Int>, default value: Int, _ note: String)
        -> RequestField
    {
        RequestField(name, .integer(range).with(default: .integer(Int64(value))), note) { fields, name in
            try fields.integer(name, in: range)
        }
    }
}

extension RequestField where Value == Bool {
    public static func flag(_ name: String, _ note: String) -> RequestField {
        RequestField(name, .bool, note) { fields, name in try fields.bool(name) }
    }
}

extension RequestField where Value == String {
    /// What a person wrote, within a bound that is no more than a bound.
    /// - Parameter title: what the refusal calls the field.
    public static func freeText(_ name: String, atMost limit: Int, _ note: String, title: String? = nil)
        -> RequestField
    {
        RequestField(name, .string(0...limit), note) { fields, name in
            guard let text = try fields.freeText(name) else { return nil }
            guard text.unicodeScalars.count <= limit else {
                throw ChatError(.invalidRequest, "'\(title ?? name)' is longer than \(limit) characters")
            }
            return text
        }
    }
}

extension RequestField where Value == BotLocale {
    public static let locale = RequestField.word(
        "locale", .locale, "BCP 47; the nearest one that the bot has is taken, its default one otherwise.",
        { BotLocale($0) },
        refusal: { ChatError(.invalidRequest, "'\($0)' must be a language tag such as en or zh-CN") })
}

/// The fields that both chat transports accept, and how they are read together: the same bounds and the same words of refusal.
public struct RequestReader: Sendable {
    public let limits: Limits
    public let locale = RequestField<BotLocale>.locale
    public let channel: RequestField<ChannelName>
    public let visitor: RequestField<Visitor>
    public let metadata: RequestField<JSONValue>
    public let text: RequestField<String>
    public let intent: RequestField<IntentName>
    public let slots: RequestField<[String: String]>
    public let knowledge: RequestField<KnowledgeID>
    public let clientMessageID: RequestField<String>
    public let messageID: RequestField<MessageID>
    public let rating: RequestField<Feedback.Rating>
    public let comment: RequestField<String>
    /// What a visitor can be told apart by.
    public let visitorFields: [RequestField<String>]

    public init(limits: Limits = Limits()) {
        self.limits = limits
        channel = .word(
            "channel", .name.with(example: "web"), "Where the conversation takes place; answers may depend on it.",
            { ChannelName($0) },
            refusal: {
                ChatError(.invalidRequest, "'\($0)' must be a name of at most 128 letters, digits and . _ - / :")
            })
        let visitorFields = Self.visitorFields(limits)
        self.visitorFields = visitorFields
        visitor = RequestField(
            "visitor", .object(visitorFields.map(\.member), isClosed: true), "Who the visitor is, as far as you know."
        ) { fields, name in
            guard var visitor = try fields.object(name) else { return nil }
            let values = try visitorFields.map { try $0.take(from: &visitor) }
            try visitor.finish()
            return Visitor(id: values[0], name: values[1], email: values[2])
        }
        metadata = RequestField(
            "metadata", .anyObject,
            "Free; at most \(limits.metadataDepth) levels deep and \(limits.metadataBytes) bytes of JSON."
        ) { fields, name in
            try fields.take(name).map { try Self.bounded($0, limits) }
        }
        text = Self.message("text", "What the visitor says.", limits)
        intent = .word(
            "intent", .name, "The intent of a pressed button.", { IntentName($0) },
            refusal: { ChatError(.invalidRequest, "'\($0)' is not an intent's name") })
        slots = Self.slots(limits)
        knowledge = .word(
            "knowledge", .name.with(example: "returns.en"), "The knowledge entry of a pressed button.",
            { KnowledgeID($0) },
            refusal: { ChatError(.invalidRequest, "'\($0)' is not the id of a knowledge entry") })
        let idLength = 1...limits.clientMessageID
        clientMessageID = RequestField(
            "client_message_id", .string(idLength),
            "Yours; the same one again gives the same answer, and nothing runs twice."
        ) { fields, name in
            guard let id = try fields.freeText(name) else { return nil }
            guard idLength.contains(id.unicodeScalars.count) else {
                throw ChatError(.invalidRequest, "'\(name)' must have 1 to \(idLength.upperBound) characters")
            }
            return id
        }
        messageID = .word(
            "message_id", .string(0...128).with(example: "msg_038G7BH5JAB3CEWEESP168NR6FZ5W"),
            "The bot's message; one that is not of this conversation is not found.", isRequired: true,
            { MessageID($0) },
            refusal: { _ in ChatError(.notFound, "there is no such message in this conversation") })
        rating = .word(
            "rating", .choice(Feedback.Rating.self), "Whether it helped.", isRequired: true,
            { Feedback.Rating(rawValue: $0) },
            refusal: { ChatError(.invalidRequest, "'\($0)' must be \"up\" or \"down\"") })
        comment = .freeText("comment", atMost: limits.comment, "Why.")
    }

    private static func visitorFields(_ limits: Limits) -> [RequestField<String>] {
        ["id", "name", "email"].map { name in
            .freeText(name, atMost: limits.visitorField, "", title: "visitor.\(name)")
        }
    }

    private static func slots(_ limits: Limits) -> RequestField<[String: String]> {
        let value = Shape.anyOf([.string(0...limits.slotValue), Shape(["type": "number"]), .bool])
        return RequestField(
            "slots", .map(of: value, names: SlotName.pattern, atMost: limits.buttonSlots),
            "Values that the button fills in."
        ) { fields, name in
            guard let slots = try fields.stringMap(name, limit: limits.buttonSlots) else { return nil }
            for (slot, value) in slots {
                guard SlotName.isValid(slot) else {
                    throw ChatError(.invalidRequest, "'\(name)' has a name that no slot can have")
                }
                guard value.unicodeScalars.count <= limits.slotValue else {
                    throw ChatError(.invalidRequest, "'\(name).\(slot)' is longer than \(limits.slotValue) characters")
                }
            }
            return slots
        }
    }

    private static func bounded(_ metadata: JSONValue, _ limits: Limits) throws -> JSONValue {
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

// MARK: - Fields together

extension RequestReader {
    /// What a conversation can start with.
    public var conversationMembers: [Shape.Member] {
        [locale.member, channel.member, visitor.member, metadata.member]
    }

    /// Takes `locale`, `channel`, `visitor` and `metadata` out of the fields.
    public func conversation(_ fields: inout JSONFields, defaultChannel: ChannelName) throws -> ConversationRequest {
        var request = ConversationRequest(channel: defaultChannel)
        request.locale = try locale.take(from: &fields)
        if let channel = try channel.take(from: &fields) { request.channel = channel }
        request.visitor = try visitor.take(from: &fields)
        request.metadata = try metadata.take(from: &fields)
        return request
    }

    /// What a message can be: a text, or a pressed button for an intent or an entry.
    public var contentShapes: [(title: String, members: [Shape.Member])] {
        [
            ("A text", [text.member.with(.always)]),
            ("A pressed button", [intent.member.with(.always), slots.member]),
            ("A pressed button of a knowledge entry", [knowledge.member.with(.always)]),
        ]
    }

    /// Takes `text`, or `intent` and `slots`, or `knowledge` out of the fields.
    public func content(_ fields: inout JSONFields) throws -> InboundContent {
        let given = [text.name, intent.name, knowledge.name].filter { fields.holds($0) }
        guard given.count < 2 else {
            throw ChatError(.invalidRequest, "send one of 'text', 'intent' and 'knowledge', not several")
        }
        let text = try text.take(from: &fields)
        let intent = try intent.take(from: &fields)
        let knowledge = try knowledge.take(from: &fields)
        let slots = try slots.take(from: &fields)
        if let given = given.first, intent == nil, slots != nil {
            throw ChatError(.invalidRequest, "'slots' goes with 'intent', not with '\(given)'")
        }
        if let text { return .text(text) }
        if let intent { return .button(intent: intent, slots: slots ?? [:]) }
        if let knowledge { return .knowledge(knowledge) }
        throw ChatError(.invalidRequest, "'text', 'intent' or 'knowledge' is required")
    }

    public var feedbackMembers: [Shape.Member] { [messageID.member, rating.member, comment.member] }

    /// Takes `message_id`, `rating` and `comment` out of the fields.
    public func feedback(_ fields: inout JSONFields, in conversation: ConversationID) throws -> Feedback {
        Feedback(
            conversation: conversation, message: try messageID.require(from: &fields),
            rating: try rating.require(from: &fields), comment: try comment.take(from: &fields))
    }
}

// MARK: - Messages

extension RequestReader {
    /// A field that holds a message's text.
    public static func message(_ name: String, _ note: String, isRequired: Bool = false, _ limits: Limits)
        -> RequestField<String>
    {
        RequestField(name, messageShape(limits), note, isRequired: isRequired) { fields, name in
            try fields.freeText(name).map { try checked($0, field: name, limits) }
        }
    }

    /// A message's text; that it has at most ``MarkRuns`` marks in a row cannot be said here.
    public static func messageShape(_ limits: Limits) -> Shape {
        .string(1...limits.messageText, pattern: textPattern).with(example: "where is my order")
    }

    /// A message's text: not blank, within bounds, no control characters but tab and line ends, no endless marks.
    public func text(_ text: String, field: String = "text") throws -> String {
        try Self.checked(text, field: field, limits)
    }

    private static func checked(_ text: String, field: String, _ limits: Limits) throws -> String {
        guard text.unicodeScalars.count <= limits.messageText else {
            throw ChatError(.tooLarge, "'\(field)' is longer than \(limits.messageText) characters")
        }
        guard !MarkRuns.areTooLong(in: text) else {
            throw ChatError(.tooLarge, "'\(field)' has more than \(MarkRuns.limit) combining marks in a row")
        }
        guard !text.unicodeScalars.contains(where: { isControl($0) && !"\t\n\r".unicodeScalars.contains($0) }) else {
            throw ChatError(.invalidRequest, "'\(field)' has control characters")
        }
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
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }

    /// No control characters but tab and line ends, and one character at least that is neither white space nor ignorable by
    /// default: what `checked` asks for, in what regular expressions of every language have in common. Ignorable characters
    /// beyond the first plane stand there themselves, since their escapes differ.
    static let textPattern: String = {
        let allowed = #"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"#
        let unseen =
            #"\x00-\x20\x7f-\xa0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f"#
            + #"\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"#
            + "\u{1BCA0}-\u{1BCA3}\u{1D173}-\u{1D17A}\u{E0000}-\u{E0FFF}"
        return "^\(allowed)*[^\(unseen)]\(allowed)*$"
    }()
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
