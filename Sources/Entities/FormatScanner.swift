import ConversationDomain
import Patterns

/// Identifiers in the owner's own formats; they take the place of the built-in forms of their kind.
///
/// Digits that the words around them call a telephone, a postcode, a price or a day are none, unless the bot has asked for them.
struct FormatScanner: EntityScanner {
    let entity: EntityName
    let formats: [IdentifierFormat]

    func isWorthSearching(_ text: ScannedText) -> Bool { true }

    func match(at start: Int, in text: ScannedText, locale: BotLocale?, isAsked: Bool) -> EntityMatch? {
        var best: EntityMatch?
        for format in formats {
            guard let found = format.match(in: text.folded, at: start), best.map({ found.end > $0.end }) ?? true else {
                continue
            }
            let match = EntityMatch(value: found.value, start: start, end: found.end)
            if isAsked || isMeant(match, in: text) { best = match }
        }
        return best
    }

    private func isMeant(_ match: EntityMatch, in text: ScannedText) -> Bool {
        // What has letters is seldom something else.
        guard !(match.start..<match.end).contains(where: { text[$0].properties.isAlphabetic }) else { return true }
        let place = IdentifierPlace(text: text, start: match.start, end: match.end)
        if place.cue?.isForeign ?? false { return false }
        if place.cue?.isOrder ?? false { return true }
        return !place.isCounted && !place.isDate && !IdentifierPlace.isPhone(text.slice(match.start, match.end))
    }
}
