/// On which side of today a day lies by what is said of it: what was bought lies behind, what is wanted lies ahead.
enum DateSide: Hashable, Sendable {
    case behind, ahead, either

    // MARK: Chinese

    private static let verbs = PhraseTable([
        "买", "下单", "下的单", "下了单", "付", "拍", "订", "购", "收", "签收", "到货", "到", "寄", "发", "退", "换", "取消", "申请", "扣", "送",
        "取", "来", "要",
    ])
    private static let wishes = Set("要想能会请希望可前".unicodeScalars)

    /// By the words that follow, at most twelve: 周五买的 and 11月2号收到了 lie behind, 周五能送到吗 ahead.
    static func chinese(behind start: Int, in text: ScannedText) -> DateSide {
        var isWish = false
        for index in start..<start + 12 {
            let scalar = text[index]
            if isWish == false, wishes.contains(scalar) { isWish = true }
            if isClauseEnd(scalar) { break }
            guard let verb = verbs.longest(at: index, in: text) else { continue }
            if isWish { return .ahead }
            if verb.phrase == "签收" || verb.phrase == "下的单" || verb.phrase == "下了单" { return .behind }
            for next in verb.end..<verb.end + 3 {
                if text[next] == "的" || text[next] == "了" || text[next] == "过" { return .behind }
                if isClauseEnd(text[next]) { break }
            }
            return "送取来到发".unicodeScalars.contains(scalar) ? .ahead : .either
        }
        return .either
    }

    /// Whether something is done on the day: 11-20下单, 20261120买的, 3号前.
    static func isFollowedByVerb(_ end: Int, in text: ScannedText) -> Bool {
        var index = text.skippingSpaces(end)
        while index - end < 4, "我就才已在经号日".unicodeScalars.contains(text[index]) { index += 1 }
        return deeds.longest(at: index, in: text) != nil
    }

    private static let deeds = PhraseTable([
        "买", "下单", "下的", "下了", "付", "拍", "订", "购", "收到", "收的", "签收", "到货", "寄", "发货", "发的", "退", "前", "之前", "以前", "后",
        "之后", "以后", "那天",
    ])

    // MARK: English

    private static let past: Set<String> = [
        "bought", "ordered", "paid", "purchased", "received", "placed", "arrived", "came", "got", "charged", "shipped",
        "delivered", "sent", "since", "was", "returned", "cancelled", "canceled",
    ]
    private static let future: Set<String> = [
        "will", "can", "could", "want", "would", "please", "need", "by", "until", "be", "should", "if", "may", "is",
    ]

    /// By the words before it in its clause, the last eight.
    static func english(before start: Int, in text: ScannedText) -> DateSide {
        var isPast = false
        for word in text.words(before: start, limit: 8) {
            if future.contains(word) { return .either }
            if past.contains(word) { isPast = true }
        }
        return isPast ? .behind : .either
    }

    private static func isClauseEnd(_ scalar: Unicode.Scalar) -> Bool {
        "\0,，.。;；!！?？\n".unicodeScalars.contains(scalar)
    }
}
