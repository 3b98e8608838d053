/// Where a row of letters and digits stands, and what that says of it.
struct IdentifierPlace {
    let text: ScannedText
    let start: Int
    let end: Int

    /// What is said before it, else behind it.
    var cue: IdentifierCue? { IdentifierCue.before(start, in: text) ?? IdentifierCue.behind(end, in: text) }

    /// Money, a share, a measure, a house.
    var isCounted: Bool {
        if "$€£¥₹₩%".unicodeScalars.contains(text[start - 1]) || text[end] == "%" { return true }
        if Currency.behind(end, in: text) != nil { return true }
        if text[start - 1] == " ", "$€£¥₹".unicodeScalars.contains(text[start - 2]) { return true }
        if "室楼栋个件条双张盒箱岁米克".unicodeScalars.contains(text[end]) || text.hasPrefix("号楼", at: end) { return true }
        let word = text.word(at: text.skippingSpaces(end))
        return Self.countedWords.contains(word) || IdentifierPlace.isMoneyWord(text, before: start)
    }

    private static let countedWords: Set<String> = [
        "street", "st", "road", "rd", "avenue", "ave", "lane", "pieces", "pcs", "units", "items", "days", "people",
        "km", "ml",
    ]

    private static func isMoneyWord(_ text: ScannedText, before start: Int) -> Bool {
        guard text[start - 1] == " " else { return false }
        return ["usd", "eur", "gbp", "rmb", "cny", "chf", "inr", "rs", "hkd"].contains(
            text.words(before: start, limit: 1).first ?? "")
    }

    /// A telephone number by its digits alone.
    static func isPhone(_ digits: String) -> Bool {
        let count = digits.utf8.count
        if PhoneScanner.isChineseMobile(digits) { return true }
        if digits.hasPrefix("86"), PhoneScanner.isChineseMobile(String(digits.dropFirst(2))) { return true }
        if digits.hasPrefix("00"), (10...17).contains(count) { return true }
        return digits.hasPrefix("0") && (10...12).contains(count)
    }

    /// Ten digits as in North America: an area code and an exchange, neither beginning with 0 or 1.
    static func isNorthAmericanPhone(_ digits: String) -> Bool {
        let bytes = Array(digits.utf8)
        return bytes.count == 10 && bytes[0] >= UInt8(ascii: "2") && bytes[3] >= UInt8(ascii: "2")
    }

    /// Eight digits that something is said of as of a day.
    var isDate: Bool { NumericDate.isDate(start, end, in: text) }

    /// Whether the message is this and nothing else but signs.
    var isWholeMessage: Bool {
        !(0..<text.count).contains { index in
            !(start..<end).contains(index)
                && (text.isLetterOrDigit(index) || text[index].properties.isAlphabetic)
        }
    }

    /// "where is CD34EF56", "track CD34EF56"
    var isSought: Bool {
        guard let word = text.words(before: start, limit: 2).first(where: { $0 != "is" && $0 != "s" }) else {
            return false
        }
        return ["where", "track", "find", "cancel"].contains(word)
    }

    // MARK: What surrounds an answer

    private static let fillers: Set<String> = [
        "it", "its", "is", "s", "was", "the", "my", "our", "number", "no", "nr", "num", "order", "id", "ref",
        "reference", "ok",
        "okay", "yes", "sure", "here", "you", "go", "this", "that", "thats", "please", "pls", "thanks", "thank", "hi",
        "hello", "i",
        "think", "believe", "should", "be", "would", "guess", "maybe", "sorry", "oh", "ah", "um", "and", "for",
        "purchase", "one",
        "have", "got", "says", "found", "a", "im", "sir", "well", "so", "es", "ist", "die", "das", "nummer",
        "bestellnummer", "lautet",
        "danke", "bitte", "ja", "le", "la", "el", "merci", "gracias", "not", "but", "actually", "meant", "mean",
        "confirmation",
    ]
    private static let fillerCharacters = Set("是为的我您你好吧呢啊哦嗯那就这个单订号码编应该可能谢麻烦查一下看请给在里有找到对不起了它喔呀哈噢嘅係系".unicodeScalars)

    /// Whether nothing stands around it in its clause but what an answer is wrapped in: "it is 123456, thanks".
    ///
    /// Alone between commas it may be a postcode: then the whole message counts.
    var isWrappedAnswer: Bool {
        let clause = clause
        let isAlone = !(clause.lowerBound..<clause.upperBound).contains {
            !(start..<end).contains($0) && text[$0].properties.isAlphabetic
        }
        return isFilling(isAlone ? 0..<text.count : clause)
    }

    private var clause: Range<Int> {
        let ends = ",，。;；!！?？\n"
        var lower = start
        while lower > 0, !ends.unicodeScalars.contains(text[lower - 1]), !(text[lower - 1] == "." && text[lower] == " ")
        { lower -= 1 }
        var upper = end
        while upper < text.count, !ends.unicodeScalars.contains(text[upper]), text[upper] != "." { upper += 1 }
        return lower..<upper
    }

    private func isFilling(_ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        while index < range.upperBound {
            if index == start {
                index = end
                continue
            }
            if text.isDigit(index) { return false }
            if text.isLetter(index) {
                let word = text.word(at: index)
                guard Self.fillers.contains(word) else { return false }
                index += word.utf8.count
            } else {
                guard !text[index].properties.isAlphabetic || Self.fillerCharacters.contains(text[index]) else {
                    return false
                }
                index += 1
            }
        }
        return true
    }
}
