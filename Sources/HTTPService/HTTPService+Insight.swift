import ConversationDomain
import Foundation
import HTTPCalls
import HTTPTypes
import HTTPWire
import Hummingbird
import ModelRecords
import NIOCore
import Wire

/// `/v1/classify`, `/predict`, `/v1/search`, `/v1/intents`, `/v1/models`.
extension HTTPService {
    func classify(_ asked: inout CallRequest) async throws -> Response {
        var fields = try await asked.body()
        let (one, several) = (api.fields.classifiedText, api.fields.classifiedTexts)
        guard fields.holds(one.name) != fields.holds(several.name) else {
            throw ChatError(.invalidRequest, "'\(one.name)' or '\(several.name)' is required, not both")
        }
        let texts = try one.take(from: &fields).map { [$0] } ?? several.require(from: &fields)
        let top = try api.fields.top.take(from: &fields) ?? 5
        let locale = try api.reader.locale.take(from: &fields)
        let classifier = try api.fields.classifier.take(from: &fields)
        try fields.finish()
        if let classifier, classifier != .intent {
            let (model, results) = try await parts.insight.label(texts, by: classifier, top: top)
            return try .json(LabelsView(model: model, classifier: classifier, results: results.map(LabelView.init)))
        }
        let (model, results) = try await parts.insight.classify(texts, top: top, locale: locale)
        return try .json(ClassifyView(model: model, results: results.map(ClassificationView.init)))
    }

    func predict(_ asked: inout CallRequest) async throws -> Response {
        var fields = try await asked.body()
        let text = try api.fields.predictedText.require(from: &fields)
        try fields.finish()
        let (_, results) = try await parts.insight.classify([text], top: 1, locale: nil)
        return try .json(PredictionView(prediction: results.first?.intent, confidence: results.first?.confidence ?? 0))
    }

    func search(_ asked: inout CallRequest) async throws -> Response {
        var fields = try await asked.body()
        let query = try api.fields.searchedText.require(from: &fields)
        let limit = try api.fields.hits.take(from: &fields) ?? 5
        let locale = try api.reader.locale.take(from: &fields)
        try fields.finish()
        let hits = try await parts.insight.search(query, limit: limit, locale: locale)
        return try .json(["hits": hits.map(HitView.init)])
    }

    func intents() async throws -> Response {
        try .json(["intents": try await parts.insight.intents().map(IntentView.init)])
    }

    func models() async throws -> Response {
        try .json(["models": try await parts.insight.models().map(ModelView.init)])
    }
}

private struct ClassifyView: Encodable {
    let model: ModelVersionID
    let results: [ClassificationView]
}

private struct ClassificationView: Encodable {
    let text: String
    let intent: IntentName?
    let confidence: Double
    let accepted: Bool
    let ranking: [IntentScore]
    let entities: [Entity]

    init(_ result: Classification) {
        text = result.text
        intent = result.intent
        confidence = result.confidence
        accepted = result.isAccepted
        ranking = result.ranking
        entities = result.entities
    }

    enum Keys: String, CodingKey {
        case text, intent, confidence, accepted, ranking, entities
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(text, forKey: .text)
        try container.encode(intent, forKey: .intent)
        try container.encode(confidence, forKey: .confidence)
        try container.encode(accepted, forKey: .accepted)
        try container.encode(ranking, forKey: .ranking)
        try container.encode(entities, forKey: .entities)
    }
}

private struct PredictionView: Encodable {
    let prediction: IntentName?
    let confidence: Double

    enum Keys: String, CodingKey {
        case prediction, confidence
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(prediction, forKey: .prediction)
        try container.encode(confidence, forKey: .confidence)
    }
}

private struct HitView: Encodable {
    let hit: KnowledgeHit

    init(_ hit: KnowledgeHit) { self.hit = hit }

    enum Keys: String, CodingKey {
        case id, question, answer, locale, score, link
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(hit.entry.id, forKey: .id)
        try container.encode(hit.question, forKey: .question)
        try container.encode(hit.entry.answer, forKey: .answer)
        try container.encode(hit.entry.locale, forKey: .locale)
        try container.encode(hit.score, forKey: .score)
        try container.encode(hit.entry.link, forKey: .link)
    }
}

private struct IntentView: Encodable {
    let name: IntentName
    let title: [BotLocale: String]
    let description: String
    let examples: [BotLocale: Int]
    let slots: [SlotView]
    let answers: Int

    struct SlotView: Encodable {
        let name: SlotName
        let entity: EntityName
    }

    init(_ intent: IntentSummary) {
        name = intent.name
        title = intent.title
        description = intent.description
        examples = intent.examples
        slots = intent.slots.map { SlotView(name: $0.name, entity: $0.entity) }
        answers = intent.answers
    }
}

private struct ModelView: Encodable {
    let id: ModelVersionID
    let createdAt: Date
    let encoder: String
    let intents: Int
    let classifiers: [ClassifierView]
    let metrics: MetricsView
    let active: Bool

    init(_ model: ModelSummary) {
        id = model.id
        createdAt = model.createdAt
        encoder = model.encoder
        intents = model.intents
        classifiers = model.metrics.classifiers.map(ClassifierView.init)
        metrics = MetricsView(metrics: model.metrics)
        active = model.isActive
    }

    enum CodingKeys: String, CodingKey {
        case id, encoder, intents, classifiers, metrics, active
        case createdAt = "created_at"
    }
}

/// What training measured, with null for what it could not.
private struct MetricsView: Encodable {
    let metrics: ModelMetrics

    enum Keys: String, CodingKey {
        case examples, accuracy, coverage, precision, seconds
        case outOfScopeRecall = "out_of_scope_recall"
        case calibrationError = "calibration_error"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(metrics.examples, forKey: .examples)
        try container.encode(metrics.accuracy, forKey: .accuracy)
        try container.encode(metrics.coverage, forKey: .coverage)
        try container.encode(metrics.precision, forKey: .precision)
        try container.encode(metrics.outOfScopeRecall, forKey: .outOfScopeRecall)
        try container.encode(metrics.calibrationError, forKey: .calibrationError)
        try container.encode(metrics.seconds, forKey: .seconds)
    }
}
