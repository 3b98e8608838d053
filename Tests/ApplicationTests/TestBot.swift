import ConversationDomain
import Foundation
import IntentModel
import ModelRecords
import SQLiteModels
import SQLiteStore

@testable import Application
@testable import Inference

/// Gives one encoder for everything, or none.
struct TestEncoders: EncoderSource {
    var encoder: WordEncoder?
    let settings = EncoderSettings()

    func preferred(named name: String?) throws -> any SentenceEncoder {
        guard let encoder, name == nil || name == encoder.name else {
            throw CommandFailure(.unavailable, "no such encoder")
        }
        return encoder
    }

    func encoder(of version: ModelVersion) throws -> any SentenceEncoder {
        guard let encoder, encoder.weightsHash == version.encoderHash else {
            throw CommandFailure(.unavailable, "the model \(version.id) needs another encoder")
        }
        return encoder
    }
}

/// A data directory of its own with an encoder that knows words only, and the content of a small shop.
final class TestBot {
    let folder: URL
    let directory: DataDirectory
    let database: SQLiteDatabase
    let progress = TestProgress()
    let encoder = WordEncoder()
    var encoders: TestEncoders { TestEncoders(encoder: encoder) }
    var contents: SQLiteContentStore { SQLiteContentStore(database) }
    var models: SQLiteModelStore { SQLiteModelStore(database) }
    var intents: String { folder.appending(path: "Intents").path }

    /// What the shop's visitors say.
    static let examples = [
        "order": [
            "where is my parcel", "track the parcel please", "parcel has not arrived", "my parcel is late",
            "when does the parcel come", "parcel still missing",
        ],
        "refund": [
            "i want my money back", "money back please", "give the money back", "can i get money back",
            "need money back now", "money was not returned",
        ],
        "hours": [
            "when do you open", "are you open on sunday", "opening time today", "how long is the shop open",
            "open on holidays", "what time does it open",
        ],
    ]

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "usecase-\(UUID().uuidString)")
        directory = DataDirectory(url: folder.appending(path: "data"), progress: progress)
        database = try directory.openDatabase()
        try FileManager.default.createDirectory(atPath: intents, withIntermediateDirectories: true)
        for (name, examples) in Self.examples { try write(name, examples) }
    }

    deinit {
        try? database.close()
        try? FileManager.default.removeItem(at: folder)
    }

    func write(_ name: String, _ examples: [String]) throws {
        let text = """
            intent: \(name)
            description: Asks about \(name).
            examples:
              en:
            \(examples.map { "    - \($0)" }.joined(separator: "\n"))
            answers:
              - en: This is about \(name).
            """
        try Data(text.utf8).write(to: URL(filePath: intents).appending(path: "\(name).yaml"))
    }

    func write(_ text: String, named name: String) throws -> String {
        let file = folder.appending(path: name)
        try Data(text.utf8).write(to: file)
        return file.path
    }

    /// Stores the files of ``intents`` and nothing else.
    func importContent() async throws {
        _ = try await ContentImport(isReplacing: true, progress: progress).run([intents], into: contents)
    }

    /// Trains a candidate on what is stored.
    func train() async throws -> ModelVersionID {
        try await TrainingRun(
            directory: directory, models: models, contents: contents, labelSets: SQLiteLabelSetStore(database),
            encoder: encoder, settings: EncoderSettings(), options: Self.options, progress: progress
        ).run().model.id
    }

    static var options: TrainingOptions {
        var options = TrainingOptions()
        options.folds = 3
        options.threads = 2
        return options
    }
}
