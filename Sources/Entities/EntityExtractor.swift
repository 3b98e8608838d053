public import ConversationDomain
public import Foundation

/// Finds typed values in messages: `email`, `phone`, `order_number`, `date`, `amount`, `number`, in English and Chinese
/// forms.
///
/// Hand-written scanners look at a bounded stretch from every position, so time grows with the text's length alone. Of
/// overlapping finds the longest wins, of equally long ones the kind that is named first above.
public struct EntityExtractor: Sendable {
    private let scanners: [any EntityScanner]

    /// - Parameters:
    ///   - now: what "yesterday" is relative to.
    ///   - timeZone: whose days count.
    ///   - lexicon: its formats take the place of the built-in forms of their kinds, and count before others.
    public init(now: Date, timeZone: TimeZone = .gmt, lexicon: EntityLexicon = EntityLexicon()) {
        let today = CivilDay(date: now, timeZone: timeZone)
        let builtIn: [any EntityScanner] = [
            EmailScanner(), PhoneScanner(), OrderNumberScanner(), DateScanner(today: today), AmountScanner(),
            NumberScanner(),
        ]
        let own = lexicon.scanners
        scanners = own + builtIn.filter { scanner in !own.contains { $0.entity == scanner.entity } }
    }

    init(scanners: [any EntityScanner]) { self.scanners = scanners }

    /// The kinds that this extractor knows.
    public static let entities = EntityName.builtIn

    /// All entities of a message that do not overlap, in their order.
    /// - Parameter locale: how a date such as 11/02/2026 is read: month first in `en`, `en-US` and `zh`, day first elsewhere.
    public func entities(in text: String, locale: BotLocale? = nil) -> [Entity] {
        let scanned = ScannedText(text)
        var found: [(match: EntityMatch, entity: EntityName, rank: Int)] = []
        for (rank, scanner) in scanners.enumerated() {
            for match in scanner.matches(in: scanned, locale: locale, isAsked: false) {
                found.append((match, scanner.entity, rank))
            }
        }
        found.sort { ($1.match.length, $0.rank, $0.match.start) < ($0.match.length, $1.rank, $1.match.start) }
        var isTaken = [Bool](repeating: false, count: scanned.count)
        var kept: [Entity] = []
        for (match, entity, _) in found where !isTaken[match.start..<match.end].contains(true) {
            for index in match.start..<match.end { isTaken[index] = true }
            kept.append(match.entity(entity, in: scanned))
        }
        return kept.sorted { $0.start < $1.start }
    }

    /// The value that a message gives for an entity that the bot has asked for; the longest if there are several.
    ///
    /// More forms count than in `entities(in:)`, because the question says what is meant: "one", 3号, six digits as an
    /// order number. Nil when the message has none or the kind is unknown.
    public func value(for entity: EntityName, in text: String, locale: BotLocale? = nil) -> Entity? {
        guard let scanner = scanners.first(where: { $0.entity == entity }) else { return nil }
        let scanned = ScannedText(text)
        let matches = scanner.matches(in: scanned, locale: locale, isAsked: true)
        return matches.min { ($1.length, $0.start) < ($0.length, $1.start) }?.entity(entity, in: scanned)
    }
}

/// A find: its normalised value and its place.
struct EntityMatch: Hashable, Sendable {
    let value: String
    let start: Int
    let end: Int

    /// Looks like a find and cannot be read: nothing is found up to its end.
    var isReadable = true

    static func unreadable(_ start: Int, _ end: Int) -> EntityMatch {
        EntityMatch(value: "", start: start, end: end, isReadable: false)
    }

    var length: Int { end - start }

    func entity(_ name: EntityName, in text: ScannedText) -> Entity {
        let place = text.place(start, end)
        return Entity(
            entity: name, value: value, text: text.original(start, end), start: place.lowerBound, end: place.upperBound)
    }
}

/// Recognises one kind of entity.
protocol EntityScanner: Sendable {
    var entity: EntityName { get }
    /// Whether the text has what every find needs; a glance that saves most texts the search.
    func isWorthSearching(_ text: ScannedText) -> Bool
    /// The longest find that begins at `start`; looks at a bounded number of scalars.
    /// - Parameter isAsked: the bot has asked for this kind, so that less certain forms count.
    func match(at start: Int, in text: ScannedText, locale: BotLocale?, isAsked: Bool) -> EntityMatch?
}

extension EntityScanner {
    func isWorthSearching(_ text: ScannedText) -> Bool { true }

    /// All finds from left to right, without overlap.
    func matches(in text: ScannedText, locale: BotLocale?, isAsked: Bool) -> [EntityMatch] {
        guard isWorthSearching(text) else { return [] }
        var matches: [EntityMatch] = []
        var index = 0
        while index < text.count {
            if let match = match(at: index, in: text, locale: locale, isAsked: isAsked), match.end > index {
                if match.isReadable { matches.append(match) }
                index = match.end
            } else {
                index += 1
            }
        }
        return matches
    }
}
