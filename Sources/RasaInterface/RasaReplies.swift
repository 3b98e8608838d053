public import ConversationDomain
public import Foundation
import Wire

/// The bot's replies as Rasa's REST channel answers them: `[{recipient_id, text, buttons?}, {recipient_id, image}]`.
public struct RasaReplies: Sendable {
    let messages: [JSONValue]

    /// - Parameter sender: who gets them.
    public init(_ replies: [Message], to sender: String) {
        messages = replies.flatMap { Self.messages($0, to: .string(sender)) }
    }

    /// Nothing is said.
    public static let none = RasaReplies([], to: "")

    /// One JSON list.
    public var body: Data { get throws { try JSONEncoder.frontdesk().encode(messages) } }

    /// One JSON object a line, as Rasa answers with `?stream=true`.
    public var lines: Data {
        get throws {
            try messages.reduce(into: Data()) { $0 += try JSONEncoder.frontdesk().encode($1) + Data("\n".utf8) }
        }
    }

    /// A line that is nothing but the address of a picture is sent as one, and the text around it as texts.
    private static func messages(_ message: Message, to recipient: JSONValue) -> [JSONValue] {
        var parts: [[String: JSONValue]] = []
        var text: [Substring] = []
        func endText() {
            let joined = text.joined(separator: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
            if !joined.isEmpty { parts.append(["recipient_id": recipient, "text": .string(joined)]) }
            text = []
        }
        for line in message.text.split(separator: "\n", omittingEmptySubsequences: false) {
            if let image = image(line) {
                endText()
                parts.append(["recipient_id": recipient, "image": .string(image)])
            } else {
                text.append(line)
            }
        }
        endText()
        if !message.buttons.isEmpty {
            // Below the last text, where the visitor is asked to choose.
            let place = parts.lastIndex { $0["text"] != nil } ?? parts.endIndex
            if place == parts.endIndex { parts.append(["recipient_id": recipient, "text": .string("")]) }
            parts[place]["buttons"] = .array(message.buttons.map(button))
        }
        return parts.map { .object($0) }
    }

    private static let pictures = [".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg"]

    /// `https://shop.example/a.png` or `![title](https://shop.example/a.png)`, alone on its line.
    private static func image(_ line: Substring) -> String? {
        var address = line.trimmingCharacters(in: .whitespaces)
        if address.hasPrefix("!["), address.hasSuffix(")"), let middle = address.range(of: "](") {
            address = String(address[middle.upperBound...].dropLast())
        }
        guard !address.contains(where: \.isWhitespace), let url = URL(string: address),
            ["http", "https"].contains(url.scheme?.lowercased() ?? ""), url.host()?.isEmpty == false
        else { return nil }
        let path = url.path().lowercased()
        return pictures.contains { path.hasSuffix($0) } ? address : nil
    }

    private static func button(_ button: Button) -> JSONValue {
        ["title": .string(button.title), "payload": .string(payload(button.target))]
    }

    /// What the client sends when it is pressed; ``RasaPayload`` reads it.
    private static func payload(_ target: Button.Target) -> String {
        switch target {
        case .intent(let intent, let slots):
            guard let slots, !slots.isEmpty else { return "/\(intent)" }
            return "/\(intent)\(text(.object(slots.mapValues { .string($0) })))"
        case .knowledge(let id): return "/\(RasaPayload.knowledge)\(text(["id": .string(id.rawValue)]))"
        }
    }

    private static func text(_ value: JSONValue) -> String {
        (try? JSONEncoder.frontdesk().encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
