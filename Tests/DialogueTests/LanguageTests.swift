import ConversationDomain
import IntentData
import NativeContent
import Testing
import TestSupport

@testable import Dialogue

@Suite struct LanguageTests {
    @Test(
        "the script of a message tells its language",
        arguments: [
            ("我的订单在哪", "zh"), ("track 一下我的 order", "zh"), ("请问 iPhone 15 Pro 有货吗", "zh"), ("退", "zh"),
            ("where is my parcel", "en"), ("Refund!", "en"), ("my name is 王芳 and I want my money back", "en"),
            ("don't ship it", "en"), ("THANKS", "en"),
        ])
    func detects(text: String, language: String) {
        for current in [BotLocale.english, .chinese] {
            let found = LanguageDetector.locale(
                of: text, among: [.english, .chinese], current: current, phrases: .shipped)
            #expect((found ?? current).rawValue == language)
        }
    }

    @Test(
        "what belongs to no language, or to one the detector does not know, changes nothing",
        arguments: [
            "12345", "👍👍", "A1234567", "SF-1234567", "???", "wang@example.com", "https://shop.example/orders/A1",
            "www.shop.example", "OK", "ok!", "これは何ですか", "注文はどこですか", "주문", "где заказ", "a",
        ])
    func keeps(text: String) {
        for current in [BotLocale.english, .chinese] {
            let found = LanguageDetector.locale(
                of: text, among: [.english, .chinese], current: current, phrases: .shipped)
            #expect((found ?? current) == current)
        }
    }

    @Test("a language that the bot does not have is never chosen, and its regional form is when it has that")
    func available() throws {
        let taiwan = try #require(BotLocale("zh-TW"))
        let french = try #require(BotLocale("fr"))
        #expect(LanguageDetector.locale(of: "我的订单", among: [.english], current: .english, phrases: .shipped) == nil)
        #expect(
            LanguageDetector.locale(of: "我的订单", among: [.english, taiwan], current: .english, phrases: .shipped)
                == taiwan)
        #expect(
            LanguageDetector.locale(
                of: "où est mon colis", among: [french, .chinese], current: french, phrases: .shipped) == nil)
    }

    @Test("the bot answers in the language that the visitor writes, whatever was named at the start, and stays with it")
    func follows() async throws {
        let thanks = MessageUnderstanding.accepted("thanks")
        let chat = try await TestChat(["谢谢你": thanks, "thank you very much": thanks], locale: .english)
        #expect(["一", "二", "三"].contains(try await chat.say("谢谢你").texts[0]))
        #expect(PhraseBook.shipped.variants(.acknowledge, in: .chinese).contains(try await chat.say("👍").texts[0]))
        #expect(try await chat.stored.locale == .chinese)
        #expect(["one", "two", "three"].contains(try await chat.say("thank you very much").texts[0]))
        #expect(try await chat.stored.locale == .english)
    }

    @Test("a conversation begins in the nearest language that the bot has, else in the default")
    func start() async throws {
        let cantonese = try #require(BotLocale("zh-HK"))
        let french = try #require(BotLocale("fr"))
        #expect(try await TestChat(locale: cantonese).conversation.locale == .chinese)
        #expect(try await TestChat(locale: french) { $0.defaultLocale = .chinese }.conversation.locale == .chinese)
        #expect(try await TestChat(locale: nil) { $0.defaultLocale = .chinese }.conversation.locale == .chinese)
        #expect(try await TestChat(locale: nil) { $0.defaultLocale = french }.conversation.locale == .english)
    }

    @Test("a bot that lost the conversation's language answers in one that it has")
    func lostLanguage() async throws {
        let both = try await TestChat(locale: .chinese)
        let english = BotContent(
            intents: [
                TestBot.intent("thanks", answers: [TestBot.answer("thanks", 1, "welcome", nil)])
            ].map { Intent(name: $0.name, examples: [Example(text: "thx", locale: .english)], answers: $0.answers) })
        let chat = try await TestChat(["谢谢": .accepted("thanks")], content: english, store: both.store)
        let message = InboundMessage(conversation: both.conversation.id, content: .text("谢谢"))
        #expect(try await chat.engine.respond(to: message, as: TestChat.shop).turn.texts == ["welcome"])
        #expect(try await both.stored.locale == .english)
    }

    @Test(
        "each phrase of the bot is said in every language that the program brings, each variant once",
        arguments: ShippedPhrases.locales)
    func phrases(locale: BotLocale) throws {
        let phrases = try #require(ShippedPhrases.phrases(in: locale))
        let isHan = ["zh", "zh-Hant"].contains(locale.rawValue)
        for phrase in BotPhrase.allCases {
            let variants = phrases.says[phrase] ?? []
            #expect(!variants.isEmpty && Set(variants).count == variants.count, "\(phrase)")
            guard isHan || locale == .english else { continue }
            let hasHan = variants.map { $0.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) } }
            #expect(hasHan.allSatisfy { $0 == isHan }, "\(phrase)")
        }
    }
}
