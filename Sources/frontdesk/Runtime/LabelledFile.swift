import ConversationDomain
import Foundation
import IntentData
import Understanding

/// A file of texts with their intents, in any format that can be imported.
enum LabelledFile {
    /// - Parameter split: the split to read; nil for the test split of a file that has one, all of any other.
    /// - Throws: ``CommandFailure`` that names the place and what was expected.
    static func read(_ path: String, split: String? = nil) throws -> [LabelledText] {
        guard FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure(.noInput, "\(path): no such file")
        }
        do {
            // Reading a split that a file does not have is refused like a file without texts; reading it whole tells which.
            if let chosen = try? texts(in: path, .only(split ?? "test")), !chosen.isEmpty { return chosen }
            let whole = try texts(in: path, .all)
            if let split { throw CommandFailure(.data, "\(path): it has no split '\(split)'") }
            return whole
        } catch let error as ContentFileError {
            throw CommandFailure(.data, error.description)
        }
    }

    private static func texts(in path: String, _ split: SplitChoice) throws -> [LabelledText] {
        LabelledText.examples(
            of: try ContentReader.read(paths: [URL(userPath: path)], options: ReadOptions(split: split)).content
        ).filter { !$0.isHint }
    }
}
