import ConversationDomain

/// `name@host.tld`; the value is in lower case.
struct EmailScanner: EntityScanner {
    let entity = EntityName.email

    func isWorthSearching(_ text: ScannedText) -> Bool { text.hasAt }

    func match(at start: Int, in text: ScannedText, locale: BotLocale?, isAsked: Bool) -> EntityMatch? {
        guard Self.isLocal(text[start]), !Self.isLocal(text[start - 1]), text[start] != "." else { return nil }
        var at = start
        while at - start <= 64, Self.isLocal(text[at]) { at += 1 }
        guard text[at] == "@", text[at - 1] != "." else { return nil }
        var end = at + 1
        while end - at <= 253, text.isLetterOrDigit(end) || text[end] == "." || text[end] == "-" { end += 1 }
        // A full stop behind the address belongs to the sentence.
        while end > at, text[end - 1] == "." || text[end - 1] == "-" { end -= 1 }
        let local = text.slice(start, at)
        let host = text.slice(at + 1, end)
        guard !local.contains(".."), Self.isHost(host) else { return nil }
        return EntityMatch(value: local + "@" + host, start: start, end: end)
    }

    private static func isLocal(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) || "._%+-'".unicodeScalars.contains(scalar)
    }

    private static func isHost(_ host: String) -> Bool {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, let last = labels.last, last.utf8.count >= 2,
            last.utf8.allSatisfy({ (97...122).contains($0) })
        else { return false }
        return labels.allSatisfy { (1...63).contains($0.utf8.count) && $0.first != "-" && $0.last != "-" }
    }
}
