public import ConversationDomain
public import ModelRecords
public import Foundation
import Wire

/// `POST /model/parse`: `{text, message_id?}`.
public struct RasaParseRequest: Sendable {
    public let text: String
    /// What a text that stands for a pressed button is understood as, without a model.
    let pressed: [String: JSONValue]?
    private let messageID: JSONValue?

    /// - Throws: `ChatError` that names the field which is wrong.
    public init(_ body: Data, limits: Limits) throws {
        let fields = try RasaBody.fields(body)
        guard case .string(let text)? = fields["text"] else {
            throw ChatError(.invalidRequest, "'text' must be a text")
        }
        self.text = try RequestReader(limits: limits).text(text)
        if case .string? = fields["message_id"] { messageID = fields["message_id"] } else { messageID = nil }
        if case .pressed(let members)? = RasaPayload(text), members["intent"] != nil {
            pressed = members
        } else {
            pressed = nil
        }
    }

    /// Whether the bot has to be asked.
    public var needsUnderstanding: Bool { pressed == nil }

    /// Intents of the ranking at most, as in Rasa.
    public static let top = 10

    /// The answer, as Rasa gives it.
    /// - Parameter understood: what the bot made of the text; nil when it was not asked.
    public func answer(_ understood: Classification?) throws -> Data {
        var fields: [String: JSONValue] = ["text": .string(text)]
        if let messageID { fields["message_id"] = messageID }
        if let understood {
            let ranking = understood.ranking.prefix(Self.top).map { Self.intent($0.intent.rawValue, $0.confidence) }
            // The name by which bots of Rasa know that nothing was understood.
            let fallback = Self.intent("nlu_fallback", 1 - understood.confidence)
            let accepted = understood.isAccepted ? understood.intent : nil
            fields["intent"] = accepted.map { Self.intent($0.rawValue, understood.confidence) } ?? fallback
            fields["intent_ranking"] = .array(accepted == nil ? [fallback] + ranking : Array(ranking))
            fields["entities"] = .array(understood.entities.map(Self.entity))
        } else {
            let intent: JSONValue = ["name": pressed?["intent"] ?? .null, "confidence": 1]
            fields["intent"] = intent
            fields["intent_ranking"] = [intent]
            fields["entities"] = .array(slots)
        }
        // There are no retrieval intents: entries of the knowledge base answer such questions.
        fields["response_selector"] = ["all_retrieval_intents": [], "default": Self.noResponse]
        return try JSONEncoder.frontdesk().encode(JSONValue.object(fields))
    }

    private static let noResponse: JSONValue = [
        "response": [
            "responses": .null, "confidence": 0, "intent_response_key": .null, "utter_action": "utter_None",
        ],
        "ranking": [],
    ]

    private static func intent(_ name: String, _ confidence: Double) -> JSONValue {
        ["name": .string(name), "confidence": .number(min(1, max(0, confidence)))]
    }

    private static func entity(_ entity: Entity) -> JSONValue {
        [
            "entity": .string(entity.entity.rawValue), "value": .string(entity.value),
            "start": .integer(Int64(entity.start)), "end": .integer(Int64(entity.end)),
            "confidence_entity": entity.confidence.map { .number($0) } ?? .integer(1), "extractor": "frontdesk",
        ]
    }

    private var slots: [JSONValue] {
        guard case .object(let slots)? = pressed?["slots"] else { return [] }
        let end = Int64(text.unicodeScalars.count)
        return slots.sorted { $0.key < $1.key }.map { name, value in
            [
                "entity": .string(name), "value": value, "start": 0, "end": .integer(end),
                "extractor": "RegexMessageHandler",
            ]
        }
    }
}
