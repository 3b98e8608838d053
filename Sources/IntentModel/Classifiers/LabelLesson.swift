import ConversationDomain
import ModelRecords

/// What a classifier beside the intents is learnt from.
struct LabelLesson: Hashable, Sendable {
    /// The encoder itself learns from this many texts of a label set, evenly chosen, at most; the head from all. More would take
    /// it hours, and take it away from the intents.
    static let mostTexts = 20_000

    let classifier: ClassifierName
    /// The texts as a set of intents, whose examples they are trained like.
    let examples: [LabelledText]
    let set: TrainingSet

    /// - Throws: `ChatError(.invalidRequest)` when there are not enough texts, named after the classifier.
    init(_ labelSet: LabelSet, options: TrainingOptions) throws {
        classifier = labelSet.classifier
        examples = labelSet.texts.map {
            LabelledText(text: $0.text, intent: IntentName(trusted: $0.label.rawValue))
        }
        guard Set(examples.map(\.intent)).count >= LabelSet.labelCounts.lowerBound else {
            throw ChatError(
                .invalidRequest,
                "the classifier '\(classifier)' needs texts of at least \(LabelSet.labelCounts.lowerBound) labels")
        }
        set = try TrainingSet(examples, options: options)
    }

    /// The warnings of its training, without those that make sense for intents only.
    func warnings(_ all: [TrainingWarning]) -> [TrainingWarning] {
        all.filter { $0 != .noOutOfScope }.map { .classifier(classifier, "\($0)") }
    }
}

extension TrainingResult {
    /// The head of a label set that was trained as if it were of intents, and what was measured.
    func labelHead(of lesson: LabelLesson) throws -> (head: LabelHead, metrics: ClassifierMetrics) {
        let head = LabelHead(classifier: lesson.classifier, head: try IntentHead(archive: model.head))
        let metrics = ClassifierMetrics(
            name: lesson.classifier, labels: head.labels, examples: model.metrics.examples,
            accuracy: model.metrics.accuracy, calibrationError: model.metrics.calibrationError,
            dataHash: model.dataHash)
        return (head, metrics)
    }

    /// The version with these heads beside its own.
    /// - Parameter trained: of each label set, its training.
    func adding(_ trained: [(lesson: LabelLesson, result: TrainingResult)]) throws -> TrainingResult {
        guard !trained.isEmpty else { return self }
        var heads = try ModelHeads(archive: model.head)
        var metrics = model.metrics
        for (lesson, result) in trained {
            let (head, measured) = try result.labelHead(of: lesson)
            heads.labels.append(head)
            metrics.classifiers.append(measured)
        }
        return TrainingResult(
            model: ModelVersion(
                id: model.id, createdAt: model.createdAt, encoder: model.encoder, encoderHash: model.encoderHash,
                dataHash: model.dataHash, labels: model.labels, metrics: metrics, head: heads.archived()),
            report: report, warnings: warnings + trained.flatMap { $0.lesson.warnings($0.result.warnings) })
    }
}
