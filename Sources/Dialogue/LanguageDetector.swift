import ConversationDomain

/// Tells the language of a message from its script. It only claims what it can know: Chinese from Han characters without kana,
/// English (the Latin default) from words; numbers, identifiers, addresses, links and emoji say nothing.
enum LanguageDetector {
    /// Nil when the message says nothing about its language, or the bot does not have that language.
    static func locale(of text: String, among available: [BotLocale], current: BotLocale, phrases: PhraseBook)
        -> BotLocale?
    {
        let counts = Counts(text)
        guard counts.otherScript == 0 else { return nil }
        if counts.han > 0, counts.han * 2 >= counts.latinWords { return BotLocale.chinese.nearest(in: available) }
        // A language written in Latin letters: the current one if it is such, else English.
        guard counts.latinWords > 0, !phrases.isUsed(text, in: current) else { return nil }
        if current.language != BotLocale.chinese.language { return nil }
        return BotLocale.english.nearest(in: available)
    }

    private struct Counts {
        var han = 0
        var latinWords = 0
        /// Kana and Hangul: languages that the detector does not know.
        var otherScript = 0

        private var letters = 0
        private var isWord = true
        private var endsInDot = false

        init(_ text: String) {
            for scalar in text.unicodeScalars { add(scalar) }
            endToken()
        }

        private mutating func add(_ scalar: Unicode.Scalar) {
            switch scalar.value {
            case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x323AF:
                han += 1
                endToken()
            case 0x3040...0x30FF, 0xAC00...0xD7AF:
                otherScript += 1
                endToken()
            case 0x41...0x5A, 0x61...0x7A, 0xC0...0xD6, 0xD8...0xF6, 0xF8...0x24F:
                letters += 1
                // `shop.example` is an address.
                if endsInDot { isWord = false }
                endsInDot = false
            // Inside a token these make it a number, an identifier, an address or a link.
            case 0x30...0x39, 0x23, 0x40, 0x3A, 0x2F, 0x5F, 0x3D, 0x26: isWord = false
            case 0x2E: endsInDot = letters > 0
            // A hyphen or an apostrophe belongs to the token it stands in: `SF-1234`, `don't`.
            case 0x2D, 0x27, 0x2019: break
            default: endToken()
            }
        }

        private mutating func endToken() {
            if isWord, letters >= 2 { latinWords += 1 }
            letters = 0
            isWord = true
            endsInDot = false
        }
    }
}
