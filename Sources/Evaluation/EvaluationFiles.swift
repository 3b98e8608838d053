import ConversationDomain
public import Foundation
import Wire

/// What `frontdesk evaluate --report` leaves in a folder: the page for people, the same as JSON, and the errors as a table.
public enum EvaluationFiles {
    public static let page = "report.html"
    public static let json = "report.json"
    public static let text = "report.txt"
    public static let errors = "errors.csv"

    /// Writes all of them; each is replaced as a whole.
    /// - Throws: an error of the file system.
    public static func write(_ evaluation: Evaluation, to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let files = [
            page: Data(EvaluationPage(evaluation).html().utf8), json: try JSONEncoder.frontdesk().encode(evaluation),
            text: Data(evaluation.renderedText().utf8), errors: try MistakeFile.csv.data(evaluation.mistakes),
        ]
        for (name, data) in files { try data.write(to: folder.appendingPathComponent(name), options: .atomic) }
    }
}
