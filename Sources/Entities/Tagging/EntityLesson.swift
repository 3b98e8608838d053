import BERT
import BERTTraining
package import ConversationDomain
import Foundation
import LinearModels
import Patterns
import TensorFiles

/// What an entity head learns from: the marked examples of a bot, and unmarked ones that show where there is nothing.
package struct EntityLesson: Hashable, Sendable {
    /// Unmarked examples for each marked one.
    static let unmarkedShare = 3

    /// In the order of their names; empty when too little is marked.
    package let entities: [EntityName]
    /// Shuffled, in an order that does not depend on that of the content, so that any part shows a bit of everything.
    package let texts: [TaggedText]
    /// What is marked too seldom to be learnt, is not listed and not built in: nothing will find it.
    package let rare: [EntityName]

    package init(entities: [EntityName], texts: [TaggedText]) {
        self.entities = entities
        self.texts = texts
        rare = []
    }

    /// - Parameter seed: decides which unmarked examples are taken.
    package init(_ content: BotContent, seed: UInt64) {
        let examples = content.intents.flatMap(\.examples)
        let counts = Dictionary(grouping: examples.flatMap(\.spans), by: \.entity).mapValues(\.count)
        let learnt = Set(counts.filter { $0.value >= EntitySpan.fewestToLearn }.keys)
        entities = learnt.sorted()
        rare = Set(counts.keys).subtracting(learnt).subtracting(EntityName.builtIn)
            .subtracting(content.entities.map(\.name)).sorted()
        guard !learnt.isEmpty else {
            texts = []
            return
        }
        let tagged = examples.map { TaggedText(text: $0.text, spans: $0.spans.filter { learnt.contains($0.entity) }) }
        let marked = Set(tagged.filter { !$0.spans.isEmpty })
        let unclear = Unclear(tagged, learnt: learnt, listed: content.entities)
        let texts = Set(marked.map(\.text))
        var unmarked = Set(tagged.filter { $0.spans.isEmpty && !texts.contains($0.text) && !unclear.contains($0.text) })
            .sorted(by: TaggedText.precedes)
        var random = SeededGenerator(seed: seed)
        unmarked.shuffle(using: &random)
        let all = marked.sorted(by: TaggedText.precedes) + unmarked.prefix(Self.unmarkedShare * marked.count)
        self.texts = all.shuffled(using: &random)
    }

    package var isEmpty: Bool { entities.isEmpty }

    /// The words of all texts.
    package var words: Int {
        texts.reduce(0) { $0 + WordBorders(of: Array($1.text.unicodeScalars)).words.count }
    }

    /// The texts by what was written.
    package var byText: [UTF8Text: TaggedText] {
        Dictionary(texts.map { (UTF8Text($0.text), $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// What the lesson consists of, for the fingerprint of the data.
    package var fingerprint: String {
        var fingerprint = Fingerprint()
        for text in texts {
            fingerprint.combine(text.text)
            for span in text.spans { fingerprint.combine("\(span.entity) \(span.start) \(span.end)") }
        }
        return fingerprint.hex
    }

    /// Unmarked texts that may well hold an entity that is learnt: they teach nothing.
    private struct Unclear {
        private let learnt: Set<EntityName>
        private let extractor: EntityExtractor
        private let lexicon: EntityLexicon

        init(_ texts: [TaggedText], learnt: Set<EntityName>, listed: [EntityDefinition]) {
            self.learnt = learnt
            // Whether there is a date does not depend on today.
            extractor = EntityExtractor(now: Date(timeIntervalSince1970: 0))
            lexicon = EntityLexicon(Self.marked(in: texts) + listed.filter { learnt.contains($0.name) })
        }

        func contains(_ text: String) -> Bool {
            !lexicon.finds(in: text, locale: nil).isEmpty
                || extractor.entities(in: text).contains { learnt.contains($0.entity) }
        }

        /// What is marked somewhere and stands unmarked elsewhere was probably forgotten there; where it is mostly unmarked, it
        /// rather means something else.
        private static func marked(in texts: [TaggedText]) -> [EntityDefinition] {
            var words: [EntityName: Set<String>] = [:]
            for text in texts {
                let scalars = text.text.unicodeScalars.map(TextPattern.fold)
                for span in text.spans where span.start < span.end && span.end <= scalars.count {
                    let word = String(String.UnicodeScalarView(scalars[span.start..<span.end]))
                    words[span.entity, default: []].insert(word)
                }
            }
            let lexicon = EntityLexicon(words.map { definition($0.key, $0.value) })
            var balance: [EntityName: [String: Int]] = [:]
            for text in texts {
                for find in lexicon.finds(in: text.text, locale: nil) {
                    let isMarked = text.spans.contains { $0.entity == find.entity && $0.start..<$0.end == find.range }
                    if !isMarked, text.spans.contains(where: { ($0.start..<$0.end).overlaps(find.range) }) { continue }
                    balance[find.entity, default: [:]][find.value, default: 0] += isMarked ? 1 : -1
                }
            }
            return words.map { entity, words in
                definition(entity, words.filter { balance[entity]?[$0] ?? 0 >= 0 })
            }
        }

        private static func definition(_ entity: EntityName, _ words: Set<String>) -> EntityDefinition {
            EntityDefinition(name: entity, values: words.sorted().map { EntityDefinition.Value(value: $0) })
        }
    }
}
