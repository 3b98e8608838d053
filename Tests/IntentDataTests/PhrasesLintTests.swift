import ConversationDomain
import IntentData
import NativeContent
import Testing

@Suite struct PhrasesLintTests {
    private static func content(_ locale: BotLocale, _ phrases: [Phrases] = []) -> BotContent {
        let examples = (0..<10).map { Example(text: "example number \($0)", locale: locale) }
        var content = BotContent(
            intents: [
                Intent(
                    name: IntentName(trusted: "hours"), title: [locale: "Hours"], examples: examples,
                    answers: [])
            ], knowledge: [])
        content.phrases = phrases
        return content
    }

    private static func warnings(_ content: BotContent) -> [String] {
        ContentLint.check(content).map(\.message).filter { $0.contains("phrases/") }
    }

    @Test("a locale that nobody has phrases for is told, one that the program has is not")
    func missing() throws {
        let spanish = try #require(BotLocale("es"))
        #expect(Self.warnings(Self.content(.english)) == [])
        let told = Self.warnings(Self.content(spanish))
        #expect(told.count == 1 && told[0].contains("phrases/es.yaml"))
    }

    @Test("phrases of a new locale are checked for all that the bot says and hears")
    func incomplete() throws {
        let spanish = try #require(BotLocale("es"))
        let own = Phrases(locale: spanish, acts: [.yes: ["sí"]], says: [.fallback: ["No lo sé."]])
        let told = Self.warnings(Self.content(spanish, [own]))
        #expect(told.contains { $0.contains("says") && $0.contains("offer") && !$0.contains("fallback") })
        #expect(told.contains { $0.contains("acts") && $0.contains("greeting") && !$0.contains(": yes") })
        #expect(told.contains { $0.contains("refusals") && $0.contains("contacts") })
    }

    @Test("phrases whose contacts in danger nobody has confirmed are told in one line, confirmed ones are not")
    func contacts() throws {
        var english = try #require(ShippedPhrases.phrases(in: .english))
        let told = Self.warnings(Self.content(.english, [english]))
        #expect(told.count == 1 && told[0].contains("confirmed: true"))
        english.contactsAreConfirmed = true
        #expect(Self.warnings(Self.content(.english, [english])) == [])
    }

    @Test("the phrases that the program brings are complete")
    func shipped() {
        for (locale, phrases) in ShippedPhrases.all {
            let told = Self.warnings(Self.content(locale, [phrases]))
            #expect(told.count == 1 && told[0].contains("confirmed: true"), "\(locale): \(told)")
        }
    }
}
