internal import ConversationDomain

/// One name in the first line of a table, without regard to case, spaces, signs and numbers at its end.
package struct ColumnName {
    /// All of it: `label_text` is `labeltext`.
    let whole: String
    /// Without number and language: `Example 2` and `example_de` are `example`.
    let word: String
    let locale: BotLocale?

    init(_ name: String) {
        let plain = Self.plain(name)
        var word = Substring(plain)
        while let last = word.last, last.isNumber, word.count > 1 { word.removeLast() }
        let core = Self.core(of: word)
        whole = core.map(String.init) ?? plain
        word = core ?? word
        var locale: BotLocale?
        let parts = name.split { !($0.isLetter || $0.isNumber) }
        if parts.count > 1, let last = parts.last, let language = Self.language(String(last).lowercased()) {
            let stem = ColumnName(parts.dropLast().joined(separator: " "))
            if Self.known.contains(stem.word) { (word, locale) = (Substring(stem.word), language) }
        }
        self.word = String(word)
        self.locale = locale
    }

    /// Without signs and spaces, and without a remark in brackets.
    private static func plain(_ name: String) -> String {
        func letters(_ text: Substring) -> String {
            let kept = text.lowercased().unicodeScalars.filter {
                $0.properties.isAlphabetic || $0.properties.numericType != nil
            }
            return String(String.UnicodeScalarView(kept))
        }
        let start = letters(name.prefix { !"([（【{".contains($0) })
        return start.isEmpty ? letters(name[...]) : start
    }

    /// The known name in one that says more: `customer question`, `intent name`, `用户问法`.
    private static func core(of word: Substring) -> Substring? {
        if known.contains(String(word)) { return nil }
        for prefix in prefixes where word.hasPrefix(prefix) {
            let rest = word.dropFirst(prefix.count)
            if known.contains(String(rest)) { return rest }
        }
        for suffix in suffixes where word.hasSuffix(suffix) {
            let rest = word.dropLast(suffix.count)
            if known.contains(String(rest)) { return rest }
        }
        return nil
    }

    private static let prefixes = [
        "user", "customer", "client", "visitor", "bot", "agent", "training", "sample", "example", "faq", "main",
        "short",
        "用户", "客户", "顾客", "访客", "机器人", "标准", "参考", "训练", "知识", "常见", "用戶", "客戶", "機器人",
    ]
    private static let suffixes = [
        "text", "name", "label", "content", "list", "s", "内容", "名称", "名", "列表", "文本", "句子", "內容", "名稱",
    ]

    /// Names that announce more than one text.
    var isList: Bool { Self.authored.contains(word) }

    /// Whether it holds the name of what another column numbers.
    var isNameOfLabel: Bool { ["labeltext", "labelclass", "labelname", "classname"].contains(whole) }

    /// The locale of a column that is named after a language.
    static func language(_ word: String) -> BotLocale? {
        switch word {
        case "en", "english", "英文", "英语": .english
        case "zh", "cn", "chinese", "中文", "zhcn", "zhhans": .chinese
        case "de", "fr", "es", "it", "pt", "nl", "ja", "ko", "pl", "ru", "tr", "ar", "sv", "da", "fi", "cs", "vi":
            BotLocale(word)
        case "german", "deutsch": BotLocale("de")
        case "french": BotLocale("fr")
        case "spanish": BotLocale("es")
        case "japanese", "日文": BotLocale("ja")
        case "korean": BotLocale("ko")
        default: nil
        }
    }

    /// Whether it is the name of a column of any kind.
    static func isKnown(_ name: ColumnName, _ columns: RowColumns) -> Bool {
        known.contains(name.word) || known.contains(name.whole)
            || columns.label.contains { ColumnName($0).whole == name.whole }
    }
}

// MARK: - The names

extension ColumnName {
    package static let texts =
        RowColumns.text + [
            "message", "instruction", "input", "userinput", "usermessage", "usersays", "customermessage",
            "customersays",
            "trainingphrase", "trainingphrases", "utterances", "queries", "phrases", "sentences", "texts", "messages",
            "example", "examples", "pattern", "patterns", "sample", "samples", "sampleutterance", "sampleutterances",
            "content", "prompt", "request", "文本", "例句", "语句", "句子", "语料", "消息", "用户消息", "用户说", "用户输入", "用户问题", "用户话术",
            "问法", "说法", "示例", "样例", "表达", "话语", "輸入", "範例", "語句", "文字", "訊息",
        ]
    package static let questions = [
        "question", "questions", "mainquestion", "standardquestion", "faq", "faqquestion", "q", "问题", "標準問題", "标准问题",
        "标准问", "标准问法", "主问题", "问", "问句", "提问", "常见问题", "問題", "問", "常見問題", "frage",
    ]
    package static let answers = [
        "answer", "answers", "response", "responses", "reply", "replies", "a", "faqanswer", "botresponse", "botanswer",
        "答案", "回答", "回复", "答复", "标准答案", "标准回答", "答", "应答", "回覆", "答覆", "antwort",
    ]
    static let alternatives = [
        "alternatives", "alternative", "alternativequestion", "alternativequestions", "alternatequestions",
        "alternativephrasings", "alternatephrasings", "variants", "variant", "variations", "variation", "paraphrase",
        "paraphrases", "similarquestion", "similarquestions", "similar", "otherquestions", "otherwordings",
        "rephrasings",
        "synonyms", "alsoasked", "aliases", "相似问", "相似问题", "相似问法", "相似句", "扩展问", "扩展问题", "其他问法", "同义问", "同义句", "近义问",
        "替代问题", "相似問題", "其他問法",
    ]
    static let links = [
        "link", "url", "href", "links", "source", "sourceurl", "website", "page", "链接", "网址", "地址", "連結", "網址",
    ]
    static let titles = ["title", "buttontitle", "displayname", "标题", "按钮", "標題"]
    static let ids = ["id", "key", "faqid", "questionid", "knowledge", "编号", "序号", "編號"]
    package static let moreLocales = ["languagecode", "locales", "语言", "語言", "语种", "sprache"]
    static let moreSplits = ["subset", "partition"]
    /// Names of labels, best first; a classifier's own name goes before them.
    package static let moreLabels = [
        "intentname", "intents", "intentid", "labeltext", "labelclass", "labelname", "classname", "label", "tag",
        "tags", "class",
        "target", "意图", "意图名称", "意图名", "标签", "意圖", "標籤", "absicht",
    ]
    /// Names that head a label, or beside questions and answers the group that an entry belongs to.
    static let weakLabels = [
        "category", "topic", "section", "group", "theme", "类别", "分类", "类目", "主题", "分類", "類別", "kategorie",
    ]
    /// Columns that people fill with several texts a cell, one a line.
    private static let authored: Set<String> = Set(
        [
            "utterance", "utterances", "queries", "phrases", "sentences", "texts", "messages", "example", "examples",
            "pattern",
            "patterns", "sample", "samples", "sampleutterance", "sampleutterances", "trainingphrase", "trainingphrases",
            "questions", "例句", "语料", "问法", "说法", "示例", "样例", "表达", "範例",
        ] + alternatives)

    private static let known = Set(
        texts + questions + answers + alternatives + links + titles + ids + moreLocales + moreSplits + moreLabels
            + weakLabels
            + RowColumns.locale + RowColumns.split + RowColumns.ofIntents.label)
}
