public import ConversationDomain
public import Foundation
internal import Wire

/// What a service gets, and what is taken from its answer.
public enum ActionWire {
    /// Bytes of an answer that are read.
    public static let answerBytes = 64 * 1024
    /// Unicode scalars of a field.
    public static let fieldLength = 256
    private static let depth = 8

    /// `{action, app, conversation: {channel, id, locale, visitor}, created_at, id, intent, slots}`
    public static func body(of request: ActionRequest, at time: Date) -> Data {
        Data(ActionBody(request: request, time: time).json())
    }

    /// The wanted fields of a JSON object: texts, numbers and truth values, as text. What is null, a list or an object has no value.
    /// - Returns: nil for anything but a JSON object.
    public static func fields(_ wanted: [SlotName], in body: Data) -> [String: String]? {
        guard body.count <= answerBytes, let value = try? JSONValue.parse(body, maximumDepth: depth) else { return nil }
        return fields(wanted, in: value)
    }

    /// - Returns: nil for anything but an object.
    public static func fields(_ wanted: [SlotName], in value: JSONValue) -> [String: String]? {
        guard case .object(let members) = value else { return nil }
        var fields: [String: String] = [:]
        for name in wanted.map(\.rawValue) {
            guard let text = members[name].flatMap(text) else { continue }
            fields[name] = text
        }
        return fields
    }

    private static func text(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): cleaned(text)
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): "\(number)"
        // 19.0 is 19: JSON makes no difference between the two.
        case .number(let number): number.isFinite ? shortest(number) : nil
        case .null, .array, .object: nil
        }
    }

    private static func shortest(_ number: Double) -> String {
        let text = "\(number)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// One line without characters that control, among them those that turn the text around them; bounded, nil when nothing is left.
    private static func cleaned(_ text: String) -> String? {
        var line = String.UnicodeScalarView()
        var isAfterSpace = true
        for scalar in text.unicodeScalars where !scalar.properties.isBidiControl {
            guard line.count < fieldLength else { break }
            let isSpace = scalar.properties.isWhitespace || scalar.properties.generalCategory == .control
            if !isSpace { line.append(scalar) } else if !isAfterSpace { line.append(" ") }
            isAfterSpace = isSpace
        }
        if isAfterSpace, !line.isEmpty { line.removeLast() }
        return line.isEmpty ? nil : String(line)
    }
}

private struct ActionBody: JSONWritable {
    let request: ActionRequest
    let time: Date

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("action", request.call.action.target.rawValue)
            json.member("app", request.conversation.app.rawValue)
            json.member("conversation", ActionConversation(request: request))
            json.member("created_at", time)
            json.member("id", request.id.rawValue)
            json.member("intent", request.call.intent.rawValue)
            json.member("slots", request.call.slots)
        }
    }
}

private struct ActionConversation: JSONWritable {
    let request: ActionRequest

    func write(to json: inout JSONWriter) {
        let conversation = request.conversation
        json.object { json in
            json.member("channel", conversation.channel.rawValue)
            json.member("id", conversation.id.rawValue)
            json.member("locale", request.locale.rawValue)
            json.member(
                "visitor",
                conversation.visitor?.id.map { ActionVisitor(id: $0, isProven: conversation.visitorIsProven) })
        }
    }
}

/// Whose order it is can be told only where the shop's own server said who the visitor is.
private struct ActionVisitor: JSONWritable {
    let id: String
    let isProven: Bool

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("id", id)
            json.member("is_proven", isProven)
        }
    }
}
