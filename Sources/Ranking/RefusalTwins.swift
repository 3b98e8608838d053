import ConversationDomain
import Wording

/// How people would turn an intent down: its name and its shortest examples, put into the refusals of their language. The nearest
/// of them against the nearest example tells "do not cancel my order" from "cancel my order", which lie close together.
struct RefusalTwins {
    /// Sentences of all intents together.
    static let limit = 2_500
    /// Examples that are put into refusals, beside the title.
    static let examples = 4
    /// Refusals that an example, or the title, is put into; the first of the content are the commonest.
    static let templatesPerExample = 5
    static let templatesPerTitle = 10
    /// Sentences of an intent that are turned into their opposite.
    static let opposites = 12
    /// Unicode scalars of an example that can still be the name of something.
    static let nameLimit = 40

    let phrases: [Phrases]

    /// The sentences by intent; nothing for the intents that stand for acts.
    func twins(of intents: [Intent]) -> [IntentName: [String]] {
        let wanted = intents.filter { $0.act == nil && $0.name != .outOfScope }
        let most = Self.limit / max(1, wanted.count)
        var result: [IntentName: [String]] = [:]
        for intent in wanted {
            let own = phrases.map { twins(of: intent, in: $0) }.filter { !$0.isEmpty }
            result[intent.name] = own.flatMap { $0.prefix(most / own.count) }
        }
        return result.filter { !$0.value.isEmpty }
    }

    private func twins(of intent: Intent, in phrases: Phrases) -> [String] {
        let patterns = phrases.refusals.compactMap(RefusalPattern.init)
        let ofNames = patterns.filter { !$0.isForSentences }
        let ofSentences = patterns.filter(\.isForSentences)
        var result: [String] = []
        // "Parcel has not arrived" turned down would be near to those whose parcel has not.
        let negations = PhraseMatcher(phrases.negations)
        if let title = intent.title[phrases.locale], !negations.isFound(in: PhraseMatcher.Text(title)) {
            result += ofNames.prefix(Self.templatesPerTitle).compactMap { $0.refusal(of: Self.lowered(title)) }
        }
        guard !patterns.isEmpty else { return result }
        let names = names(of: intent, phrases, negations)
        for name in names.prefix(Self.examples) {
            result += ofNames.prefix(Self.templatesPerExample).compactMap { $0.refusal(of: name) }
        }
        let opposites = names.lazy.flatMap { name in ofSentences.compactMap { $0.refusal(of: name) } }
        return result + opposites.prefix(Self.opposites)
    }

    /// The examples that are neither questions nor refusals themselves, shortest first.
    private func names(of intent: Intent, _ phrases: Phrases, _ negations: PhraseMatcher) -> [String] {
        let names = intent.examples.lazy
            .filter { $0.locale == phrases.locale && $0.spans.isEmpty }
            .filter { $0.text.unicodeScalars.count <= Self.nameLimit && !Self.isQuestion($0.text) }
            .filter { !negations.isFound(in: PhraseMatcher.Text($0.text)) }
            .map(\.text)
        return names.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }.map(Self.lowered)
    }

    /// By its mark, or by a Chinese word that makes a sentence a question at its end: 能取消不, 发了没.
    static func isQuestion(_ text: String) -> Bool {
        if text.unicodeScalars.contains(where: { $0 == "?" || $0 == "？" }) { return true }
        let letters = text.unicodeScalars.reversed().drop { !$0.properties.isAlphabetic }
        guard let last = letters.first, letters.count >= leastOfQuestion else { return false }
        return asking.contains(last)
    }

    private static let asking = Set("不没沒未吗嗎么麼".unicodeScalars)
    /// Characters of such a sentence: 还没 answers a question.
    private static let leastOfQuestion = 4

    /// With a small letter at the start, but for abbreviations.
    private static func lowered(_ name: String) -> String {
        guard let first = name.first, first.isUppercase, name.dropFirst().first?.isLowercase == true else {
            return name
        }
        return first.lowercased() + name.dropFirst()
    }
}
