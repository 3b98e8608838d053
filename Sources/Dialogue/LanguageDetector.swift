import ConversationDomain

/// Tells the language of a message from its script. It only claims what it can know: Chinese from Han characters without kana,
/// English (the Latin default) from words; digits, identifiers and emoji say nothing.
enum LanguageDetector {
    /// Nil when the message says nothing about its language.
    static func locale(of text: String, among available: [BotLocale], current: BotLocale) -> BotLocale? {
        var han = 0
        var kana = 0
        var latinWords = 0
        var wordLength = 0
        var wordIsPlain = true
        func endWord() {
            if wordLength >= 2, wordIsPlain { latinWords += 1 }
            wordLength = 0
            wordIsPlain = true
        }
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x323AF: han += 1
            case 0x3040...0x30FF, 0xAC00...0xD7AF: kana += 1
            case 0x41...0x5A, 0x61...0x7A, 0xC0...0x24F: wordLength += 1
            case 0x30...0x39, 0x40, 0x2E, 0x5F:
                // Part of an order number, an address or a link rather than of a word.
                if wordLength > 0 || scalar.value != 0x2E { wordIsPlain = scalar.value == 0x2E ? wordIsPlain : false }
                continue
            default:
                endWord()
                continue
            }
            if !(0x41...0x24F).contains(scalar.value) { endWord() }
        }
        endWord()
        if kana > 0 { return nil }
        if han > 0, han * 2 >= latinWords { return BotLocale.chinese.nearest(in: available) }
        // A language written in Latin letters: the current one if it is such, else English.
        guard latinWords >= 2 || (latinWords == 1 && han == 0) else { return nil }
        if current.language != BotLocale.chinese.language { return nil }
        return BotLocale.english.nearest(in: available)
    }
}
