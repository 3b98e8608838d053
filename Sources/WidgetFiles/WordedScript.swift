package import ConversationDomain
import Foundation
import Synchronization
import Wire
package import Wording

/// A script as it is served: with the words of the bot's live content in it.
package final class WordedScript<Key: ShownText>: Sendable {
    /// What the words take the place of.
    package static var placeholder: String { "__FRONTDESK_WORDS__" }
    /// Locales whose words are sent, commonest first.
    private static var localeLimit: Int { 20 }

    private let content: (any LiveContent)?
    private let file: String
    private let first: BotLocale?
    private let words: @Sendable (Phrases) -> [Key: String]?
    private let known = Mutex<(revision: Int64, file: ServedFile)?>(nil)

    /// - Parameters:
    ///   - content: nil serves the script without words, which shows nothing.
    ///   - file: the script with ``placeholder`` where the words go.
    ///   - first: the locale of visitors whose languages the bot does not have; nil for its commonest.
    ///   - words: those of one locale.
    package init(
        content: (any LiveContent)?, file: [UInt8], first: BotLocale? = nil,
        words: @escaping @Sendable (Phrases) -> [Key: String]?
    ) {
        self.content = content
        self.file = String(decoding: file, as: UTF8.self)
        self.first = first
        self.words = words
    }

    /// Packed anew only when the content has changed.
    package func current() -> ServedFile {
        let snapshot = content?.current()
        return known.withLock { known in
            if let known, known.revision == snapshot?.revision ?? 0 { return known.file }
            let text = file.replacing(Self.placeholder, with: list(snapshot))
            let made = ServedFile(Array(text.utf8), type: "text/javascript; charset=utf-8")
            known = (snapshot?.revision ?? 0, made)
            return made
        }
    }

    /// `[["en", {…}], ["zh", {…}]]`: the first locale, then the bot's in their order.
    private func list(_ snapshot: ContentSnapshot?) -> String {
        guard let snapshot else { return "[]" }
        let available = snapshot.phrases.phrases.compactMap { phrases in
            words(phrases).flatMap { $0.isEmpty ? nil : (locale: phrases.locale, words: $0) }
        }
        // A bot without content, or in a language that nobody wrote words in, speaks English.
        let inEnglish = available.first { $0.locale == .english }?.words
        let english = inEnglish == nil ? [] : [BotLocale.english]
        var seen: Set<BotLocale> = []
        let front = [first?.nearest(in: snapshot.locales)].compactMap(\.self)
        var locales = (front + snapshot.locales.prefix(Self.localeLimit)).filter { locale in
            available.contains { $0.locale == locale }
        }
        locales += english
        if locales.isEmpty { locales += available.map(\.locale).prefix(1) }
        let pairs = locales.compactMap { locale -> JSONValue? in
            guard let own = available.first(where: { $0.locale == locale })?.words, seen.insert(locale).inserted else {
                return nil
            }
            let whole = (inEnglish ?? [:]).merging(own) { $1 }
            let texts = whole.map { ($0.key.rawValue, JSONValue.string($0.value)) }
            return .array([.string(locale.rawValue), .object(Dictionary(uniqueKeysWithValues: texts))])
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(pairs)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
    }
}
