public import ConversationDomain
internal import Crypto
internal import Foundation

/// What a decision asks of a service of the shop; plain values, made without calling anything.
public struct ActionCall: Hashable, Sendable {
    public let intent: IntentName
    public let action: IntentAction
    /// The values that are sent, by slot.
    public let slots: [String: String]

    /// - Parameter known: all values that are known of the intent's slots.
    public init(_ action: IntentAction, of intent: Intent, known: [String: String]) {
        let sent = action.send ?? intent.slots.map(\.name)
        self.intent = intent.name
        self.action = action
        slots = known.filter { value in sent.contains { $0.rawValue == value.key } }
    }
}

/// Names what one message asks of one service: the same message again has the same identifier, whether or not the server was killed
/// in between. `act_` and 128 bits in hexadecimal.
public struct ActionID: Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }

    /// - Parameter message: tells the message from the others of its conversation.
    fileprivate init(_ call: ActionCall, in conversation: ConversationID, message: String) {
        var hash = SHA256()
        let values = call.slots.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
        let parts = [conversation.rawValue, message, call.intent.rawValue, call.action.target.rawValue]
        // Each part with its length, so that no two lists give the same bytes.
        for part in parts + values { hash.update(data: Data("\(part.utf8.count):\(part)".utf8)) }
        let digits = Array("0123456789abcdef".utf8)
        let hex = hash.finalize().prefix(16).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        rawValue = "act_" + String(decoding: hex, as: UTF8.self)
    }
}

/// A call as it is made for one message.
public struct ActionRequest: Sendable {
    /// By the name that the message's sender gave it, else by its place in the conversation.
    public let id: ActionID
    /// By its place alone, which no other message has until the turn is stored: who was not answered may say the same under another name.
    public let place: ActionID
    public let call: ActionCall
    public let conversation: Conversation
    /// In which the visitor is answered.
    public let locale: BotLocale

    public init(_ call: ActionCall, in conversation: Conversation, locale: BotLocale, clientMessageID: String?) {
        place = ActionID(call, in: conversation.id, message: "s\(conversation.lastSeq + 1)")
        id = clientMessageID.map { ActionID(call, in: conversation.id, message: "c" + $0) } ?? place
        self.call = call
        self.conversation = conversation
        self.locale = locale
    }
}

/// Why there is no answer of a service, as logs and metrics name it.
public enum ActionFailure: String, Error, Hashable, Sendable, CaseIterable {
    /// Nobody has said where the target is.
    case unset
    /// No connection, an address where nothing may be sent, or no HTTP.
    case unreachable
    /// No answer within the time.
    case late
    /// A status from 500 on, or one that says that too much is asked.
    case broken
    /// Any other status that is no success.
    case refused
    /// A success whose body is no JSON object of the allowed size.
    case unusable
    /// Too many calls of this target are under way.
    case busy
    /// It failed again and again, and is left alone for a while.
    case resting
    /// The server ended during the call for this message, or could not note it: whether the service has acted is not known.
    case interrupted
}

/// What came of a call: the fields of the answer that were asked for and have a value.
public typealias ActionOutcome = Result<[String: String], ActionFailure>

/// Calls services of the shop.
public protocol ActionCaller: Sendable {
    /// The targets that can be called now; those of others are answered as if there was no action.
    func targets() throws -> Set<ActionName>
    /// Returns within the action's time, whatever the service does.
    func call(_ request: ActionRequest) async -> ActionOutcome
}
