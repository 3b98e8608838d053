public import ConversationDomain
import NativeContent

/// How far the new bot does what the old one did.
public struct ReplayReport: Sendable {
    /// What the new bot did with a message.
    public struct Outcome: Hashable, Sendable {
        public let intent: IntentName?
        /// What it does, such as `answer` or `ask`, and the entry that it answers with.
        public let action: String
        public let replies: [String]

        public init(intent: IntentName?, action: String, replies: [String]) {
            (self.intent, self.action, self.replies) = (intent, action, replies)
        }
    }

    /// A message that the bots take for different things.
    public struct Difference: Hashable, Sendable {
        public let turn: ReplayLog.Turn
        public let outcome: Outcome
    }

    /// Differences that are kept; all are counted.
    public static let differenceLimit = 1_000

    public private(set) var turns = 0
    /// Messages whose intent or reply is the same.
    public private(set) var agreeing = 0
    /// Those of which the log tells the intent, and those of them where it is the same; so with replies.
    public private(set) var withIntent = 0
    public private(set) var sameIntent = 0
    public private(set) var withReply = 0
    public private(set) var sameReply = 0
    /// In the order of the log.
    public private(set) var differences: [Difference] = []
    /// How often an old intent became what, most often first.
    public var changes: [(old: String, new: String, count: Int)] {
        counts.sorted { ($1.value, $0.key.old, $0.key.new) < ($0.value, $1.key.old, $1.key.new) }
            .map { ($0.key.old, $0.key.new, $0.value) }
    }

    private struct Change: Hashable {
        let old: String
        let new: String
    }

    private var counts: [Change: Int] = [:]
    private var names = LabelNames<IntentName>(noun: "intent", meanings: Self.meanings)
    private var ignored = IssueLog(limit: 0)

    /// What other products call a message that fits nothing.
    private static let meanings: [String: IntentName] = [
        "oos": .outOfScope, "None": .outOfScope, "none": .outOfScope, "nlu_fallback": .outOfScope,
        "Default Fallback Intent": .outOfScope,
    ]

    public init() {}

    /// Compares what both bots did with a message.
    public mutating func add(_ turn: ReplayLog.Turn, _ outcome: Outcome) {
        turns += 1
        var isSame = false
        if let old = turn.intent {
            withIntent += 1
            // A name that was changed at the import is the same intent.
            let name = names.name(old, turn.place, &ignored) ?? IntentName(trusted: old)
            if name == outcome.intent || (name == .outOfScope && outcome.intent == nil) {
                sameIntent += 1
                isSame = true
            }
        }
        if let old = turn.reply {
            withReply += 1
            let key = ComparableText.key(old)
            let all = outcome.replies + [outcome.replies.joined(separator: "\n")]
            if all.contains(where: { ComparableText.key($0) == key }) {
                sameReply += 1
                isSame = true
            }
        }
        if isSame {
            agreeing += 1
            return
        }
        let change = Change(old: turn.intent ?? "?", new: outcome.intent?.rawValue ?? outcome.action)
        if counts[change] != nil || counts.count < Self.differenceLimit { counts[change, default: 0] += 1 }
        if differences.count < Self.differenceLimit {
            differences.append(Difference(turn: turn, outcome: outcome))
        }
    }
}
