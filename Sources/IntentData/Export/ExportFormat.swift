internal import ConversationDomain
import NativeContent

/// How ``ContentWriter`` writes content.
public enum ExportFormat: String, Hashable, Sendable, CaseIterable {
    /// Our own files, with everything.
    case native
    /// Tables of examples with answers, and of questions with answers, that are safe to open in a spreadsheet.
    case csv
    /// A Rasa 3 project for each language.
    case rasa
}

/// Files in another format, and what of the content they cannot hold.
struct ForeignFiles {
    var files: [ContentFile] = []
    /// Such as `slots of 3 intents`.
    var left: [String] = []

    static func files(of content: BotContent, _ format: ExportFormat) -> ForeignFiles {
        switch format {
        case .native: ForeignFiles(files: ContentFiles.files(of: content))
        case .csv: CSVFiles.files(of: content)
        case .rasa: RasaExport.files(of: content)
        }
    }

    /// - Parameter what: in the plural.
    mutating func leave(_ what: String, _ count: Int) { if count > 0 { left.append("\(what) (\(count))") } }
}
