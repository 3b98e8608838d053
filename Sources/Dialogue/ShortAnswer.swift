import ConversationDomain

/// Short messages that say one thing only, in words that need no model.
enum ShortAnswer {
    /// Drops a pending question.
    static func isCancellation(_ text: String) -> Bool { matches(text, cancellations) }

    /// Agrees to what the bot offered.
    static func isConsent(_ text: String) -> Bool { matches(text, consents) }

    /// Turns down what the bot offered.
    static func isRefusal(_ text: String) -> Bool { matches(text, refusals) || matches(text, cancellations) }

    /// Acknowledges in a word that is used in other languages too.
    static func isLoanword(_ text: String) -> Bool { matches(text, loanwords) }

    /// Scalars of the longest phrase that is looked at.
    private static let limit = 24

    private static let cancellations: Set<String> = [
        "cancel", "cancel that", "cancel please", "never mind", "nevermind", "never mind then", "forget it",
        "forget about it", "forget that", "stop", "no thanks", "no thank you", "leave it", "skip", "skip it", "drop it",
        "not now", "算了", "算了吧", "算啦", "不用", "不用了", "不用啦", "先不用了", "不必了", "取消", "取消吧", "不要了", "不需要了",
        "不查了", "不说了", "不問了", "不问了", "没事了", "沒事了", "不弄了", "当我没说", "當我沒說", "跳过", "跳過",
    ]

    private static let consents: Set<String> = [
        "yes", "yes please", "yeah", "yep", "sure", "ok", "okay", "please", "please do", "do it", "go ahead", "y",
        "of course", "好", "好的", "好啊", "好吧", "可以", "可以的", "是", "是的", "行", "嗯", "要", "要的", "需要", "对", "對",
        "麻烦了", "麻煩了", "转", "转吧", "轉吧",
    ]

    private static let refusals: Set<String> = [
        "no", "nope", "nah", "no need", "not needed", "im fine", "不", "不要", "不需要", "不用谢谢", "不了", "没必要", "先不用",
        "暂时不用",
    ]

    private static let loanwords: Set<String> = ["ok", "okay", "okok", "yes", "no", "bye", "byebye", "wow"]

    private static func matches(_ text: String, _ phrases: Set<String>) -> Bool {
        guard text.unicodeScalars.count <= limit * 2 else { return false }
        return phrases.contains(SearchTerms.plain(text))
    }
}
