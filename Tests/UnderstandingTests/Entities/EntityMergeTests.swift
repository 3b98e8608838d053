import ConversationDomain
import Foundation
import Testing

@testable import Entities

@Suite("Entities from lists, patterns, types and the head")
struct EntityMergeTests {
    private let definitions = [
        EntityDefinition(
            name: EntityName(trusted: "size"),
            values: [
                .init(value: "small", synonyms: [.english: ["S", "tiny"], .chinese: ["小号", "小"]]),
                .init(value: "extra large", synonyms: [.english: ["XL", "extra  large size"], .chinese: ["加大"]]),
            ], patterns: ["EU \\d{2}"]),
        EntityDefinition(
            name: EntityName(trusted: "city"),
            values: [.init(value: "New York"), .init(value: "York"), .init(value: "Zürich")]),
        EntityDefinition(name: .orderNumber, patterns: ["ord-\\d{3}"]),
        EntityDefinition(
            name: EntityName(trusted: "gift"),
            values: [
                .init(value: "poison", synonyms: [BotLocale.german: ["Gift"]]),
                .init(value: "present", synonyms: [.english: ["gift"]]),
            ]),
    ]

    /// `entity=value@start..<end` of each.
    private func found(
        _ text: String, tagged: [EntityHead.Find] = [], locale: BotLocale? = nil
    ) -> [String] {
        let merge = EntityMerge(
            extractor: EntityExtractor(now: Date(timeIntervalSince1970: 1_760_000_000)),
            lexicon: EntityLexicon(definitions), locale: locale)
        return merge.entities(in: text, tagged: tagged).map { "\($0.entity)=\($0.value)@\($0.start)..<\($0.end)" }
    }

    private func tag(_ entity: String, _ range: Range<Int>, _ confidence: Double = 0.9) -> EntityHead.Find {
        EntityHead.Find(entity: EntityName(trusted: entity), range: range, confidence: confidence)
    }

    @Test(
        "listed words are found whole, whatever their case, width and spaces",
        arguments: [
            ("a Ｓ please", ["size=small@2..<3"]), ("shoes are Sss", []),
            ("EXTRA   LARGE!", ["size=extra large@0..<13"]), ("要小号的", ["size=small@1..<3"]),
            ("to ZÜRICH", ["city=Zürich@3..<9"]), ("new york", ["city=New York@0..<8"]),
            ("size eu 42", ["size=eu 42@5..<10"]), ("ORD-123 is late", ["order_number=ORD-123@0..<7"]),
            ("👩‍👩‍👧 XL", ["size=extra large@6..<8"]),
        ])
    func lists(text: String, expected: [String]) { #expect(found(text) == expected) }

    @Test("a word of two values stands for that of the message's language")
    func languages() {
        #expect(found("ein Gift", locale: .german) == ["gift=poison@4..<8"])
        #expect(found("a gift", locale: .english) == ["gift=present@2..<6"])
    }

    @Test("a typed value wins over the head's find of its kind, and a find that cannot be one is dropped")
    func typed() {
        #expect(
            found("order A1234567 now", tagged: [tag("order_number", 0..<14)])
                == ["order_number=A1234567@6..<14"])
        #expect(found("my last order", tagged: [tag("order_number", 3..<13)]) == [])
        #expect(found("order 12345 is late", tagged: [tag("order_number", 6..<11)]) == ["order_number=12345@6..<11"])
    }

    @Test("otherwise the longer find wins, of equal ones the list; a doubtful one gives way to anything")
    func overlaps() {
        #expect(found("New York City", tagged: [tag("place", 0..<13)]) == ["place=New York City@0..<13"])
        #expect(found("New York City", tagged: [tag("place", 0..<13, 0.4)]) == ["city=New York@0..<8"])
        #expect(found("tiny", tagged: [tag("product", 0..<4, 0.99)]) == ["size=small@0..<4"])
        #expect(found("big apple", tagged: [tag("product", 4..<9)]) == ["product=apple@4..<9"])
        #expect(found("in 3 boxes", tagged: [tag("boxes", 3..<4)]) == ["boxes=3@3..<4"])
    }

    @Test("a find of the owner's own kind takes the listed or typed value that its text has")
    func values() {
        #expect(found("come 2026-11-02", tagged: [tag("return_date", 5..<15)]) == ["return_date=2026-11-02@5..<15"])
    }

    @Test("slots are read from lists and patterns too; an unknown kind stays unknown")
    func slots() throws {
        let lexicon = LiveLexicon()
        lexicon.follow(definitions)
        let reader = EntitySlotReader(lexicon: lexicon, now: { Date(timeIntervalSince1970: 0) })
        let size = EntityName(trusted: "size")
        #expect(
            reader.read(size, in: "the XL one", locale: .english)
                == .found(Entity(entity: size, value: "extra large", text: "XL", start: 4, end: 6)))
        #expect(reader.read(size, in: "purple", locale: .english) == .absent)
        #expect(reader.read(EntityName(trusted: "colour"), in: "purple", locale: .english) == .unknownKind)
        let order = Entity(entity: .orderNumber, value: "ord-123", text: "ord-123", start: 0, end: 7)
        #expect(reader.read(.orderNumber, in: "ord-123", locale: nil) == .found(order))
    }
}

extension BotLocale {
    fileprivate static var german: BotLocale { BotLocale("de") ?? .english }
}
