public import ConversationDomain
import Foundation

extension LabelledText {
    /// Every example of a bot, and what its intents' names, descriptions and answers say. A training takes of the latter what
    /// it needs.
    public static func examples(of content: BotContent) -> [LabelledText] {
        let buttons = Dictionary(
            grouping: content.intents.flatMap { $0.answers.flatMap(\.buttons) }, by: \.intent)
        return content.intents.flatMap { intent in
            intent.examples.map { LabelledText(text: $0.text, intent: intent.name) } + hints(of: intent)
                + answers(of: intent, buttons: buttons[intent.name] ?? [])
        }
    }

    /// The answers of an intent, and the buttons that stand for it, in languages that it has answers but no examples in: they
    /// tell in that language's words what it is about.
    private static func answers(of intent: Intent, buttons: [ButtonTemplate]) -> [LabelledText] {
        let spoken = Set(intent.examples.map(\.locale.language))
        guard intent.name != .outOfScope, !spoken.isEmpty else { return [] }
        let texts = intent.answers.map(\.text) + buttons.map(\.title)
        let foreign = texts.flatMap { text in
            text.filter { !spoken.contains($0.key.language) }.sorted { $0.key < $1.key }.map { plain($0.value) }
        }
        return foreign.filter { !$0.isEmpty }.map {
            LabelledText(text: $0, intent: intent.name, origin: .foreignAnswer)
        }
    }

    /// A template without its variables and links.
    private static func plain(_ template: String) -> String {
        template.replacing(/\{\{[^}]*\}\}/, with: "").replacing(/https?:\/\/[!-~]*/, with: "")
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// What the owner wrote about an intent, as sentences.
    package static func hints(of intent: Intent) -> [LabelledText] {
        guard intent.name != .outOfScope else { return [] }
        let words = intent.name.rawValue.split { ".:_-/".contains($0) }.joined(separator: " ").lowercased()
        // A name such as `q17` tells nothing.
        let isTelling =
            words.contains { $0.isLetter && !$0.isASCII } || words.split(separator: " ").contains { $0.count > 3 }
        let description = intent.description.trimmingCharacters(in: .whitespacesAndNewlines)
        return [isTelling ? words : "", description].filter { !$0.isEmpty }.map {
            LabelledText(text: $0, intent: intent.name, origin: .description)
        }
    }
}
