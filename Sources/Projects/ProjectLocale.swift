internal import ConversationDomain

extension BotLocale {
    /// The language that another product tells, such as `en-us`: without its region, by which a bot's texts seldom differ; that of
    /// Chinese tells the script and stays, unless it is the usual one.
    init?(otherProducts tag: String) {
        guard let locale = BotLocale(tag) else { return nil }
        let isOtherScript = locale.language == "zh" && !["zh-CN", "zh-SG", "zh-Hans"].contains(locale.rawValue)
        self = isOtherScript ? locale : BotLocale(trusted: locale.language)
    }
}
