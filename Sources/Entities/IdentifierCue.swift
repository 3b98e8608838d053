/// What is said right before or behind a row of letters and digits: that it is an order's number, or that it is none.
enum IdentifierCue: Hashable, Sendable {
    /// "order number", 订单号
    case orderNumber
    /// "order", 订单
    case order
    case phone
    /// A postcode, a house, a price, a card, …
    case other

    /// Whether the text says that it is something else.
    var isForeign: Bool { self == .phone || self == .other }
    var isOrder: Bool { self == .order || self == .orderNumber }

    // MARK: Words

    private static let words: [(cue: IdentifierCue, phrases: [String])] = [
        (
            .orderNumber,
            [
                "order number", "order no", "order no.", "order nr", "order nr.", "order id", "order ref",
                "order reference",
                "order num", "order code", "ordernumber", "confirmation number", "reference number", "reference", "ref",
                "ref.",
                "bestellnummer", "bestellnr", "bestellnr.", "auftragsnummer", "numéro de commande",
                "numero de commande",
                "número de pedido", "numero de pedido", "订单号", "订单编号", "订单号码", "单号", "编号", "注文番号", "订单nr",
            ]
        ),
        (
            .order,
            [
                "order", "orders", "purchase", "po", "bestellung", "auftrag", "commande", "pedido", "订单", "单子", "注文",
                "这单", "那单",
            ]
        ),
        (
            .phone,
            [
                "phone", "telephone", "tel", "tel.", "mobile", "cell", "cellphone", "contact", "whatsapp", "fax",
                "call", "call me", "call me at", "call me on", "call on",
                "ring me", "text me", "text me at", "text me on", "reach me", "reach me at", "reach me on",
                "contact me", "contact me at", "contact me on", "telefon", "telefonnummer", "handy", "handynummer",
                "rufnummer",
                "teléfono", "telefono", "téléphone", "手机", "手机号", "电话", "电话号", "座机", "联系方式", "微信", "qq", "打给我", "打我",
                "携帯",
                "联系我", "打",
            ]
        ),
        (
            .other,
            [
                "zip", "zipcode", "postcode", "post", "postal", "plz", "postleitzahl", "flat", "apartment", "apt",
                "apt.", "room",
                "house", "unit", "building", "block", "street", "floor", "suite", "door", "gate", "live at", "live in",
                "living at",
                "living in", "address", "pin", "password", "passcode", "otp", "verification", "voucher", "coupon",
                "promo", "gift card",
                "discount", "card", "account", "customer", "member", "membership", "passport", "licence", "license",
                "iban", "tax",
                "vat", "item", "article", "sku", "model", "product", "serial", "size", "year", "date", "born",
                "birthday", "price",
                "cost", "costs", "paid", "pay", "worth", "amount", "total", "spent", "charged", "colour", "color",
                "code postal",
                "邮编", "邮政编码", "区号", "邮递区号", "住", "住在", "地址", "门牌", "门牌号", "房间", "房号", "房间号", "验证码", "密码", "优惠码", "优惠券",
                "券码", "礼品卡", "卡号", "卡", "会员", "会员号", "客户号", "账号", "帐号", "账户", "银行卡", "身份证", "身份证号", "护照", "税号", "型号",
                "货号",
                "商品", "序列号", "尺码", "生日", "日期", "时间", "楼号", "尾号", "出生", "价格", "金额", "价钱", "花了", "花", "付了", "扣了", "总共",
                "一共", "郵便番号",
                "郵便", "住所",
            ]
        ),
    ]
    private static let table = PhraseTable(words.flatMap(\.phrases))
    private static let cues = Dictionary(
        words.flatMap { group in group.phrases.map { ($0, group.cue) } }, uniquingKeysWith: { first, _ in first })

    /// What may stand between the word and the number.
    private static let links = PhraseTable([
        "is", "was", "'s", "’s", "number", "numbers", "no", "no.", "nr", "nr.", "num", "id", "code", "my", "me",
        "the", "as", "be", "should be", "it", "it's", "here", "around", "ist", "lautet", "nummer", "是", "为", "的", "号",
        "号码", "码", "就是",
        "应该是", "叫", "我", "it is", "就", "n°", "番号", "は",
    ])
    /// Links after which "order" says that a number follows.
    private static let numberLinks: Set<String> = [
        "number", "numbers", "no", "no.", "nr", "nr.", "num", "id", "code", "号", "号码", "n°",
    ]
    /// Behind these, "order" is what somebody does.
    private static let doers: Set<String> = [
        "to", "i", "can", "we", "would", "could", "you", "want", "will", "lets", "please", "cannot",
    ]

    // MARK: Search

    /// The nearest word before a place, over links and signs.
    static func before(_ start: Int, in text: ScannedText) -> IdentifierCue? {
        var index = start
        var hasNumber = false
        for _ in 0..<8 {
            while start - index < 48, " :#=\"“”'()[]「」*-".unicodeScalars.contains(text[index - 1]) { index -= 1 }
            if let found = table.longest(before: index, in: text), let cue = cues[found.phrase] {
                guard cue == .order else { return cue }
                let isDone = doers.contains(text.words(before: found.start, limit: 1).first ?? "")
                return hasNumber || text[index] == "#" ? .orderNumber : isDone && found.phrase == "order" ? nil : .order
            }
            guard let link = links.longest(before: index, in: text) else { return nil }
            hasNumber = hasNumber || numberLinks.contains(link.phrase)
            index = link.start
        }
        return nil
    }

    private static let linksBehind = PhraseTable([
        "is my", "is the", "is our", "was my", "is a", "是我的", "是我", "是", "ist meine", "ist die", "is",
    ])

    /// A word that says behind a number what it is: "90210 is my zip", 10023是我的房间号.
    static func behind(_ end: Int, in text: ScannedText) -> IdentifierCue? {
        var index = text.skippingSpaces(end)
        guard let link = linksBehind.longest(at: index, in: text) else { return nil }
        index = text.skippingSpaces(link.end)
        guard let found = table.longest(at: index, in: text), !text.isLetter(found.end - 1) || !text.isLetter(found.end)
        else {
            return nil
        }
        return cues[found.phrase]
    }
}
