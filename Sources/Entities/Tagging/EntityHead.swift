public import BERT
public import ConversationDomain
import Foundation
package import LinearModels

/// Marks entities in a text by the states of its tokens: a linear classifier of words, decoded so that an entity only goes
/// on where one is.
public struct EntityHead: Hashable, Sendable {
    /// What it can find, in the order of its tags.
    public let entities: [EntityName]
    /// Tags of `EntityTags` for states [hidden].
    let classifier: LinearClassifier

    /// A find in the text that was encoded.
    public struct Find: Hashable, Sendable {
        public let entity: EntityName
        /// In Unicode scalars.
        public let range: Range<Int>
        /// The probability of the least certain of its words, 0 to 1.
        public let confidence: Double

        /// The same in another text.
        package func moved(to range: Range<Int>) -> Find { Find(entity: entity, range: range, confidence: confidence) }
    }

    /// Nil when the numbers do not fit together.
    package init?(entities: [EntityName], classifier: LinearClassifier) {
        guard !entities.isEmpty, Set(entities).count == entities.count,
            classifier.classes == EntityTags.count(entities: entities.count)
        else { return nil }
        self.entities = entities
        self.classifier = classifier
    }

    /// From weights that were trained together with the encoder.
    /// - Parameters:
    ///   - weight: `[1 + 2 · entities, hidden]`.
    ///   - bias: `[1 + 2 · entities]`.
    /// Nil when the numbers do not fit together.
    public init?(entities: [EntityName], weight: [Float], bias: [Float]) {
        guard !bias.isEmpty, weight.count % bias.count == 0 else { return nil }
        self.init(
            entities: entities,
            classifier: LinearClassifier(
                classes: bias.count, dimension: weight.count / bias.count, transform: .scale(1), weights: weight,
                bias: bias))
    }

    /// Numbers that a state must have.
    public var dimension: Int { classifier.dimension }

    /// The entities of a text, from left to right, without overlap.
    /// - Parameter text: what was encoded.
    public func finds(in text: String, encoded: EncodedText) -> [Find] {
        let states = encoded.states
        guard states.hidden == dimension else { return [] }
        let words = TokenWord.words(in: Array(text.unicodeScalars), places: encoded.places)
            .filter { $0.token < states.tokens }
        let scores = words.map { word in
            let row = states.values[word.token * states.hidden..<(word.token + 1) * states.hidden]
            return Self.logarithms(classifier.logits(of: Array(row)))
        }
        var finds: [Find] = []
        for (index, tag) in EntityTags.best(scores).enumerated() {
            guard let entity = EntityTags.entity(of: tag) else { continue }
            let (range, confidence) = (words[index].range, Double(exp(scores[index][tag])))
            if !EntityTags.begins(tag), let last = finds.popLast() {
                finds.append(
                    Find(
                        entity: last.entity, range: last.range.lowerBound..<range.upperBound,
                        confidence: min(last.confidence, confidence)))
            } else {
                finds.append(Find(entity: entities[entity], range: range, confidence: confidence))
            }
        }
        return finds
    }

    /// The entities of a message, places in the message as it was written.
    /// - Parameter encode: runs an encoder on what it reads of the message.
    public func finds(
        inMessage message: String, encode: (_ readable: String) throws -> EncodedText
    ) rethrows -> [Find] {
        let read = ReadableText(message)
        return finds(in: read.text, encoded: try encode(read.text)).map { $0.moved(to: read.origin(of: $0.range)) }
    }

    /// The entities of a marked text, places in the text as it was written.
    package func finds(in text: TaggedText, encoded: EncodedText) -> [Find] {
        finds(in: text.readable, encoded: encoded).map { $0.moved(to: text.origin(of: $0.range)) }
    }

    /// log softmax
    private static func logarithms(_ logits: [Float]) -> [Float] {
        let largest = logits.max() ?? 0
        let sum = logits.reduce(0) { $0 + exp($1 - largest) }
        return logits.map { $0 - largest - log(sum) }
    }
}
