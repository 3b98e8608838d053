public import ConversationDomain
import Synchronization
public import Wording

/// Tells in which of a bot's locales a message is written: by its script, the two forms of Chinese by their characters, and other
/// locales that share a script by nearness to the content's own sentences. No language is built in; what a locale is written in is
/// seen in its content.
public final class LanguageDetector: Sendable {
    /// Unicode scalars of a message that are looked at.
    private static let limit = 400
    /// By how much a message must look more like another locale than like the conversation's for the conversation to change, as
    /// a logarithm of odds; less when it begins, or where the conversation's locale is out of the question.
    private static let clear = 3.0
    private static let clearAtStart = 1.0
    /// A script that has less of a locale's letters than this is foreign to it, such as names of brands.
    private static let leastOfScript = 0.2
    /// From this share of kana on among East Asian characters a text is Japanese; a shop's name may have one.
    private static let leastOfKana = 0.1
    /// Sentences of a locale that show its scripts.
    private static let shown = 400

    /// The bot's locales, commonest first.
    private let locales: [BotLocale]
    private let sentences: [BotLocale: [String]]
    private let scripts: [BotLocale: Set<Script>]
    private let forms: [BotLocale: HanForm]
    private let phrases: PhraseBook
    /// Made when first needed: most bots have one locale per script.
    private let knownModel = Mutex<LanguageModel?>(nil)

    /// - Parameter snapshot: its content's examples, questions and answers, and its phrases, are what is compared with.
    public init(_ snapshot: ContentSnapshot) {
        locales = snapshot.locales
        phrases = snapshot.phrases
        sentences = snapshot.content.sentences(of: snapshot.locales)
        let shown = sentences.mapValues { $0.prefix(Self.shown).map { WrittenWords($0, limit: Self.limit) } }
        scripts = shown.mapValues(Self.scripts)
        forms = shown.compactMapValues { HanForm(of: $0.flatMap(\.runs)) }
    }

    /// Nil when the message says nothing about its language, is in one that the bot does not have, or may as well be the
    /// conversation's.
    /// - Parameters:
    ///   - current: the conversation's locale, one of the bot's.
    ///   - isFirst: nothing was said in the conversation before, and nobody named its locale.
    public func locale(of text: String, current: BotLocale, isFirst: Bool = false) -> BotLocale? {
        let words = WrittenWords(text, limit: Self.limit)
        guard let script = Self.main(words.weights) else { return nil }
        let able =
            script == .han ? inForm(of: words, current) : locales.filter { scripts[$0]?.contains(script) ?? false }
        // "OK" is said in many languages.
        guard !able.isEmpty, script.isUnspaced || !phrases.isUsed(text, in: current) else { return nil }
        let isAble = able.contains(current)
        let usual = isAble ? current : able[0]
        guard able.count > 1, let evidence = model().evidence(of: words, for: able) else {
            return isAble ? nil : usual
        }
        let best = able[evidence.indices.max { evidence[$0] < evidence[$1] } ?? 0]
        func score(_ locale: BotLocale) -> Double { able.firstIndex(of: locale).map { evidence[$0] } ?? 0 }
        let isClear = score(best) - score(usual) >= (isAble && !isFirst ? Self.clear : Self.clearAtStart)
        guard isAble else { return isClear ? best : usual }
        guard isClear else { return nil }
        // Fewer words may be a name or an address.
        return words.count > (isFirst ? 1 : 2) || phrases.isUsed(text, in: best) ? best : nil
    }

    /// The locales that are written in Han characters, one of each language: in the message's form if it shows one, else as the
    /// conversation is.
    private func inForm(of words: WrittenWords, _ current: BotLocale) -> [BotLocale] {
        let all = locales.filter { scripts[$0]?.contains(.han) ?? false }
        let form = HanForm(of: words.runs)
        var chosen: [BotLocale] = []
        for locale in all {
            guard let place = chosen.firstIndex(where: { $0.language == locale.language }) else {
                chosen.append(locale)
                continue
            }
            let fits = form == nil ? locale == current : forms[locale] == form && forms[chosen[place]] != form
            if fits { chosen[place] = locale }
        }
        return chosen
    }

    /// The script that at least as much of the text is in as in all others together; of East Asian ones, kana if there is enough.
    private static func main(_ weights: [Script: Int]) -> Script? {
        let all = weights.values.reduce(0, +)
        let (han, kana) = (weights[.han] ?? 0, weights[.kana] ?? 0)
        if han + kana > 0, (han + kana) * 2 >= all {
            return Double(kana) >= max(1, leastOfKana * Double(han + kana)) ? .kana : .han
        }
        return weights.first { $0.key != .han && $0.key != .kana && $0.value * 2 >= all }?.key
    }

    private static func scripts(of sentences: [WrittenWords]) -> Set<Script> {
        var weights: [Script: Int] = [:]
        for words in sentences { weights.merge(words.weights, uniquingKeysWith: +) }
        let all = Double(weights.values.reduce(0, +))
        return Set(weights.filter { Double($0.value) >= leastOfScript * all }.keys)
    }

    private func model() -> LanguageModel {
        knownModel.withLock { known in
            if let known { return known }
            let made = LanguageModel(sentences)
            known = made
            return made
        }
    }
}

extension WrittenWords {
    /// Words, and characters of scripts without words.
    fileprivate var count: Int { words.count + runs.reduce(0) { $0 + $1.count } }
}

extension BotContent {
    /// What is written in each locale, the owner's own sentences first.
    fileprivate func sentences(of locales: [BotLocale]) -> [BotLocale: [String]] {
        var sentences = Dictionary(uniqueKeysWithValues: locales.map { ($0, [String]()) })
        for intent in intents {
            for example in intent.examples { sentences[example.locale]?.append(example.text) }
            for answer in intent.answers { for (locale, text) in answer.text { sentences[locale]?.append(text) } }
        }
        for entry in knowledge { sentences[entry.locale]?.append(contentsOf: entry.questions + [entry.answer]) }
        for phrases in phrases {
            // In a fixed order, since only so much of it is learned from.
            let said =
                SpeechAct.allCases.compactMap { phrases.acts[$0] } + BotPhrase.allCases.compactMap { phrases.says[$0] }
            sentences[phrases.locale]?.append(contentsOf: said.joined())
        }
        return sentences
    }
}
