public import ConversationDomain
public import Foundation

/// Reads the answer to a question for a slot with the built-in typed extractors and the owner's lists and patterns.
public struct EntitySlotReader: SlotReader {
    private let lexicon: LiveLexicon
    private let timeZone: TimeZone
    private let now: @Sendable () -> Date

    /// - Parameters:
    ///   - lexicon: the owner's lists and patterns.
    ///   - timeZone: whose days count.
    ///   - now: what "yesterday" is relative to.
    public init(
        lexicon: LiveLexicon = LiveLexicon(), timeZone: TimeZone = .gmt,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.lexicon = lexicon
        self.timeZone = timeZone
        self.now = now
    }

    public func read(_ entity: EntityName, in text: String, locale: BotLocale?) -> SlotReading {
        let lexicon = lexicon.current
        let isTyped = EntityExtractor.entities.contains(entity) || lexicon.scanners.contains { $0.entity == entity }
        guard isTyped || lexicon.knows(entity) else { return .unknownKind }
        let listed = lexicon.longest(of: entity, in: text, locale: locale)
        guard isTyped else { return listed.map(SlotReading.found) ?? .absent }
        let typed = EntityExtractor(now: now(), timeZone: timeZone, lexicon: lexicon)
            .value(for: entity, in: text, locale: locale)
        // The owner's own forms win over a part of them.
        guard let listed, let typed else { return (listed ?? typed).map(SlotReading.found) ?? .absent }
        return .found(listed.end - listed.start >= typed.end - typed.start ? listed : typed)
    }
}
