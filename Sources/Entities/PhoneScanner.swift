import ConversationDomain

/// Telephone numbers; the value is their digits, without `+` and without a trunk `(0)`.
struct PhoneScanner: EntityScanner {
    let entity = EntityName.phone

    func isWorthSearching(_ text: ScannedText) -> Bool { text.hasDigit }

    /// A run of digits, and where it ends.
    private struct Group {
        let digits: String
        let end: Int
        /// Stood in brackets.
        let isBracketed: Bool
    }

    func match(at start: Int, in text: ScannedText, locale: BotLocale?, isAsked: Bool) -> EntityMatch? {
        guard text.isWordStart(start), text[start - 1] != "+", text[start - 1] != ".",
            !(text[start - 1] == "-" && text.isLetterOrDigit(start - 2))
        else { return nil }
        let isInternational = text[start] == "+"
        guard isInternational || text.isDigit(start) || text[start] == "(" else { return nil }
        let groups = groups(from: isInternational ? start + 1 : start, in: text)
        guard !groups.isEmpty else { return nil }
        let cue = IdentifierCue.before(start, in: text)
        // "order number 13812345678" is what it is called.
        if cue == .orderNumber, !isAsked { return nil }
        // The longest beginning of the groups that is a telephone number.
        for count in stride(from: groups.count, to: 0, by: -1) {
            let part = Array(groups.prefix(count))
            let end = part[count - 1].end
            guard !text.isLetterOrDigit(end), !(text[end] == "." && text.isDigit(end + 1)),
                isPhone(part, isInternational: isInternational, isAsked: isAsked || cue == .phone)
            else { continue }
            let kept = part.filter { !(isInternational && $0.isBracketed && $0.digits == "0") }
            return EntityMatch(value: kept.map(\.digits).joined(), start: start, end: end)
        }
        return nil
    }

    private func groups(from start: Int, in text: ScannedText) -> [Group] {
        var groups: [Group] = []
        var index = start
        var total = 0
        while groups.count < 8 {
            let isBracketed = text[index] == "("
            if isBracketed { index += 1 }
            let digits = text.digits(from: index, limit: 20)
            guard !digits.isEmpty else { break }
            index += digits.utf8.count
            total += digits.utf8.count
            if isBracketed {
                guard text[index] == ")" else { break }
                index += 1
            }
            guard total <= 20 else { break }
            groups.append(Group(digits: digits, end: index, isBracketed: isBracketed))
            if text[index] == "-" || text[index] == " " || text[index] == "." { index += 1 }
        }
        return groups
    }

    private func isPhone(_ groups: [Group], isInternational: Bool, isAsked: Bool) -> Bool {
        let digits = groups.map(\.digits).joined()
        let count = digits.utf8.count
        let sizes = groups.map(\.digits.utf8.count)
        if isInternational { return (8...16).contains(count) }
        if digits.hasPrefix("00"), !digits.hasPrefix("000"), (10...17).contains(count), sizes[0] >= 3 { return true }
        if Self.isChineseMobile(digits), [[11], [3, 4, 4], [3, 8], [7, 4]].contains(sizes) { return true }
        if digits.hasPrefix("86"), Self.isChineseMobile(String(digits.dropFirst(2))) { return true }
        // Area code and number; British and other national forms with a trunk zero.
        if digits.hasPrefix("0"), (10...12).contains(count), groups.count > 1 || count == 11 { return true }
        // 400-820-8820, (415) 555-2671, 1-800-555-0199
        let isNorthAmerican = sizes == [3, 3, 4] || sizes == [1, 3, 3, 4] && digits.hasPrefix("1")
        if isNorthAmerican { return true }
        return isAsked && (7...15).contains(count)
    }

    /// 1, then 3 to 9, then nine digits.
    static func isChineseMobile(_ digits: String) -> Bool {
        let bytes = Array(digits.utf8)
        return bytes.count == 11 && bytes[0] == UInt8(ascii: "1") && (UInt8(ascii: "3")...57).contains(bytes[1])
    }
}
