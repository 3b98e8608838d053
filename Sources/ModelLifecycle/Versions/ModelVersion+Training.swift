public import ConversationDomain
import IntentModel
public import ModelRecords

extension ModelVersion {
    /// Whether the version was trained on exactly the examples of `content`.
    public func wasTrained(on content: BotContent) -> Bool {
        let set = try? TrainingSet(LabelledText.examples(of: content), options: TrainingOptions())
        return set?.dataHash == dataHash
    }
}
