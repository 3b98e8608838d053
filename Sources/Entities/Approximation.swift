import Foundation

/// What makes a number no exact one: words around it, and what joins two numbers to a range.
enum Approximation {
    private static let hedgesBefore = PhraseTable([
        "about", "around", "approximately", "approx", "approx.", "roughly", "circa", "ca", "ca.", "nearly", "almost",
        "some",
        "etwa", "ungefähr", "rund", "environ", "约", "大约", "大概", "差不多", "将近", "接近", "近", "不到", "~", "≈",
    ])
    private static let hedgesBehind = PhraseTable([
        "左右", "上下", "or so", "-ish", "ish", "-odd", "odd", "前后", "出头", "程度",
    ])
    /// Behind these "about" tells what is talked of.
    private static let topics: Set<String> = [
        "question", "questions", "asking", "ask", "complain", "complaint", "know", "info", "information", "email",
        "mail",
        "message", "call", "talk", "what", "how", "enquiry", "inquiry", "query", "think", "forget", "told", "tell",
        "written",
        "wrote", "is", "it", "confused", "worried",
    ]

    static func isHedged(from start: Int, to end: Int, in text: ScannedText) -> Bool {
        var before = start
        while start - before < 3, text[before - 1] == " " { before -= 1 }
        if let hedge = hedgesBefore.longest(before: before, in: text) {
            guard hedge.phrase == "about" else { return hedge.phrase != "some" || text.isDigit(start) }
            return !topics.contains(text.words(before: hedge.start, limit: 1).first ?? "")
        }
        guard let hedge = hedgesBehind.longest(at: text[end] == " " ? end + 1 : end, in: text) else { return false }
        return !text.isLetter(hedge.end - 1) || !text.isLetter(hedge.end)
    }

    /// What stands between the two ends of a range.
    struct Separator {
        let end: Int
        /// A hyphen right between figures: if it makes no range, it makes an identifier.
        let isHyphen: Bool
        /// 、: only of neighbours, as in 2、3百.
        let isComma: Bool
        /// "to" and its like: only with money, for "change 2 to 3" names two numbers.
        let isWord: Bool
    }

    private static let words: Set<String> = ["to", "bis", "a", "or", "oder", "ou"]

    /// - Parameter first: where the first number begins.
    static func separator(at end: Int, behind first: Int, in text: ScannedText) -> Separator? {
        let start = text.skippingSpaces(end)
        let isSpaced = start > end
        var next = start + 1
        var (isHyphen, isComma, isWord) = (false, false, false)
        switch text[start] {
        case "-":
            isHyphen = !isSpaced
            guard isSpaced == (text[start + 1] == " ") else { return nil }
        case "~", "至", "到", "或": if text.hasPrefix("或者", at: start) { next += 1 }
        case "、": isComma = true
        case "à": isWord = true
        default:
            let word = text.word(at: start)
            let isBetween = word == "and" && text.words(before: first, limit: 1) == ["between"]
            guard isSpaced, words.contains(word) || isBetween else { return nil }
            isWord = true
            next = start + word.utf8.count
            guard text[next] == " " else { return nil }
        }
        return Separator(end: text.skippingSpaces(next), isHyphen: isHyphen, isComma: isComma, isWord: isWord)
    }

    /// The two ends in order, the first counted in the units of the second where it is short of them: 2-3万.
    static func range(_ low: NumberReading, _ high: NumberReading, _ separator: Separator) -> NumberReading? {
        guard low.isExact, high.isExact else { return nil }
        var range = high
        range.value = low.value
        if low.scale == 1, high.scale > 1, low.value < high.value / high.scale { range.value *= high.scale }
        range.upper = high.value
        guard range.value < high.value, !separator.isComma || high.value - range.value == high.scale else { return nil }
        return range
    }
}
