import Application
package import ArgumentParser
import ConversationDomain
import Foundation
import ModelRecords
import SQLiteModels
import SQLiteStore
import Terminal

/// `frontdesk classifiers`: the label sets beside the intents.
package struct ClassifiersCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "classifiers",
        abstract: "List and remove the classifiers beside the intents; 'frontdesk import --classifier' makes one.",
        subcommands: [List.self, Remove.self])
    package init() {}

}

extension ClassifiersCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the classifiers with their labels, and how good the active model is at them.")

        @OptionGroup var data: DataOptions

        func run() async throws {
            try await CommandFailure.reporting {
                let database = try data.directory.openExistingDatabase()
                defer { try? database.close() }
                let sets = try await SQLiteLabelSetStore(database).summaries()
                let active = try await SQLiteModelStore(database).list().first(where: \.isActive)
                let views = sets.map { set in
                    ClassifierView(set, learnt: active?.metrics.classifiers.first { $0.name == set.classifier })
                }
                if data.json { return try Output.json(views) }
                guard !views.isEmpty else { return Output.line("none but the intents") }
                Output.table(
                    [["CLASSIFIER", "TEXTS", "ACCURACY", "LABELS"]]
                        + zip(sets, views).map { set, view in
                            [
                                set.classifier.rawValue, "\(set.texts)",
                                view.accuracy.map { String(format: "%.3f", $0) } ?? "not trained", set.countsText,
                            ]
                        })
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Remove a classifier's texts; models that were trained with it keep their head until the next training."
        )

        @OptionGroup var data: DataOptions

        @Argument(help: "The classifier's name.")
        var name: String

        func run() async throws {
            try await CommandFailure.reporting {
                let database = try data.directory.openExistingDatabase()
                defer { try? database.close() }
                let store = SQLiteLabelSetStore(database)
                guard let classifier = ClassifierName(name), try await store.remove(classifier) else {
                    let names = try await store.summaries().map(\.classifier.rawValue).joined(separator: ", ")
                    throw CommandFailure(
                        .data,
                        "there is no classifier '\(name)'; there is \(names.isEmpty ? "none but the intents" : names)")
                }
                if data.json { return try Output.json(["removed": name]) }
                Output.line("removed: \(name); run 'frontdesk train --activate' for a model without it")
            }
        }
    }
}

private struct ClassifierView: Encodable {
    let name: ClassifierName
    let labels: [String: Int]
    let texts: Int
    /// Of the active model; null when it was trained without the classifier.
    let accuracy: Double?

    init(_ set: LabelSetSummary, learnt: ClassifierMetrics?) {
        name = set.classifier
        labels = set.countsByName
        texts = set.texts
        accuracy = learnt?.accuracy
    }

    enum Keys: String, CodingKey {
        case name, labels, texts, accuracy
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(name, forKey: .name)
        try container.encode(labels, forKey: .labels)
        try container.encode(texts, forKey: .texts)
        try container.encode(accuracy, forKey: .accuracy)
    }
}
