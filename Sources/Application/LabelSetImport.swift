package import ConversationDomain
import Foundation
import IntentData
package import ModelRecords
package import NativeContent
package import SQLiteStore

/// Reads, checks and stores the label sets of classifiers; nothing is stored unless everything is in order.
package struct LabelSetImport {
    package var format: ContentFormat = .auto
    package var options: ReadOptions = ReadOptions()
    var isReplacing: Bool = false
    var isDryRun: Bool = false
    let progress: any ProgressPort

    package init(
        format: ContentFormat = .auto, options: ReadOptions = ReadOptions(), isReplacing: Bool = false,
        isDryRun: Bool = false, progress: any ProgressPort
    ) {
        self.format = format
        self.options = options
        self.isReplacing = isReplacing
        self.isDryRun = isDryRun
        self.progress = progress
    }

    /// A name as the user gave it.
    package static func classifier(_ name: String) throws -> ClassifierName {
        guard let classifier = ClassifierName(name) else {
            throw CommandFailure(
                .data,
                "--classifier: '\(name)' is not a letter, then at most 63 letters, digits and _, such as sentiment")
        }
        return classifier
    }

    /// Reads the files of one classifier; warnings are told as notes.
    /// - Throws: ``CommandFailure`` with one `path:line: …` per error.
    package func read(_ classifier: ClassifierName, from paths: [String]) throws -> LabelSet {
        for path in paths where !FileManager.default.fileExists(atPath: path) {
            throw CommandFailure(.noInput, "\(path): no such file")
        }
        return try read([classifier: paths.map(URL.init(userPath:))])[0]
    }

    /// Reads what the `classifiers` folders of content folders hold; other paths are passed over.
    package func readFolders(_ paths: [String]) throws -> [LabelSet] {
        var files: [ClassifierName: [URL]] = [:]
        for path in paths {
            do {
                files.merge(try LabelSetReader.files(in: URL(userPath: path))) { $0 + $1 }
            } catch {
                throw Self.refusal(error.description)
            }
        }
        return try read(files)
    }

    private func read(_ files: [ClassifierName: [URL]]) throws -> [LabelSet] {
        try files.sorted { $0.key < $1.key }.map { classifier, paths in
            guard !ClassifierName.reserved.contains(classifier) else {
                throw Self.refusal(
                    "'\(classifier)' cannot be the name of a classifier, since the bot has one of its own")
            }
            do {
                let reading = try LabelSetReader.read(classifier, from: paths, format: format, options: options)
                for issue in reading.issues { progress.note(issue.description) }
                return reading.set
            } catch let error as ContentFileError {
                throw Self.refusal(error.description)
            }
        }
    }

    /// What storing the sets changes; nothing is stored when one of them does not fit.
    package func apply(_ sets: [LabelSet], to store: SQLiteLabelSetStore) async throws -> [LabelSetChange] {
        var changes = try await apply(sets, to: store, dryRun: true)
        if !isDryRun { changes = try await apply(sets, to: store, dryRun: false) }
        return changes
    }

    private func apply(_ sets: [LabelSet], to store: SQLiteLabelSetStore, dryRun: Bool) async throws -> [LabelSetChange]
    {
        var changes: [LabelSetChange] = []
        for set in sets {
            do {
                changes.append(try await store.apply(set, replacing: isReplacing, dryRun: dryRun))
            } catch let error as ChatError where [.invalidRequest, .tooLarge].contains(error.code) {
                throw Self.refusal(error.message)
            }
        }
        return changes
    }

    /// Why an import was refused.
    static func refusal(_ reasons: String) -> CommandFailure {
        CommandFailure(.data, "the import was refused, nothing was changed\n\(reasons)")
    }
}

/// A changed label set in `--json` output.
package struct LabelSetChangeView: Encodable {
    let classifier: ClassifierName
    let labels: [String: Int]
    let texts: Int
    let added: Int
    let relabelled: Int
    let removed: Int
    let labelsVanished: [LabelName]

    package init(_ change: LabelSetChange) {
        classifier = change.after.classifier
        labels = change.after.countsByName
        texts = change.after.texts
        added = change.added
        relabelled = change.relabelled
        removed = change.removed
        labelsVanished = change.vanished
    }

    enum CodingKeys: String, CodingKey {
        case classifier, labels, texts, added, relabelled, removed
        case labelsVanished = "labels_vanished"
    }
}

extension LabelSetSummary {
    /// As JSON has them.
    package var countsByName: [String: Int] {
        Dictionary(labels.map { ($0.rawValue, $1) }, uniquingKeysWith: { first, _ in first })
    }

    /// `negative 3, positive 4`
    package var countsText: String {
        let sorted = labels.sorted { $0.key < $1.key }
        let shown = sorted.prefix(8).map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        return sorted.count > 8 ? "\(shown) and \(sorted.count - 8) more" : shown
    }
}

extension LabelSetChange {
    /// For a terminal.
    package var lines: [String] {
        guard !isEmpty else { return ["classifier \(after.classifier): nothing to change"] }
        let counts = "texts: +\(added) −\(removed), with another label: \(relabelled)"
        let lines = ["classifier \(after.classifier): \(after.texts) texts (\(after.countsText))", counts]
        return vanished.isEmpty
            ? lines : lines + ["labels that no text has any more: \(vanished.map(\.rawValue).joined(separator: ", "))"]
    }
}
