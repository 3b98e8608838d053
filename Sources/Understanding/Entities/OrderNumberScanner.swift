import ConversationDomain

/// One to three letters and 6 to 15 digits, or 8 to 20 digits that are no mobile number. The value is in upper case.
struct OrderNumberScanner: EntityScanner {
    let entity = EntityName.orderNumber

    func isWorthSearching(_ text: ScannedText) -> Bool { text.hasDigit }

    func match(at start: Int, in text: ScannedText, locale: BotLocale?, isAsked: Bool) -> EntityMatch? {
        guard text.isLetterOrDigit(start), text.isWordStart(start), text[start - 1] != "@", text[start - 1] != "+"
        else { return nil }
        var letters = 0
        while letters <= 3, text.isLetter(start + letters) { letters += 1 }
        let digits = text.digitCount(from: start + letters, limit: 21)
        let lengths =
            switch letters {
            case 0: (isAsked ? 5 : 8)...20
            case 1...3: (isAsked ? 4 : 6)...15
            default: 0...0
            }
        let end = start + letters + digits
        guard digits > 0, lengths.contains(digits), !text.isLetterOrDigit(end), text[end] != "@",
            !isPartOfNumber(start, end, text)
        else { return nil }
        let value = text.slice(start, end).uppercased()
        guard isAsked || letters > 0 || !PhoneScanner.isChineseMobile(value) else { return nil }
        return EntityMatch(value: value, start: start, end: end)
    }

    /// Decimals, and groups of digits that are joined to others.
    private func isPartOfNumber(_ start: Int, _ end: Int, _ text: ScannedText) -> Bool {
        let joiners: [Unicode.Scalar] = [".", ",", "-", "/", ":"]
        return joiners.contains(text[end]) && text.isDigit(end + 1)
            || joiners.contains(text[start - 1]) && text.isDigit(start - 2)
    }
}
