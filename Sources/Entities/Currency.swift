/// How currencies are written before and behind an amount.
enum Currency {
    /// A symbol, code or word, and where it ends.
    struct Mark: Hashable, Sendable {
        let text: String
        let end: Int

        /// Of countries that write 1.234 for a thousand.
        var groupsByPoints: Bool { Currency.pointed.contains(text) }
        /// 块 and 元 may have tenths behind them: 三块五.
        var takesTenths: Bool { ["块", "元", "圆", "蚊", "块钱", "元钱"].contains(text) }
        var isEastAsian: Bool {
            text.unicodeScalars.first.map { !$0.isASCII && ChineseNumber.isEastAsian($0) } ?? false
        }
        /// Hundredths of the unit that one of these is.
        var hundredths: Int? { Currency.fractions[text] }
    }

    private static let symbols = ["$", "¥", "€", "£", "₹", "₩", "₽", "₺", "₫", "฿", "₪", "₱", "₴", "₦"]
    private static let dollars = ["us$", "hk$", "nt$", "a$", "au$", "c$", "ca$", "nz$", "s$", "sg$", "r$", "mx$"]
    /// Codes that are no words of their own.
    private static let codes = [
        "usd", "rmb", "cny", "eur", "gbp", "inr", "chf", "jpy", "hkd", "twd", "ntd", "aud", "cad", "nzd", "sgd", "krw",
        "sek",
        "nok", "dkk", "pln", "czk", "huf", "brl", "mxn", "thb", "myr", "idr", "aed", "zar", "rs", "kr", "sfr",
    ]
    private static let chinese = [
        "人民币", "美元", "美金", "欧元", "英镑", "港币", "港元", "日元", "日圆", "新台币", "台币", "港纸", "韩元", "卢布", "卢比", "泰铢", "澳元", "加元",
        "新加坡元",
        "法郎",
        "瑞郎", "瑞士法郎", "澳币", "加币",
    ]
    private static let words = [
        "dollar", "dollars", "bucks", "quid", "euro", "euros", "pound", "pounds", "yuan", "yen", "rupee", "rupees",
        "franc",
        "francs", "franken", "krona", "kronor", "kroner", "pesos", "zł", "kč", "zloty",
    ]
    private static let fractions: [String: Int] = [
        "毛": 10, "毛钱": 10, "角": 10, "角钱": 10, "cent": 1, "cents": 1, "¢": 1, "pence": 1,
    ]
    private static let pointed: Set<String> = [
        "€", "eur", "euro", "euros", "欧元", "kr", "dkk", "nok", "sek", "r$", "brl", "idr", "₫", "₺",
    ]

    private static let before = PhraseTable(symbols + dollars + codes + ["rs.", "kr.", "fr.", "sfr."] + chinese)
    private static let behind = PhraseTable(
        symbols + codes + chinese + words + fractions.keys + [
            "元", "块", "块钱", "圆", "円", "元人民币", "元钱", "元港币", "蚊", "欧", "us$", "hk$",
        ])
    /// What makes another word of a unit: 元旦, 三角形, 一毛衣.
    private static let noUnit: [String: Set<Unicode.Scalar>] = [
        "元": Set("旦宵素件".unicodeScalars), "角": Set("形色度落裤铁架".unicodeScalars), "毛": Set("衣巾绒毯笔病".unicodeScalars),
        "欧": Set("洲盟美".unicodeScalars), "圆": Set("桌形圈".unicodeScalars),
    ]

    /// A currency that stands before an amount.
    static func before(at start: Int, in text: ScannedText) -> Mark? {
        guard !text.isLetter(start - 1), let found = before.longest(at: start, in: text) else { return nil }
        // The letters of a code are no part of a word.
        guard !text.isLetter(found.end - 1) || !text.isLetter(found.end) else { return nil }
        return Mark(text: found.phrase, end: found.end)
    }

    /// A currency that stands behind an amount, after at most a few spaces; `,-` and `:-` stand for no cents.
    static func behind(_ end: Int, in text: ScannedText) -> Mark? {
        var start = text.skippingSpaces(end)
        if text[end] == "," || text[end] == ".", text[end + 1] == "-" { start = text.skippingSpaces(end + 2) }
        guard let found = behind.longest(at: start, in: text),
            !(text.isLetter(found.end - 1) && text.isLetterOrDigit(found.end)),
            !(noUnit[found.phrase]?.contains(text[found.end]) ?? false)
        else { return nil }
        // In "20 $5 vouchers" the sign belongs to what follows.
        if start > end, symbols.contains(found.phrase), text.isDigit(found.end) { return nil }
        return Mark(text: found.phrase, end: found.end)
    }
}
