public import ConversationDomain
public import Foundation

/// Reads the answer to a question for a slot with the built-in typed extractors.
public struct EntitySlotReader: SlotReader {
    private let now: @Sendable () -> Date

    /// - Parameter now: what "yesterday" is relative to.
    public init(now: @escaping @Sendable () -> Date = { Date() }) {
        self.now = now
    }

    public func read(_ entity: EntityName, in text: String, locale: BotLocale?) -> SlotReading {
        guard EntityExtractor.entities.contains(entity) else { return .unknownKind }
        let found = EntityExtractor(now: now()).value(for: entity, in: text, locale: locale)
        return found.map(SlotReading.found) ?? .absent
    }
}
