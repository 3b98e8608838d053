internal import ConversationDomain
internal import ModelRecords
import NativeContent
import Wire

/// A label set as JSON lines.
enum LabelSetFile {
    static func file(of set: LabelSet) -> ContentFile {
        ContentFile(
            path: "\(LabelSetReader.folderName)/\(set.classifier).jsonl",
            text: set.texts.map { Row(text: $0).jsonText() + "\n" }.joined())
    }

    private struct Row: JSONWritable {
        let text: LabelSetText

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.member("label", text.label.rawValue)
                json.member("text", text.text)
            }
        }
    }
}
