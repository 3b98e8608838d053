public import ConversationDomain
import Foundation

extension LabelledText {
    /// Every example of a bot, and what its intents' names and descriptions say. A training takes of the latter what it needs.
    public static func examples(of content: BotContent) -> [LabelledText] {
        content.intents.flatMap { intent in
            intent.examples.map { LabelledText(text: $0.text, intent: intent.name) } + hints(of: intent)
        }
    }

    /// What the owner wrote about an intent, as sentences.
    private static func hints(of intent: Intent) -> [LabelledText] {
        guard intent.name != .outOfScope else { return [] }
        let words = intent.name.rawValue.split { ".:_-/".contains($0) }.joined(separator: " ").lowercased()
        // A name such as `q17` tells nothing.
        let isTelling =
            words.contains { $0.isLetter && !$0.isASCII } || words.split(separator: " ").contains { $0.count > 3 }
        let description = intent.description.trimmingCharacters(in: .whitespacesAndNewlines)
        return [isTelling ? words : "", description].filter { !$0.isEmpty }.map {
            LabelledText(text: $0, intent: intent.name, isHint: true)
        }
    }
}
