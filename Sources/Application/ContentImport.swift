package import ConversationDomain
import Foundation
import IntentData
package import ModelRecords
package import NativeContent
package import SQLiteStore

/// Reads, checks and stores what a bot owner wrote; nothing is stored unless everything is in order.
package struct ContentImport {
    var format: ContentFormat = .auto
    var options: ReadOptions = ReadOptions()
    var isReplacing: Bool = false
    var isDryRun: Bool = false
    /// Those of the folders that are imported.
    var labelSets: [LabelSet] = []
    let progress: any ProgressPort

    package init(
        format: ContentFormat = .auto, options: ReadOptions = ReadOptions(), isReplacing: Bool = false,
        isDryRun: Bool = false, labelSets: [LabelSet] = [], progress: any ProgressPort
    ) {
        self.format = format
        self.options = options
        self.isReplacing = isReplacing
        self.isDryRun = isDryRun
        self.labelSets = labelSets
        self.progress = progress
    }

    /// Content and label sets become one transaction. Warnings are told as notes.
    /// - Throws: ``CommandFailure`` with one `path:line: …` per error.
    package func run(
        _ paths: [String], into store: SQLiteContentStore
    ) async throws -> (content: ContentChange, labelSets: [LabelSetChange]) {
        for path in paths where !FileManager.default.fileExists(atPath: path) {
            throw CommandFailure(.noInput, "\(path): no such file or folder")
        }
        let result: ReadResult
        do {
            result = try ContentReader.read(paths: paths.map(URL.init(userPath:)), format: format, options: options)
        } catch {
            for note in error.notes { progress.note(note.description) }
            throw CommandFailure(.data, "the import was refused, nothing was changed\n\(error.description)")
        }
        let existing = try await store.content().content
        let issues =
            result.issues
            + ContentLint.check(result.content, existing: isReplacing ? nil : existing, places: result.places)
        for issue in issues where issue.severity == .warning { progress.note(issue.description) }
        // Last, where they are seen, also below the progress.
        defer { for issue in issues where issue.severity == .note { progress.note(issue.description) } }
        let errors = issues.filter { $0.severity == .error }
        guard errors.isEmpty else {
            throw CommandFailure(
                .data,
                "the import was refused, nothing was changed\n" + errors.map(\.description).joined(separator: "\n"))
        }
        do {
            return try await store.apply(
                result.content, labelSets: labelSets, replacing: isReplacing, dryRun: isDryRun,
                progress: { [progress] in progress.step("import", $0, $1) })
        } catch let error as ChatError where [.invalidRequest, .tooLarge].contains(error.code) {
            throw LabelSetImport.refusal(error.message)
        }
    }
}
