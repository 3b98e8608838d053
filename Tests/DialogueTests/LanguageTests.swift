import ConversationDomain
import IntentData
import Languages
import NativeContent
import Testing
import TestSupport

@testable import Dialogue
@testable import Wording

@Suite struct LanguageTests {
    /// A bot with a few sentences in each of the languages, and the program's own phrases where it has any.
    private static func detector(_ locales: String...) throws -> LanguageDetector {
        let examples = try locales.flatMap { tag in
            let locale = try #require(BotLocale(tag))
            return try #require(sentences[tag]).map { Example(text: $0, locale: locale) }
        }
        let name = try #require(IntentName("order.status"))
        let content = BotContent(intents: [Intent(name: name, examples: examples)])
            .withPhrases(available: ShippedPhrases.locales) { ShippedPhrases.phrases(in: $0) }
        return LanguageDetector(ContentSnapshot(revision: 1, content: content))
    }

    private static let sentences = [
        "en": ["where is my order", "I want to return the shoes that I bought", "how much is the delivery"],
        "zh": ["我的订单到哪了", "我想退掉昨天买的鞋子", "运费多少钱"], "zh-TW": ["我的訂單到哪了", "我想退掉昨天買的鞋子"],
        "de": ["wo ist meine Bestellung", "ich möchte die Schuhe zurückgeben", "was kostet der Versand"],
        "fr": [
            "où est ma commande", "je voudrais rendre les chaussures", "combien coûte la livraison",
            "pouvez-vous me dire où se trouve mon colis", "est-ce que vous livrez en Belgique",
            "je n'ai pas reçu mon remboursement",
            "quand serai-je remboursé", "il manque un article dans mon paquet", "comment puis-je changer mon adresse",
            "vous ouvrez à quelle heure", "que faire si le produit est cassé",
        ],
        "ja": ["注文した商品はどこですか", "靴を返品したいのですが", "送料はいくらですか"],
        "ko": ["주문한 상품은 어디에 있나요", "신발을 반품하고 싶어요"], "ru": ["где мой заказ", "хочу вернуть обувь"],
        "ar": ["أين طلبي", "أريد إرجاع الحذاء"],
    ]

    @Test(
        "the script of a message tells its language",
        arguments: [
            ("我的订单在哪", "zh"), ("track 一下我的 order", "zh"), ("请问 iPhone 15 Pro 有货吗", "zh"), ("退", "zh"),
            ("where is my parcel", "en"), ("Refund!", "en"), ("my name is 王芳 and I want my money back", "en"),
            ("don't ship it", "en"), ("THANKS", "en"),
        ])
    func detects(text: String, language: String) throws {
        let detector = try Self.detector("en", "zh")
        for current in [BotLocale.english, .chinese] {
            #expect((detector.locale(of: text, current: current) ?? current).rawValue == language)
        }
    }

    @Test(
        "what belongs to no language, or to one that the bot does not have, changes nothing",
        arguments: [
            "12345", "👍👍", "A1234567", "SF-1234567", "???", "wang@example.com", "https://shop.example/orders/A1",
            "www.shop.example", "OK", "ok!", "これは何ですか", "注文はどこですか", "주문", "где заказ", "a",
        ])
    func keeps(text: String) throws {
        let detector = try Self.detector("en", "zh")
        for current in [BotLocale.english, .chinese] {
            #expect(detector.locale(of: text, current: current) == nil)
        }
    }

    @Test(
        "locales of one script are told apart by the bot's own sentences, from any of them",
        arguments: [
            ("könnt ihr mir sagen wann das ankommt", "de"), ("Danke!", "de"),
            ("could you tell me when it arrives", "en"),
            ("est-ce que vous pouvez me rembourser", "fr"), ("返品はできますか", "ja"), ("我的包裹還沒到，可以退貨嗎", "zh-Hant"),
            ("我的包裹还没到，可以退货吗", "zh"), ("반품할 수 있나요", "ko"), ("когда придёт мой заказ", "ru"),
            ("متى يصل طلبي", "ar"),
        ])
    func tellsApart(text: String, language: String) throws {
        let detector = try Self.detector("en", "zh", "de", "fr", "ja", "ko", "ru", "ar")
        for current in ["en", "zh", "de", "fr", "ja", "ko", "ru", "ar"] {
            let current = try #require(BotLocale(current))
            #expect(
                (detector.locale(of: text, current: current) ?? current).rawValue == language, "from \(current)")
        }
    }

    @Test(
        "a name or a word of many languages leaves the conversation in its own",
        arguments: ["München", "Hotel", "iPhone", "OK", "Versand?", "Müller, 12 Hauptstraße"])
    func names(text: String) throws {
        let detector = try Self.detector("en", "de")
        #expect(detector.locale(of: text, current: .english) == nil)
    }

    @Test("the two forms of Chinese stay as the visitor writes until there is a sign of the other")
    func forms() throws {
        let detector = try Self.detector("en", "zh")
        let traditional = try #require(BotLocale("zh-Hant"))
        #expect(detector.locale(of: "可以退貨嗎", current: .chinese) == traditional)
        #expect(detector.locale(of: "好的", current: traditional) == nil)
        #expect(detector.locale(of: "好的", current: .english) == .chinese)
        #expect(detector.locale(of: "可以退货吗", current: traditional) == .chinese)
    }

    @Test("a language that the bot does not have is never chosen, and its regional form is when it has that")
    func available() throws {
        #expect(try Self.detector("en").locale(of: "我的订单", current: .english) == nil)
        let taiwan = try Self.detector("en", "zh-TW").locale(of: "我的訂單", current: .english)
        #expect(taiwan?.rawValue == "zh-TW")
        let french = try #require(BotLocale("fr"))
        #expect(try Self.detector("fr", "zh").locale(of: "où est mon colis", current: french) == nil)
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
        #expect(try await TestChat(locale: cantonese).conversation.locale.rawValue == "zh-Hant")
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
