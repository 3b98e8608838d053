internal import CEmbeddedFiles
public import ConversationDomain

/// The phrases that the program brings, the same files as the starter bot's: a bot whose owner wrote none can speak all the same.
public enum ShippedPhrases {
    /// The locales that there are phrases in.
    public static let locales = files.map(\.locale)

    /// Tells the file of this build from others: FNV-1a of its bytes.
    public static func id(of locale: BotLocale) -> String {
        let bytes = files.filter { $0.locale == locale }.flatMap(\.bytes)
        return String(bytes.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }, radix: 16)
    }

    /// All sentences of some speech acts in a locale, in one order.
    public static func sentences(of locale: BotLocale, where isWanted: (SpeechAct) -> Bool) -> [String] {
        SpeechAct.allCases.filter(isWanted).flatMap { all[locale]?.acts[$0] ?? [] }
    }

    /// Read when they are needed: a bot whose own phrases are complete never reads them.
    /// - Returns: nil for a locale that there is no file of.
    public static func phrases(in locale: BotLocale) -> Phrases? { all[locale] }

    public static let all: [BotLocale: Phrases] = files.reduce(into: [:]) { all, file in
        let text = String(decoding: file.bytes, as: UTF8.self)
        guard let root = (try? YAMLNode.parse(text)) ?? nil else { return }
        var log = IssueLog(limit: 1)
        all[file.locale] = PhrasesYAML.read(
            root, path: "phrases/\(file.locale).yaml", limits: ContentLimits(), log: &log)
    }

    private static var files: [(locale: BotLocale, bytes: UnsafeRawBufferPointer)] {
        [
            ("de", embedded_phrases_de()), ("en", embedded_phrases_en()), ("ja", embedded_phrases_ja()),
            ("zh", embedded_phrases_zh()), ("zh-Hant", embedded_phrases_zh_hant()),
        ].compactMap { tag, file in
            BotLocale(tag).map { ($0, UnsafeRawBufferPointer(start: file.bytes, count: file.count)) }
        }
    }
}

extension BotContent {
    /// The same with the phrases that the program brings, for all that the owner has not written.
    public var withShippedPhrases: BotContent {
        withPhrases(available: ShippedPhrases.locales) { ShippedPhrases.phrases(in: $0) }
    }
}
