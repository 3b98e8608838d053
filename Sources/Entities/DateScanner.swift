import ConversationDomain

/// Days in figures, English and Chinese; the value is `2026-11-02`.
///
/// A day without a year is the one closest to today, or the last one where it is said to lie behind (11月2号买的). Weeks begin
/// on Monday: "next Friday" and 下周五 lie in the following week, "this Friday" and 周五 in this one, 上周五 in the week before;
/// "last Friday" is the most recent one, "Friday" alone the next, "I ordered it on Friday" and 周五买的 the one before.
struct DateScanner: EntityScanner {
    let entity = EntityName.date
    let today: CivilDay

    func match(at start: Int, in text: ScannedText, locale: BotLocale?, isAsked: Bool) -> EntityMatch? {
        guard text.canBegin(start) else { return nil }
        guard let reading = read(at: start, in: text, locale: locale, isAsked: isAsked), text.canEnd(reading.end)
        else { return nil }
        return EntityMatch(value: reading.day.text, start: start, end: reading.end)
    }

    /// The longest reading; English dates begin with letters or digits, Chinese ones with digits or other characters.
    private func read(at start: Int, in text: ScannedText, locale: BotLocale?, isAsked: Bool) -> DateReading? {
        if text.isLetter(start) { return EnglishDate(today: today, text: text).read(at: start) }
        let chinese = ChineseDate(today: today, text: text).read(at: start, isAsked: isAsked)
        guard text.isDigit(start) else { return chinese }
        return [
            NumericDate(today: today, text: text, locale: locale).read(at: start, isAsked: isAsked),
            EnglishDate(today: today, text: text).read(at: start), chinese,
        ].compactMap { $0 }.max { $0.end < $1.end }
    }
}

/// A day that stands in a text.
struct DateReading: Hashable, Sendable {
    let day: CivilDay
    let end: Int
}
