import ConversationDomain

/// What the bot says by itself, beside the owner's answers.
enum BotPhrase: Hashable, CaseIterable {
    /// No answer was found.
    case fallback
    /// No answer again; a person is offered.
    case offerPerson
    /// The offered person was turned down.
    case declined
    /// A question for a slot was dropped on request.
    case cancelled
    /// The value was not understood; comes before the question asked again.
    case askAgain
    /// The value was not understood several times.
    case gaveUp
    /// Two intents are close.
    case didYouMean
    /// The title of the button that asks for a person.
    case talkToPerson
    /// A person was asked for, and the owner has no answer for that intent.
    case personAsked
    /// A person was asked for before.
    case personAskedAlready
    /// The intent has no answer in the owner's content.
    case noAnswerYet
    /// Comes before the link that an answer was found at.
    case source
}

/// The wording of each phrase, in English and Chinese; other locales get English.
enum BotPhrases {
    /// - Parameter choice: any number; picks among the variants.
    static func text(_ phrase: BotPhrase, locale: BotLocale, choice: Int = 0) -> String {
        let variants = locale.language == BotLocale.chinese.language ? chinese(phrase) : english(phrase)
        return variants[Int(choice.magnitude % UInt(variants.count))]
    }

    private static func english(_ phrase: BotPhrase) -> [String] {
        switch phrase {
        case .fallback:
            [
                "Sorry, I did not understand that. Could you say it in other words?",
                "I am not sure what you mean. Could you describe it differently?",
                "I have no answer to that yet. Perhaps another wording helps?",
            ]
        case .offerPerson:
            [
                "I still cannot help with that. Would you like to talk to a person?",
                "I am afraid I cannot find an answer. Shall I ask a person to join?",
            ]
        case .declined:
            ["All right. Tell me if I can help with something else.", "Fine, I am here if you need anything."]
        case .cancelled:
            ["All right, let us leave that. What else can I do for you?", "No problem, forgotten. Anything else?"]
        case .askAgain: ["I could not read that from your message.", "Sorry, that does not look right to me."]
        case .gaveUp: ["I cannot make it out, sorry. Would you like to talk to a person instead?"]
        case .didYouMean: ["Which of these do you mean?", "I want to be sure: which one is it?"]
        case .talkToPerson: ["Talk to a person"]
        case .personAsked: ["A person has been asked to join and will answer here."]
        case .personAskedAlready:
            ["A person has already been asked and will answer here. I am still with you until then."]
        case .noAnswerYet: ["I understand, but I have no answer to that yet. Would you like to talk to a person?"]
        case .source: ["More about this:"]
        }
    }

    private static func chinese(_ phrase: BotPhrase) -> [String] {
        switch phrase {
        case .fallback: ["抱歉，我没有理解您的意思，可以换个说法吗？", "不好意思，这句我没听懂，您能再具体说说吗？", "这个问题我暂时答不上来，换种问法试试？"]
        case .offerPerson: ["这个问题我还是没能帮到您，需要为您转人工客服吗？", "很抱歉没找到答案，要不要请人工客服来帮您？"]
        case .declined: ["好的，有别的问题随时告诉我。", "没关系，需要帮助的话随时找我。"]
        case .cancelled: ["好的，那先不处理了。还有什么可以帮您？", "没问题，已经取消。您还需要别的帮助吗？"]
        case .askAgain: ["没能从您的消息里识别出来。", "抱歉，这个格式好像不太对。"]
        case .gaveUp: ["实在抱歉，我还是没能识别。需要为您转人工客服吗？"]
        case .didYouMean: ["请问您想咨询的是哪一项？", "确认一下，您是指下面哪一个？"]
        case .talkToPerson: ["转人工"]
        case .personAsked: ["已为您请人工客服，稍后会在这里回复您。"]
        case .personAskedAlready: ["已经请过人工客服了，会在这里回复您。在此之前我还在，有问题可以继续问我。"]
        case .noAnswerYet: ["我明白您的意思，但暂时还没有对应的答案。需要为您转人工客服吗？"]
        case .source: ["详情请看："]
        }
    }
}
