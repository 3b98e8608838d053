public import ConversationDomain

/// Where those parts of content were written that carry no place of their own: asks, answers, buttons, questions.
public struct ContentPlaces: Hashable, Sendable {
    /// A part of an intent or of a knowledge entry; ordinals count from 1.
    public enum Part: Hashable, Sendable {
        case title(IntentName)
        case slot(IntentName, SlotName)
        case action(IntentName)
        case ask(IntentName, SlotName, BotLocale)
        case answer(IntentName, ordinal: Int)
        case condition(IntentName, ordinal: Int)
        case answerText(IntentName, ordinal: Int, BotLocale)
        case button(IntentName, ordinal: Int, button: Int)
        case question(KnowledgeID, Int)
        case knowledgeAnswer(KnowledgeID)
        case link(KnowledgeID)
        case knowledgeTitle(KnowledgeID)
        case teams
    }

    private var places: [Part: SourcePlace] = [:]

    public init() {}

    public subscript(part: Part) -> SourcePlace? { places[part] }

    /// Notes where a part is; of two definitions the first one stands.
    package mutating func note(_ part: Part, at place: SourcePlace?) {
        if places[part] == nil { places[part] = place }
    }

    /// Takes over what another file told.
    package mutating func merge(_ other: ContentPlaces) {
        places.merge(other.places) { first, _ in first }
    }
}
