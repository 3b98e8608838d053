import ConversationDomain
import Foundation
import IntentData
package import IntentModel
import NativeContent

/// A file of texts with their intents, in any format that can be imported; where it measures a bot, also with knowledge entries.
package struct LabelledFile {
    let path: String
    /// The split to read; nil for the test split of a file that has one, all of any other.
    var split: String?
    /// Labels that mean out of scope.
    var foreign: [String] = []

    package init(path: String, split: String? = nil, foreign: [String] = []) {
        self.path = path
        self.split = split
        self.foreign = foreign
    }

    /// In the order of the file, repeats too.
    /// - Throws: ``CommandFailure`` that names the place and what was expected.
    func utterances() throws -> [LabelledUtterance] {
        let reading = try reading()
        let labels = Set(foreign.map { UTF8Text(Self.trimmed($0)) })
        if let missing = labels.subtracting(reading.foreignLabels).min() {
            throw CommandFailure(
                .data,
                "--foreign: no text of \(path) has the label '\(missing.beginning(80))'; labels are compared exactly")
        }
        return reading.utterances
    }

    /// Those that have an intent, each once with each of its intents.
    package func texts() throws -> [LabelledText] {
        var seen: Set<LabelledText> = []
        let texts = try utterances().flatMap { utterance in
            utterance.labels.compactMap { label -> LabelledText? in
                guard case .name(let intent) = label else { return nil }
                return LabelledText(text: utterance.text, intent: intent)
            }
        }
        return texts.filter { seen.insert($0).inserted }
    }

    private func reading() throws -> UtteranceReading {
        guard FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure(.noInput, "\(path): no such file")
        }
        do {
            // A file that says of no row which split it belongs to is read whole, whatever split is wanted.
            if let split, (try? read(.only(split + "-"))) != nil {
                throw CommandFailure(.data, "\(path): it has no split '\(split)', nor any other")
            }
            // Reading a split that a file does not have is refused like a file without texts; reading it whole tells which.
            if let chosen = try? read(.only(split ?? "test")) { return chosen }
            let whole = try read(.all)
            if let split { throw CommandFailure(.data, "\(path): it has no split '\(split)'") }
            return whole
        } catch let error as ContentFileError {
            throw CommandFailure(.data, error.description)
        }
    }

    private func read(_ split: SplitChoice) throws(ContentFileError) -> UtteranceReading {
        try UtteranceReader.read(
            URL(userPath: path),
            options: ReadOptions(split: split, foreignLabels: Set(foreign.map { UTF8Text(Self.trimmed($0)) })))
    }

    /// A label as it is compared.
    package static func trimmed(_ label: String) -> String { label.trimmingCharacters(in: .whitespacesAndNewlines) }
}
