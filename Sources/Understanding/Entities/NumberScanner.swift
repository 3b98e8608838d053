import ConversationDomain
import Foundation

/// Numbers in digits, Chinese numerals and English words; the value is in digits.
struct NumberScanner: EntityScanner {
    let entity = EntityName.number

    /// Behind one of these a single Chinese numeral is a number.
    static let measures = Set("个件双条张本只台套盒箱包瓶份位天周年块元斤次折".unicodeScalars)

    func match(at start: Int, in text: ScannedText, locale: BotLocale?, isAsked: Bool) -> EntityMatch? {
        guard text.canBegin(start), !(text[start - 1] == "." && text.isDigit(start - 2)),
            let reading = NumberReading.read(at: start, in: text), text.canEnd(reading.end)
        else { return nil }
        if reading.isVague, !isAsked, !Self.measures.contains(text[reading.end]) { return nil }
        return EntityMatch(value: NumberReading.text(reading.value), start: start, end: reading.end)
    }
}
