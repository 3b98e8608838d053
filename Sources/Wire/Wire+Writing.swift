public import ConversationDomain
public import Foundation

// The values that come with every turn, written without an encoder. Members stand in the order of their keys.

extension Turn {
    /// The response body `{message, replies, decision, status}`, as it is stored.
    public func encodedBody() -> Data { body(decision) }

    /// The response body as the holder of a key of this kind may see it. Equal turns give equal bytes.
    public func encodedBody(for kind: KeyKind) -> Data {
        switch kind {
        case .secret: encodedBody()
        case .publishable: body(decision.map { DecisionView($0, for: kind) })
        }
    }

    private func body(_ decision: (some JSONWritable)?) -> Data {
        var json = JSONWriter()
        json.object { json in
            json.member("decision", decision)
            json.member("message", message)
            json.member("replies", replies)
            json.member("status", status.rawValue)
        }
        return Data(json.bytes)
    }
}

extension Message: JSONWritable {
    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.memberIfPresent("agent", agent)
            json.member("buttons", buttons)
            json.member("created_at", createdAt)
            json.member("from", from.rawValue)
            json.member("id", id.rawValue)
            json.member("in_reply_to", inReplyTo?.rawValue)
            json.member("seq", seq)
            json.member("text", text)
        }
    }
}

extension Button: JSONWritable {
    public func write(to json: inout JSONWriter) {
        json.object { json in
            switch target {
            case .intent(let name, let slots):
                json.member("intent", name.rawValue)
                json.memberIfPresent("slots", slots)
            case .knowledge(let id): json.member("knowledge", id.rawValue)
            }
            json.member("title", title)
        }
    }
}

extension Candidate: JSONWritable {
    public func write(to json: inout JSONWriter) {
        json.object { json in
            switch subject {
            case .intent(let name): json.member("intent", name.rawValue)
            case .knowledge(let id): json.member("knowledge", id.rawValue)
            }
            json.member("probability", probability)
        }
    }
}

extension Decision: JSONWritable {
    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("action", action.rawValue)
            json.member("candidates", roundedCandidates)
            json.member("confidence", confidence.map(Self.rounded))
            json.member("elapsed_ms", Self.roundedMilliseconds(elapsedMilliseconds))
            json.member("intent", intent?.rawValue)
            json.member("knowledge", knowledge?.rawValue)
            json.member(
                "labelled",
                labelled.map { LabelledMatch(intent: $0.intent, similarity: Self.rounded($0.similarity)) })
            json.member("labels", roundedLabels)
            json.member("model", model?.rawValue)
            json.member(
                "ranking", ranking.map { IntentScore(intent: $0.intent, confidence: Self.rounded($0.confidence)) })
            json.member("rule", rule)
            json.member("template", template)
            json.member("threshold", threshold.map(Self.rounded))
        }
    }
}

/// A decision as the holder of a key may see it: whoever has a publishable key, and so everybody who opens the page, sees
/// what was done, and not what else was thought of.
public struct DecisionView: Hashable, Sendable, JSONWritable, Encodable {
    private let decision: Decision
    private let kind: KeyKind

    public init(_ decision: Decision, for kind: KeyKind) {
        self.decision = decision
        self.kind = kind
    }

    private enum PublicKeys: String, CodingKey {
        case action, intent, rule
    }

    public func write(to json: inout JSONWriter) {
        switch kind {
        case .secret: decision.write(to: &json)
        case .publishable:
            json.object { json in
                json.member("action", decision.action.rawValue)
                json.member("intent", decision.intent?.rawValue)
                json.member("rule", decision.rule)
            }
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch kind {
        case .secret: try decision.encode(to: encoder)
        case .publishable:
            var container = encoder.container(keyedBy: PublicKeys.self)
            try container.encode(decision.action, forKey: .action)
            try container.encode(decision.intent, forKey: .intent)
            try container.encode(decision.rule, forKey: .rule)
        }
    }
}

extension IntentScore: JSONWritable {
    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("confidence", confidence)
            json.member("intent", intent.rawValue)
        }
    }
}

extension LabelScore: JSONWritable {
    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("confidence", confidence)
            json.member("label", label.rawValue)
        }
    }
}

extension LabelledMatch: JSONWritable {
    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("intent", intent.rawValue)
            json.member("similarity", similarity)
        }
    }
}

extension InboundContent: JSONWritable {
    public func write(to json: inout JSONWriter) {
        json.object { json in
            switch self {
            case .text(let text): json.member("text", ["_0": text])
            case .button(let intent, let slots): json.member("button", PressedButton(intent: intent, slots: slots))
            case .knowledge(let id): json.member("knowledge", ["_0": id.rawValue])
            }
        }
    }

    private struct PressedButton: JSONWritable {
        let intent: IntentName
        let slots: [String: String]

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.member("intent", intent.rawValue)
                json.member("slots", slots)
            }
        }
    }
}
