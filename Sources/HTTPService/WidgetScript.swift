import ConversationDomain
import Foundation
import Synchronization
import Wire
import Wording

/// The widget as it is served: the script with the words of the bot's live content in it.
final class WidgetScript: Sendable {
    struct Version: Sendable {
        let text: String
        let tag: UTF8Text
    }

    /// What the words take the place of.
    static let placeholder = "__FRONTDESK_WORDS__"
    /// Locales whose words are sent, commonest first.
    static let localeLimit = 20

    private let content: (any LiveContent)?
    private let known = Mutex<(revision: Int64, version: Version)?>(nil)

    /// - Parameter content: nil serves the script without words, which shows nothing.
    init(content: (any LiveContent)?) { self.content = content }

    func current() -> Version {
        let snapshot = content?.current()
        return known.withLock { known in
            if let known, known.revision == snapshot?.revision { return known.version }
            let text = HTTPService.filled(
                PackageResources.widget_js, Self.placeholder, with: Self.words(snapshot))
            let version = Version(text: text, tag: UTF8Text("\"\(HTTPService.fingerprint(text))\""))
            known = (snapshot?.revision ?? 0, version)
            return version
        }
    }

    /// `[["en", {…}], ["zh", {…}]]`, in the order of the bot's locales.
    private static func words(_ snapshot: ContentSnapshot?) -> String {
        guard let snapshot else { return "[]" }
        let available = snapshot.phrases.phrases.filter { $0.widget?.isEmpty == false }
        // A bot without content, or in a language that nobody wrote words in, speaks English.
        let inEnglish = available.first { $0.locale == .english }?.widget
        let english = inEnglish == nil ? [] : [BotLocale.english]
        var seen: Set<BotLocale> = []
        var locales = snapshot.locales.prefix(localeLimit).filter { locale in available.contains { $0.locale == locale }
        }
        locales += english
        if locales.isEmpty { locales += available.map(\.locale).prefix(1) }
        let pairs = locales.compactMap { locale -> JSONValue? in
            guard let phrases = available.first(where: { $0.locale == locale }), seen.insert(locale).inserted else {
                return nil
            }
            let whole = (inEnglish ?? [:]).merging(phrases.widget ?? [:]) { $1 }
            let words = whole.map { ($0.key.rawValue, JSONValue.string($0.value)) }
            return .array([.string(locale.rawValue), .object(Dictionary(uniqueKeysWithValues: words))])
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(pairs)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
    }
}
