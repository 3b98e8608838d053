import ConversationDomain
import ModelRecords

/// The answer of `POST /v1/classify` for a classifier beside the intents.
struct LabelsView: Encodable {
    let model: ModelVersionID
    let classifier: ClassifierName
    let results: [LabelView]
}

struct LabelView: Encodable {
    let text: String
    let label: LabelName
    let confidence: Double
    let accepted: Bool
    let ranking: [LabelScore]

    init(_ result: LabelClassification) {
        text = result.text
        label = result.top.label
        confidence = result.top.confidence
        accepted = result.isAccepted
        ranking = result.ranking
    }
}

/// A classifier beside the intents that a version has.
struct ClassifierView: Encodable {
    let name: ClassifierName
    let labels: [LabelName]
    let examples: Int
    let accuracy: Double
    let calibrationError: Double

    init(_ classifier: ClassifierMetrics) {
        name = classifier.name
        labels = classifier.labels
        examples = classifier.examples
        accuracy = classifier.accuracy
        calibrationError = classifier.calibrationError
    }

    enum CodingKeys: String, CodingKey {
        case name, labels, examples, accuracy
        case calibrationError = "calibration_error"
    }
}
