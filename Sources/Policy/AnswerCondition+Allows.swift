package import ConversationDomain

extension AnswerCondition {
    /// Whether all that it asks of the conversation holds; slots are another matter.
    package func allows(locale current: BotLocale, channel currentChannel: ChannelName) -> Bool {
        if let channel, channel != currentChannel { return false }
        return locale.map { $0 == current || $0.rawValue == current.language } ?? true
    }
}
