public import Foundation

// The values that come with every turn, written without an encoder. Members stand in the order of their keys.

extension Turn {
    /// The response body `{message, replies, decision, status}`.
    public func encodedBody() -> Data {
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
            json.member("intent", intent.rawValue)
            json.memberIfPresent("slots", slots)
            json.member("title", title)
        }
    }
}

extension Decision: JSONWritable {
    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("action", action.rawValue)
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
