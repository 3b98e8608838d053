public import ConversationDomain

/// The phrases of all locales of a bot, indexed for a turn.
public final class PhraseBook: Sendable {
    /// How a visitor names one of several options.
    public enum Place: Hashable, Sendable {
        /// From 1.
        case number(Int)
        case last
    }

    /// In the order of their locales' tags.
    public let phrases: [Phrases]
    /// Words that join two requests, of all locales.
    public let joints: [String]
    /// The locales that each sentence of an act is used in.
    private let locales: [UTF8Text: Set<BotLocale>]
    private let acts: [UTF8Text: Set<SpeechAct>]
    private let negations: PhraseMatcher
    private let corrections: PhraseMatcher
    private let pointers: PhraseMatcher
    private let others: PhraseMatcher
    /// By language.
    private let spellings: [String: Spellings]
    private let ordinals: [UTF8Text: Place]
    private let refusals: [RefusalPattern]
    private let homophones: Homophones

    /// - Parameter content: gives the words that may be meant where a message is typed by sound.
    public init(_ phrases: [Phrases], content: BotContent? = nil) {
        self.phrases = phrases.sorted { $0.locale < $1.locale }
        var acts: [UTF8Text: Set<SpeechAct>] = [:]
        var locales: [UTF8Text: Set<BotLocale>] = [:]
        var ordinals: [UTF8Text: Place] = [:]
        for locale in phrases {
            for (act, sentences) in locale.acts {
                for sentence in sentences {
                    let key = Self.key(of: sentence)
                    acts[key, default: []].insert(act)
                    locales[key, default: []].insert(locale.locale)
                }
            }
            for (name, words) in locale.ordinals {
                let place = Int(name).map(Place.number) ?? .last
                for word in words { ordinals[Self.key(of: word)] = place }
            }
        }
        self.acts = acts
        self.ordinals = ordinals
        self.locales = locales
        joints = phrases.flatMap(\.joints)
        refusals = phrases.flatMap(\.refusals).compactMap(RefusalPattern.init)
        negations = PhraseMatcher(phrases.flatMap(\.negations))
        corrections = PhraseMatcher(phrases.flatMap(\.corrections))
        pointers = PhraseMatcher(phrases.flatMap(\.pointers))
        others = PhraseMatcher(phrases.flatMap(\.others))
        spellings = Dictionary(grouping: self.phrases, by: \.locale.language).mapValues {
            Spellings($0.compactMap(\.spellings))
        }
        homophones = Homophones(phrases.filter { $0.locale.language == Self.chinese }, content)
    }

    /// What two spellings of a sentence share; a text without letters, such as an emoji, is itself.
    static func key(of text: String) -> UTF8Text {
        let plain = SearchTerms.plain(text)
        return UTF8Text(plain.isEmpty ? String(text.filter { !$0.isWhitespace }) : plain)
    }

    /// The acts that have exactly this sentence.
    public func acts(of text: String) -> Set<SpeechAct> {
        guard text.utf8.count <= Self.sentenceLimit else { return [] }
        return acts[Self.key(of: text)] ?? []
    }

    /// Whether the text has a word that may turn it into its opposite.
    public func hasNegation(_ text: PhraseMatcher.Text) -> Bool { negations.isFound(in: text) }
    public func hasCorrection(_ text: PhraseMatcher.Text) -> Bool { corrections.isFound(in: text) }
    /// Whether the text speaks of another thing than the one that was talked about.
    public func meansAnother(_ text: PhraseMatcher.Text) -> Bool { others.isFound(in: text) }

    /// The text in the usual spelling of the locale's language; nil where it has that already.
    public func spelledOut(_ text: String, in locale: BotLocale) -> String? {
        let plain = spellings[locale.language]?.spelledOut(text)
        guard locale.language == Self.chinese else { return plain }
        return homophones.spelledOut(plain ?? text) ?? plain
    }

    private static let chinese = BotLocale.chinese.language

    /// Whether the text is a speech act's sentence of this locale, as "ok" is in many.
    public func isUsed(_ text: String, in locale: BotLocale) -> Bool {
        guard text.utf8.count <= Self.sentenceLimit, let own = locale.nearest(in: phrases.map(\.locale)) else {
            return false
        }
        return locales[Self.key(of: text)]?.contains(own) ?? false
    }

    /// What the text turns down or denies, said without that; nil where it is no such text, see ``RefusalPattern``.
    public func denied(in text: String) -> String? {
        guard text.utf8.count <= Self.sentenceLimit, hasNegation(PhraseMatcher.Text(text)) else { return nil }
        // The pattern that takes most of the text leaves what it is about.
        return refusals.compactMap { $0.denied(in: text) }.min { $0.count < $1.count }
    }

    /// Whether the text is the beginning of a refusal, and does not say of what.
    public func isBareRefusal(_ text: String) -> Bool {
        text.utf8.count <= Self.sentenceLimit && hasNegation(PhraseMatcher.Text(text))
            && refusals.contains { $0.isBare(text) }
    }

    /// UTF-8 bytes of a text that can be one of the sentences.
    private static let sentenceLimit = 400

    /// Whether the text has a word that points back to what was said before.
    public func pointsBack(_ text: PhraseMatcher.Text) -> Bool { pointers.isFound(in: text) }

    /// The option that the whole text names by its place.
    public func place(in text: String) -> Place? {
        guard text.utf8.count <= 100 else { return nil }
        let key = Self.key(of: text)
        return Int(key.string).map(Place.number) ?? ordinals[key]
    }

    /// The variants of what the bot says; empty where nobody wrote any.
    public func variants(_ phrase: BotPhrase, in locale: BotLocale) -> [String] {
        let available = phrases.filter { $0.says[phrase]?.isEmpty == false }
        let chosen =
            locale.nearest(in: available.map(\.locale)) ?? BotLocale.english.nearest(in: available.map(\.locale))
            ?? available.first?.locale
        return available.first { $0.locale == chosen }?.says[phrase] ?? []
    }

    /// Whom to call in danger, where the owner has confirmed it.
    public func contact(for act: SpeechAct, in locale: BotLocale) -> String? {
        let available = phrases.filter { $0.contactsAreConfirmed && $0.contacts[act] != nil }
        let chosen = locale.nearest(in: available.map(\.locale)) ?? available.first?.locale
        return available.first { $0.locale == chosen }?.contacts[act]
    }
}
